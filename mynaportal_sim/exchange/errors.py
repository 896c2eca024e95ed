"""What can be wrong with an exchange that is to be recorded.

ExchangeError
├── ImpossibleExchangeError     a name, item or time that no record can have
└── MyNumberInTextError         a text that could be a My Number
"""

from mynaportal_sim.errors import PortalError


class ExchangeError(PortalError):
    """Base of every error this room raises on purpose."""


class ImpossibleExchangeError(ExchangeError):
    """The exchange cannot have happened as described; says why."""


class MyNumberInTextError(ExchangeError):
    """Twelve digits in a row stand in a text; they are not repeated."""

    def __init__(self, field: str) -> None:
        super().__init__(
            f"{field}: twelve digits could be a My Number, which is never recorded"
        )
