"""Who could get a person's data at this moment.

It is worked out, not looked up in the log: the rule of consent judges each arrangement as it
would judge an access now, and each access key that an app holds as it would judge its use.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from consent.model import ConsentVersion, standing
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


def arranged(
    consents: Sequence[ConsentVersion], keys: Iterable[Key], now: datetime
) -> list[Arranged]:
    """Each arrangement that a person ever granted, the newest answer first.

    `consents` are all of one resident's, in any order; `keys` may be of any arrangement.
    """
    held: dict[UUID, list[Key]] = {}
    for key in sorted(keys, key=lambda one: one.since, reverse=True):
        held.setdefault(key.arrangement_id, []).append(key)
    found = [
        Arranged(
            version,
            decide(_request(version), consents, now),
            tuple(
                JudgedKey(key, _judged(key, consents, now))
                for key in held.get(version.arrangement_id, ())
            ),
        )
        for version in standing(consents)
    ]
    return sorted(found, key=lambda one: one.version.answered_at, reverse=True)


def _judged(key: Key, consents: Sequence[ConsentVersion], now: datetime) -> Decision | None:
    if key.revoked is not None or key.ends <= now:
        return None
    issued_under = next((one for one in consents if one.id == key.version_id), None)
    if issued_under is None:
        return None
    return decide(_request(issued_under, key.version_id), consents, now)


def _request(version: ConsentVersion, bound_to: UUID | None = None) -> AccessRequest:
    """An access to all that `version` gives; a key's is bound to the version it came of."""
    return AccessRequest(
        resident_id=version.resident_id,
        app_id=version.app_id,
        categories=version.terms.categories,
        arrangement_id=version.arrangement_id,
        version_id=bound_to,
        purpose=version.terms.purpose.code,
    )
