"""What can go wrong at the counter. That an event cannot happen is a value instead.

PortalError
└── CounterError
    ├── NotEntitledError       this person can have no such card
    ├── NumberTakenError       a card has this serial number already
    ├── OvertakenError         somebody else dealt with this card in the meantime
    └── UnknownAuthorityError  a certificate of a card is of no authority of this portal
"""

from mynaportal_sim.errors import PortalError


class CounterError(PortalError):
    """Base of every error this room raises on purpose."""


class OvertakenError(CounterError):
    """What was looked at is not so any more; nothing was changed."""

    def __init__(self) -> None:
        super().__init__("this card was dealt with in the meantime; look again, and repeat it")


class NotEntitledError(CounterError):
    """This person can have no such card; the text is the refusal's."""


class NumberTakenError(CounterError):
    """A card has this serial number already; make the card again."""

    def __init__(self) -> None:
        super().__init__("a card has this serial number already; make the card again")


class UnknownAuthorityError(CounterError):
    """A certificate of a card is of no authority in this portal's data directory."""

    def __init__(self) -> None:
        super().__init__(
            "the card's certificates are of another portal's authorities; restore this one's "
            "`ca` folder, or make the card again"
        )
