"""What can go wrong in the store of records.

RecordsError
└── UnknownAnchorError   the page to go on from is not, or no longer, to be seen
"""

from mynaportal_sim.errors import PortalError


class RecordsError(PortalError):
    """Base of every error this room raises on purpose."""


class UnknownAnchorError(RecordsError):
    """No visible record has the id after which the next page should begin."""

    def __init__(self) -> None:
        super().__init__("this page is no longer there; begin again with the first")
