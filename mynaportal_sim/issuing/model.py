"""What the register of cards knows, and how a person stands before an event."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from card_reader.spec import CardKind, Kind
from mynaportal_sim.issuing.life import LIVING, State, Status
from mynaportal_sim.issuing.life_events import LifeEvent
from mynaportal_sim.pki import model as pki
from mynaportal_sim.pki.store import Issued, Point
from mynaportal_sim.residents.model import Resident


class Named(NamedTuple):
    """A certificate, by its issuer's key hash and its serial number."""

    issuer: bytes
    serial: int


@dataclass(frozen=True, slots=True)
class Certificate:
    """A certificate as its register has it."""

    name: Named
    not_after: datetime
    state: pki.State
    point: Point | None = field(default=None, compare=False)

    def issued(self, kind: Kind, resident_id: UUID) -> Issued:
        """As what the authority's register enters it."""
        return Issued(*self.name, resident_id, kind, self.not_after, self.point)

    def good(self, now: datetime) -> bool:
        """Whether it is neither held nor revoked nor over."""
        return self.state is pki.State.GOOD and now <= self.not_after


@dataclass(frozen=True, slots=True)
class Holding:
    """A card, or what a phone holds in its place; instants are whole seconds.

    `id` is its serial number (15 digits). `replaces` is the card before it, `linked_to` the one
    whose signing certificate a phone's were issued for. The certificates are those that it
    holds now. `revision` counts what happened to it.
    """

    id: str = field(repr=False)
    resident_id: UUID
    kind: CardKind
    state: State
    since: datetime
    issued: datetime
    expires: datetime
    revision: int = 0
    replaces: str | None = field(default=None, repr=False)
    linked_to: str | None = field(default=None, repr=False)
    authentication: Certificate | None = None
    signing: Certificate | None = None

    def status(self, now: datetime) -> Status:
        """Its state, or that it has run out, which a card can only once and only in use."""
        if self.state in LIVING and now > self.expires:
            return Status.EXPIRED
        return Status(self.state.value)

    @property
    def is_phone(self) -> bool:
        return self.kind is CardKind.PHONE


@dataclass(frozen=True, slots=True)
class Standing:
    """How a person stands at the counter: their card, their phone, and other cards of theirs.

    `card` is the one that lies on the counter, or the newest; `phones` are in use. Where a
    card was `brought` and there is no `card`, it is none of theirs; a `whole` one has more than
    the JPKI application. `unreadable` says what is wrong with the file of their card, which is
    then taken for the newest; `set_aside` names files in whose place a new card came.
    """

    resident: Resident
    card: Holding | None
    phones: tuple[Holding, ...] = ()
    others: tuple[Holding, ...] = ()
    brought: bool = False
    whole: bool = False
    unreadable: str = ""
    set_aside: tuple[str, ...] = ()

    @property
    def phone(self) -> Holding | None:
        """The newest of the phones in use."""
        return next(iter(self.phones), None)

    def status(self, now: datetime) -> Status | None:
        """How the card stands; None for no card."""
        return None if self.card is None else self.card.status(now)


@dataclass(frozen=True, slots=True)
class Happened:
    """An event in a person's life that the counter dealt with."""

    event: LifeEvent
    at: datetime
    card_id: str | None = field(repr=False)
