"""What is looked at in a request, one thing after the other, and how far a request came.

A check is one function with a name of its own and the sentence of a specification that asks for
it. Each list of checks stands in the order in which it runs; the trail of a request remembers
which held and which did not, so that a developer can be told.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from fastapi import Request

from mynaportal_sim.inspector.model import Looked, Result
from mynaportal_sim.jose import JoseError
from mynaportal_sim.oauth.errors import OAuthError

T = TypeVar("T")
S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Check(Generic[T, S]):
    """One thing that a request is held to.

    `run` gives what it read, if it read something, and raises OAuthError, or JoseError for a
    token, where the request does not hold. `source` is the section that `asks` for it. One that
    is `lenient` is told of and let pass.
    """

    name: str
    source: str
    asks: str
    run: Callable[[T], S]
    lenient: bool = False


def asked_by(source: str, asks: str) -> Callable[[Callable[[T], S]], Check[T, S]]:
    """Make a check of a function, under the function's name."""

    def made(run: Callable[[T], S]) -> Check[T, S]:
        return Check(run.__name__, source, asks, run)

    return made


@dataclass(slots=True)
class Trail:
    """How far one request came.

    `sender` is the client_id, once it is proven; `parameters` are what could be read of it.
    """

    sender: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    _begun: dict[str, Check[Any, Any]] = field(default_factory=dict)
    _ahead: Sequence[Check[Any, Any]] = ()
    _let_pass: dict[str, str] = field(default_factory=dict)
    _failed: str | None = None

    def hold(self, check: Check[T, S], given: T) -> S:
        """What one check read. Raises as it does; a refusal may be its value, too."""
        self._begin(check)
        found = check.run(given)
        if not isinstance(found, OAuthError):
            self._failed = None
        return found

    def hold_all(self, checks: Sequence[Check[T, None]], given: T) -> None:
        """Run checks in their order.

        Raises:
            OAuthError, JoseError: the first that does not hold, and is not lenient.
        """
        for number, check in enumerate(checks):
            self._begin(check)
            try:
                check.run(given)
            except (OAuthError, JoseError) as error:
                if not check.lenient:
                    self._ahead = checks[number + 1 :]
                    raise
                self._let_pass[check.name] = str(error)
            self._failed = None

    def _begin(self, check: Check[T, S]) -> None:
        # A unit of work may be run twice; what it looks at then is what counts.
        if check.name in self._begun:
            names = list(self._begun)
            for later in names[names.index(check.name) :]:
                del self._begun[later]
        self._begun[check.name] = check
        self._failed = check.name

    @property
    def let_pass(self) -> list[str]:
        """What did not hold and was let pass: by name, and with what was wrong."""
        return [f"{name}: {said}" for name, said in self._let_pass.items()]

    def looked(self) -> list[Looked]:
        """All that was looked at."""
        return [self._looked(check, "") for check in self._begun.values()]

    def refused(self, error: OAuthError) -> list[Looked]:
        """All that was looked at, what has refused the request, and what was not reached."""
        looked = [self._looked(check, str(error)) for check in self._begun.values()]
        if self._failed is None:  # by something that is no check of any list
            looked.append(Looked(error.code, "", "", Result.REFUSED, str(error)))
        return [*looked, *(_told(check, Result.NOT_REACHED) for check in self._ahead)]

    def _looked(self, check: Check[Any, Any], said: str) -> Looked:
        if check.name == self._failed:
            return _told(check, Result.REFUSED, said)
        let = self._let_pass.get(check.name)
        return _told(check, Result.HELD) if let is None else _told(check, Result.LET_PASS, let)


def trail_of(request: Request) -> Trail:
    """The trail of a request, which begins when it is first asked for."""
    if not hasattr(request.state, "trail"):
        request.state.trail = Trail()
    trail: Trail = request.state.trail
    return trail


def _told(check: Check[object, object], result: Result, said: str = "") -> Looked:
    return Looked(check.name, check.source, check.asks, result, said)


def lenient(check: Check[T, None]) -> Check[T, None]:
    """The same check, for a profile that lets pass what does not hold."""
    return Check(check.name, check.source, check.asks, check.run, lenient=True)
