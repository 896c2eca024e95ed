"""Scopes for data, as SMART App Launch 2.2 writes them: whose, of which type, how, and which.

    patient/Observation.rs?category=laboratory&date=ge2024-01-01

What is behind the question mark narrows a scope as search parameters would; it may be
percent-encoded. Pure.
"""

import re
from typing import NamedTuple
from urllib.parse import quote, unquote

from mynaportal_sim.oauth.errors import InvalidScopeError

ANY_TYPE = "*"
CONTEXTS = ("patient", "user", "system")

_DATA = re.compile(
    r"(?P<context>patient|user|system)/(?P<kind>\*|[A-Z][A-Za-z]{0,63})"
    r"\.(?P<may>c?r?u?d?s?)(?:\?(?P<by>.*))?"
)
_VERSION_1 = re.compile(r"(?P<whose>[a-z]+/(?:\*|[A-Za-z]+))\.(?P<may>read|write|\*)")
_VISIBLE = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")  # RFC 6749 3.3
_NAME = re.compile(r"[a-z_][a-z_-]{0,63}")
# All that a scope may have unencoded, but for what joins parameters, or spaces elsewhere.
_PLAIN = "!#$'()*,/:;<=>?@[]^`{|}~"


class DataScope(NamedTuple):
    """A scope for data: of whose `context`, of what `kind`, what one `may` do of `cruds`.

    `by` are the search parameters that narrow it, decoded, sorted, each pair once.
    """

    context: str
    kind: str
    may: str
    by: tuple[tuple[str, str], ...] = ()

    @classmethod
    def of(cls, scope: str) -> "DataScope | None":
        """The scope for data that a text is, None for any other scope, such as openid.

        Raises:
            InvalidScopeError: it begins as one, and goes on otherwise.
        """
        if scope.partition("/")[0] not in CONTEXTS:
            return None
        if (old := _VERSION_1.fullmatch(scope)) is not None:
            raise InvalidScopeError(f"{scope} is of version 1; write {_newer(old)}")
        match = _DATA.fullmatch(scope)
        if match is None or not match["may"]:
            raise InvalidScopeError(
                f"{scope} is no scope for data; write e.g. patient/Observation.rs"
            )
        pairs = () if match["by"] is None else match["by"].split("&")
        by = sorted({_pair(scope, one) for one in pairs})
        return cls(match["context"], match["kind"], match["may"], tuple(by))

    @property
    def whole(self) -> str:
        """The scope of which this is a part, as apps register it."""
        return f"{self.context}/{self.kind}.rs"

    def values(self, name: str) -> list[str]:
        """What it is narrowed to by the parameter of this name."""
        return [value for one, value in self.by if one == name]

    def __str__(self) -> str:
        by = "&".join(f"{name}={quote(value, safe=_PLAIN)}" for name, value in self.by)
        return f"{self.context}/{self.kind}.{self.may}" + (f"?{by}" if by else "")


def _newer(old: re.Match[str]) -> str:
    """The scope of version 2 that is nearest; nothing can be written here."""
    return f"{old['whose']}.rs"


def _pair(scope: str, written: str) -> tuple[str, str]:
    name, joined, encoded = written.partition("=")
    try:
        value = unquote(encoded, errors="strict")
    except UnicodeDecodeError:
        value = ""
    if not (joined and _NAME.fullmatch(name) and _VISIBLE.fullmatch(value)):
        raise InvalidScopeError(
            f"{scope} is narrowed by what is no search parameter; write e.g."
            " patient/Observation.rs?category=laboratory"
        )
    return name, value
