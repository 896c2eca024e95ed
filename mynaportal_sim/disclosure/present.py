"""Who could get a person's data at this moment.

It is worked out, not looked up in the log: the rule of consent judges each arrangement as it
would judge an access now, and each access key that an app holds as it would judge its use.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from consent.model import ConsentVersion, Prohibition, standing
from consent.policy import AccessRequest, Decision, Permit, decide
from mynaportal_sim.apps.access_keys import Key


class JudgedKey(NamedTuple):
    """A key, and what its use would be answered with; None for one that has ended."""

    key: Key
    decision: Decision | None

    @property
    def works(self) -> bool:
        """Whether data could be had with it."""
        return isinstance(self.decision, Permit)


@dataclass(frozen=True, slots=True)
class Arranged:
    """How one arrangement stands: its newest consent, the decision on it, the keys to it."""

    version: ConsentVersion
    decision: Decision
    keys: tuple[JudgedKey, ...]

    @property
    def permitted(self) -> bool:
        """Whether the consent gives anything now."""
        return isinstance(self.decision, Permit)

    @property
    def reachable(self) -> bool:
        """Whether the app could get something without asking the person anything."""
        return any(key.works for key in self.keys)


@dataclass(frozen=True, slots=True)
class Present:
    """What the rule of consent goes by at this moment.

    `consents` are all of one resident's, in any order; `declared` are the versions of the
    purposes that apps declare now, by app; `prohibitions` stand above all consents.
    """

    consents: Sequence[ConsentVersion]
    declared: Mapping[str, int]
    now: datetime
    prohibitions: Sequence[Prohibition] = ()

    def arranged(self, keys: Iterable[Key]) -> list[Arranged]:
        """Each arrangement that the person ever granted, the newest answer first.

        `keys` may be of any arrangement.
        """
        held: dict[UUID, list[Key]] = {}
        for key in sorted(keys, key=lambda one: one.since, reverse=True):
            held.setdefault(key.arrangement_id, []).append(key)
        found = [
            Arranged(
                version,
                self._decide(version),
                tuple(
                    JudgedKey(key, self._judged(key))
                    for key in held.get(version.arrangement_id, ())
                ),
            )
            for version in standing(self.consents)
        ]
        return sorted(found, key=lambda one: one.version.answered_at, reverse=True)

    def _judged(self, key: Key) -> Decision | None:
        if key.revoked is not None or key.ends <= self.now:
            return None
        issued_under = next((one for one in self.consents if one.id == key.version_id), None)
        if issued_under is None:
            return None
        return self._decide(issued_under, key.version_id)

    def _decide(self, version: ConsentVersion, bound_to: UUID | None = None) -> Decision:
        """On an access to all that `version` gives; a key's is bound to its version."""
        request = AccessRequest(
            resident_id=version.resident_id,
            app_id=version.app_id,
            categories=version.terms.categories,
            arrangement_id=version.arrangement_id,
            version_id=bound_to,
            purpose=version.terms.purpose.code,
            declared=self.declared.get(version.app_id),
        )
        return decide(request, self.consents, self.now, self.prohibitions)
