"""What each event in a person's life changes: one row for each, and nothing beside it.

The rows follow what J-LIS and municipalities publish: a signing certificate ends with the name
or the address that it says, the one for user authentication does not; what a phone holds ends
with the card's signing certificate. Where no source says how, the row is our choice.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from types import MappingProxyType

from mynaportal_sim.issuing.life import Happening, Status
from mynaportal_sim.pki.model import RevocationReason


@unique
class LifeEvent(StrEnum):
    """What a person comes to the counter for, or what comes to its knowledge."""

    ISSUE = "issue"
    RENEW = "renew"
    CHANGE_NAME = "change_name"
    MOVE = "move"
    DIE = "die"
    LOSE = "lose"
    FIND = "find"
    NOT_FOUND = "not_found"
    RETURN = "return"
    REISSUE = "reissue"
    ADD_PHONE = "add_phone"
    LOSE_PHONE = "lose_phone"
    UNBLOCK = "unblock"
    COME_OF_AGE = "come_of_age"
    CERTIFY = "certify"
    EXTEND_PERMIT = "extend_permit"
    END_PERMIT = "end_permit"


@unique
class Fate(StrEnum):
    """What becomes of a certificate. NEW is one more; the one that it succeeds is revoked."""

    KEPT = "kept"
    HELD = "held"
    RELEASED = "released"
    REVOKED = "revoked"
    NEW = "new"


@unique
class Particular(StrEnum):
    """What the register of residents says of a person, and can change."""

    NAME = "name"
    ADDRESS = "address"
    DEATH = "death"
    PERMIT = "permit"


@unique
class Written(StrEnum):
    """What is written on the card that lies on the counter, or on a phone."""

    NOTHING = "nothing"
    DATA = "data"
    CERTIFICATES = "certificates"
    PINS = "pins"
    CARD = "card"
    PHONE = "phone"


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one event changes.

    `on` is how the person's card may stand, None for no card. A signing certificate that is
    NEW is issued only from 15 years on. `reason` is what revoked certificates are revoked for.
    With `may_certify` a new signing certificate is issued where the person wishes it, in place
    of the revoked one. `every_card` is changed by what is true of the person, whichever card
    lies on the counter.
    """

    on: frozenset[Status | None]
    card: Happening | None = None
    authentication: Fate = Fate.KEPT
    signing: Fate = Fate.KEPT
    phone: Fate = Fate.KEPT
    reason: RevocationReason | None = None
    resident: Particular | None = None
    written: Written = Written.NOTHING
    may_certify: bool = False
    every_card: bool = False
    ends_sessions: bool = False
    ends_agreements: bool = False


_ACTIVE = frozenset[Status | None]({Status.ACTIVE})
_TO_BE_OVER = frozenset[Status | None](
    {Status.ACTIVE, Status.SUSPENDED, Status.STOPPED, Status.EXPIRED}
)
_SUPERSEDED = RevocationReason.SUPERSEDED
_STOLEN = RevocationReason.KEY_COMPROMISE
_CEASED = RevocationReason.CESSATION_OF_OPERATION
_OTHER_PARTICULARS = RevocationReason.AFFILIATION_CHANGED

LIFE_EVENTS: Mapping[LifeEvent, Change] = MappingProxyType(
    {
        LifeEvent.ISSUE: Change(
            on=frozenset({None, Status.RETURNED}),
            authentication=Fate.NEW,
            signing=Fate.NEW,
            resident=Particular.PERMIT,
            written=Written.CARD,
        ),
        LifeEvent.RENEW: Change(
            on=_ACTIVE,
            authentication=Fate.NEW,
            signing=Fate.NEW,
            phone=Fate.REVOKED,
            reason=_SUPERSEDED,
            written=Written.CERTIFICATES,
        ),
        LifeEvent.CHANGE_NAME: Change(
            on=_ACTIVE,
            signing=Fate.REVOKED,
            phone=Fate.REVOKED,
            reason=_OTHER_PARTICULARS,
            resident=Particular.NAME,
            written=Written.DATA,
            may_certify=True,
            every_card=True,
        ),
        LifeEvent.MOVE: Change(
            on=_ACTIVE,
            signing=Fate.REVOKED,
            phone=Fate.REVOKED,
            reason=_OTHER_PARTICULARS,
            resident=Particular.ADDRESS,
            written=Written.DATA,
            may_certify=True,
            every_card=True,
        ),
        LifeEvent.DIE: Change(
            on=frozenset({None, *Status}),
            card=Happening.RETURN,
            authentication=Fate.REVOKED,
            signing=Fate.REVOKED,
            phone=Fate.REVOKED,
            reason=_CEASED,
            resident=Particular.DEATH,
            every_card=True,
            ends_sessions=True,
            ends_agreements=True,
        ),
        LifeEvent.LOSE: Change(
            on=_ACTIVE,
            card=Happening.SUSPEND,
            authentication=Fate.HELD,
            signing=Fate.HELD,
            ends_sessions=True,
        ),
        LifeEvent.FIND: Change(
            on=frozenset({Status.SUSPENDED}),
            card=Happening.RESUME,
            authentication=Fate.RELEASED,
            signing=Fate.RELEASED,
        ),
        LifeEvent.NOT_FOUND: Change(
            on=frozenset({Status.ACTIVE, Status.SUSPENDED}),
            card=Happening.STOP,
            authentication=Fate.REVOKED,
            signing=Fate.REVOKED,
            phone=Fate.REVOKED,
            reason=_STOLEN,
            ends_sessions=True,
        ),
        LifeEvent.RETURN: Change(
            on=_TO_BE_OVER,
            card=Happening.RETURN,
            authentication=Fate.REVOKED,
            signing=Fate.REVOKED,
            phone=Fate.REVOKED,
            reason=_CEASED,
            ends_sessions=True,
        ),
        LifeEvent.REISSUE: Change(
            on=_TO_BE_OVER,
            card=Happening.REPLACE,
            authentication=Fate.NEW,
            signing=Fate.NEW,
            phone=Fate.REVOKED,
            reason=_SUPERSEDED,
            resident=Particular.PERMIT,
            written=Written.CARD,
            ends_sessions=True,
        ),
        LifeEvent.ADD_PHONE: Change(on=_ACTIVE, phone=Fate.NEW, written=Written.PHONE),
        LifeEvent.LOSE_PHONE: Change(
            on=frozenset({None, *Status}),
            phone=Fate.REVOKED,
            reason=_STOLEN,
            ends_sessions=True,
        ),
        LifeEvent.UNBLOCK: Change(on=_ACTIVE, written=Written.PINS),
        LifeEvent.COME_OF_AGE: Change(
            on=_ACTIVE, signing=Fate.NEW, written=Written.CERTIFICATES
        ),
        LifeEvent.CERTIFY: Change(on=_ACTIVE, signing=Fate.NEW, written=Written.CERTIFICATES),
        LifeEvent.EXTEND_PERMIT: Change(
            on=_ACTIVE,
            authentication=Fate.NEW,
            signing=Fate.NEW,
            phone=Fate.REVOKED,
            reason=_SUPERSEDED,
            resident=Particular.PERMIT,
            written=Written.CERTIFICATES,
        ),
        LifeEvent.END_PERMIT: Change(
            on=frozenset({Status.EXPIRED}),
            card=Happening.RETURN,
            authentication=Fate.REVOKED,
            signing=Fate.REVOKED,
            phone=Fate.REVOKED,
            reason=_CEASED,
            every_card=True,
            ends_sessions=True,
        ),
    }
)
