"""What can be wrong with residents.

PortalError
└── ResidentsError
    └── PersonaFileError    a file of personas cannot be used; says which entry and field
"""

from collections.abc import Sequence

from mynaportal_sim.errors import PortalError


class ResidentsError(PortalError):
    """Base of every error this room raises on purpose."""


class PersonaFileError(ResidentsError):
    """A file of personas cannot be used; `faults` has one sentence for each reason."""

    def __init__(self, source: str, faults: Sequence[str]) -> None:
        super().__init__("\n".join(f"{source}: {fault}" for fault in faults))
        self.faults = tuple(faults)
