"""What a person agreed to, and the life of that agreement.

An arrangement is stable per resident, app and service. Each answer the person gives under it is
a new, immutable version, of which only the state moves, and only by a row of TRANSITIONS.
Expiry is no state: `ConsentVersion.status` works it out from the instant it is given.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum, unique
from hashlib import sha256
from typing import Self
from uuid import UUID

from consent.catalogue import LegalBasis
from consent.errors import IllegalTransitionError, InvalidTermsError

# Mynaportal lets an app fetch medical-insurance data for 90 days under one consent (期間連携).
DEFAULT_VALIDITY = timedelta(days=90)
# Australia's Consumer Data Right ends a sharing_duration after at most 12 months.
VALIDITY_CAP = timedelta(days=365)


@unique
class Action(StrEnum):
    """What an app does with data it receives."""

    VIEW = "view"
    STORE = "store"
    DERIVE = "derive"
    DISCLOSE = "disclose"
    TRAIN_MODEL = "train_model"


@unique
class State(StrEnum):
    """What has been done to a consent version; all that is stored of its life."""

    REQUESTED = "requested"
    GRANTED = "granted"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"


@unique
class Event(StrEnum):
    """What can be done to a consent version."""

    GRANT = "grant"
    DENY = "deny"
    WITHDRAW = "withdraw"
    SUPERSEDE = "supersede"


TRANSITIONS: dict[tuple[State, Event], State] = {
    (State.REQUESTED, Event.GRANT): State.GRANTED,
    (State.REQUESTED, Event.DENY): State.DENIED,
    (State.GRANTED, Event.WITHDRAW): State.WITHDRAWN,
    (State.GRANTED, Event.SUPERSEDE): State.SUPERSEDED,
}

NEVER_GRANTED = frozenset({State.REQUESTED, State.DENIED})


@unique
class Status(StrEnum):
    """How a consent version stands at an instant: its state, or what the clock made of it."""

    REQUESTED = "requested"
    GRANTED = "granted"
    DENIED = "denied"
    WITHDRAWN = "withdrawn"
    SUPERSEDED = "superseded"
    NOT_YET_VALID = "not_yet_valid"
    EXPIRED = "expired"


@dataclass(frozen=True, slots=True)
class Arrangement:
    """The lasting relation of a resident with one service of one app."""

    resident_id: UUID
    id: UUID
    app_id: str
    service: str
    created_at: datetime


@dataclass(frozen=True, slots=True, order=True)
class ConsentRule:
    """One category of data, from the first to the last day of a period, both included."""

    category: str
    period_from: date
    period_to: date

    def __post_init__(self) -> None:
        if self.period_from > self.period_to:
            raise InvalidTermsError(f"the period of {self.category} ends before it begins")

    def within(self, other: "ConsentRule") -> bool:
        """Whether `other` gives at least all that this rule gives."""
        return (
            self.category == other.category
            and other.period_from <= self.period_from
            and self.period_to <= other.period_to
        )


@dataclass(frozen=True, slots=True)
class DeclaredPurpose:
    """A purpose's code and the words in which the app declared it to the person."""

    code: str
    text: str

    @property
    def text_sha256(self) -> str:
        """The SHA-256 of the text's UTF-8 bytes, in hexadecimal."""
        return sha256(self.text.encode()).hexdigest()


@dataclass(frozen=True, slots=True)
class Notice:
    """The page the person read: its version, and its language as a BCP 47 tag."""

    version: str
    language: str


@dataclass(frozen=True, slots=True)
class Evidence:
    """How the person who answered was known.

    `certificate_mac` is the certificate's fingerprint under a key of the caller's, never plain:
    a plain hash of a certificate is one identifier shared by all who see it.
    """

    channel: str
    authentication: str
    certificate_mac: bytes | None = None


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked of a person, or given by them from `valid_from` until `valid_until`."""

    rules: tuple[ConsentRule, ...]
    purpose: DeclaredPurpose
    recipients: tuple[str, ...]
    valid_from: datetime
    valid_until: datetime
    notice: Notice
    supervisor: str
    actions: frozenset[Action] = frozenset({Action.VIEW})
    legal_basis: LegalBasis = LegalBasis.CONSENT

    @property
    def categories(self) -> frozenset[str]:
        return frozenset(rule.category for rule in self.rules)

    def check(self) -> None:
        """Raise InvalidTermsError unless a person may be asked this."""
        if not self.rules:
            raise InvalidTermsError("no category of data is asked for")
        if self.valid_until <= self.valid_from:
            raise InvalidTermsError("the consent would end before it begins")
        if self.valid_until - self.valid_from > VALIDITY_CAP:
            raise InvalidTermsError(f"a consent lasts at most {VALIDITY_CAP.days} days")

    def narrowed(self, granted: Iterable[ConsentRule]) -> Self:
        """These terms with only what the person grants of them.

        Raises InvalidTermsError if a rule goes beyond what was asked.
        """
        rules = tuple(sorted(set(granted)))
        for rule in rules:
            if not any(rule.within(asked) for asked in self.rules):
                raise InvalidTermsError(f"{rule.category} was not asked for over that period")
        return replace(self, rules=rules)


@dataclass(frozen=True, slots=True)
class ConsentVersion:
    """One answer of a resident to one app, with what was `asked` beside what the terms give.

    `number` counts the versions of an arrangement from 1; `supersedes` is the id of the one
    before, whatever became of it. `app_name` is the name the person saw.
    """

    resident_id: UUID
    id: UUID
    arrangement_id: UUID
    number: int
    supersedes: UUID | None
    app_id: str
    app_name: str
    asked: tuple[ConsentRule, ...]
    terms: Terms
    evidence: Evidence
    state: State
    answered_at: datetime
    state_since: datetime

    def after(self, event: Event, now: datetime) -> Self:
        """This version once `event` has happened. Raises IllegalTransitionError."""
        try:
            state = TRANSITIONS[self.state, event]
        except KeyError:
            raise IllegalTransitionError(self.state, event) from None
        return replace(self, state=state, state_since=now)

    def status(self, now: datetime) -> Status:
        """How this version stands at `now`."""
        if self.state is not State.GRANTED:
            return Status(self.state.value)
        if now < self.terms.valid_from:
            return Status.NOT_YET_VALID
        if now >= self.terms.valid_until:
            return Status.EXPIRED
        return Status.GRANTED


def standing(versions: Iterable[ConsentVersion]) -> list[ConsentVersion]:
    """The newest version of each arrangement among those a person ever granted.

    A refused amendment leaves what was granted before it untouched.
    """
    newest: dict[UUID, ConsentVersion] = {}
    for version in versions:
        if version.state in NEVER_GRANTED:
            continue
        other = newest.get(version.arrangement_id)
        if other is None or version.number > other.number:
            newest[version.arrangement_id] = version
    return list(newest.values())
