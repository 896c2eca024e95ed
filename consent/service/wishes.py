"""What can be wished of a person's consents; each carries its idempotency key."""

from collections.abc import Callable
from dataclasses import dataclass
from uuid import UUID

from consent.mandate import Band
from consent.model import (
    MYSELF,
    Actor,
    Arrangement,
    ConsentVersion,
    Event,
    Evidence,
    Granter,
    Signature,
    Terms,
)

Randomness = Callable[[int], bytes]


@dataclass(frozen=True, slots=True)
class Proposal:
    """What an app asks of a resident, and how the one who answers is known.

    `id` is the idempotency key of the answer and becomes the id of its version. `terms.rules`
    is what is asked. `holder` is the resident's pseudonym in the ledger. `signature` is the
    person's under the answer, judged by the caller. `amends` is the version that the terms were
    made from, where they count on it.
    """

    id: UUID
    resident_id: UUID
    app_id: str
    app_name: str
    service: str
    terms: Terms
    evidence: Evidence
    holder: bytes
    granter: Granter = MYSELF
    signature: Signature | None = None
    amends: UUID | None = None

    @property
    def known_by(self) -> Evidence:
        """How the one who answers is known, with their signature if they gave one."""
        return self.evidence if self.signature is None else self.signature.onto(self.evidence)


@dataclass(frozen=True, slots=True)
class Change:
    """A wish that something happen to the version that stands in an arrangement.

    `version_id` is the version that whoever wishes it saw; `key` makes repeats of one wish one
    event. `reason` is for the person to read; an authority must give one. `acting` is as what
    whoever wishes it does so, `assisted_by` who helped them, empty for nobody. `band` is the
    person's, by their age.
    """

    event: Event
    key: UUID
    resident_id: UUID
    arrangement_id: UUID
    version_id: UUID
    channel: str
    holder: bytes
    actor: Actor = Actor.PERSON
    reason: str = ""
    acting: Granter = MYSELF
    assisted_by: str = ""
    band: Band = Band.ADULT


@dataclass(frozen=True, slots=True)
class History:
    """An arrangement and every answer given under it, newest first."""

    arrangement: Arrangement
    versions: tuple[ConsentVersion, ...]
