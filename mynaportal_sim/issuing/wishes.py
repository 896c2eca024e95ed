"""What is asked for at the counter, and what the register of residents then says."""

from dataclasses import dataclass, field, replace
from datetime import date, datetime

from card_reader.spec import SIGNING_PASSWORD
from consent.japan import day_of
from mynaportal_sim.issuing.life_events import LIFE_EVENTS, LifeEvent, Particular
from mynaportal_sim.residents.model import Municipality, Name, Resident

UNTOLD = Name("", "")
"""How a name is read of which nobody has told that yet."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An event, and what it brings: a field that it does not need is left out.

    Attributes:
        name: as the register has it from now on.
        kana: how that is read; the register keeps no reading of a name that is no more.
        romaji: the same in Latin letters.
        municipality: where the address lies, if elsewhere than before.
        until: the last day of a period of stay that was extended.
        pin: the new one of the user authentication certificate.
        password: the new one of the signing certificate.
        text_pin: the new one of 券面事項入力補助用.
        register_pin: the new one of 住民基本台帳用, in both applications that have it.
        certify: whether a new signing certificate takes the place of the one that ends.
    """

    event: LifeEvent
    name: Name | None = None
    kana: Name | None = None
    romaji: Name | None = None
    address: str | None = None
    municipality: Municipality | None = None
    until: date | None = None
    pin: str | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    text_pin: str | None = field(default=None, repr=False)
    register_pin: str | None = field(default=None, repr=False)
    certify: bool = False

    def __post_init__(self) -> None:
        """Take the password as terminals do, whose cards know no small letters."""
        if self.password is not None:
            typed = SIGNING_PASSWORD.normalised(self.password)
            object.__setattr__(self, "password", typed)


def changed(resident: Resident, wish: Wish, now: datetime) -> Resident:
    """The resident as the register knows them once the wish has come true."""
    match LIFE_EVENTS[wish.event].resident:
        case Particular.NAME:
            name = wish.name or resident.name
            same = name == resident.name
            return replace(
                resident,
                name=name,
                kana=wish.kana or (resident.kana if same else UNTOLD),
                romaji=wish.romaji or (resident.romaji if same else UNTOLD),
            )
        case Particular.ADDRESS:
            return replace(
                resident,
                address=wish.address or resident.address,
                municipality=wish.municipality or resident.municipality,
            )
        case Particular.DEATH:
            return replace(resident, died=day_of(now))
        case Particular.PERMIT:
            return replace(resident, permitted_until=wish.until or resident.permitted_until)
        case None:
            return resident
