"""Everything that can go wrong with an export.

ResearchError
├── TakenError        the place is in use or not empty
├── DamagedLogError   the log has an entry that cannot be read; carries .position
├── NoCheckpointError nothing of the log is signed yet
├── NoExportError     a folder or file is not what an export consists of
└── NoSuchQuestionError
"""

from mynaportal_sim.errors import PortalError


class ResearchError(PortalError):
    """Base of every error of this room."""


class TakenError(ResearchError):
    """The folder to be written has something in it, or another export is writing it."""


class NoCheckpointError(ResearchError):
    """No checkpoint is signed yet, so nothing would prove an export."""


class DamagedLogError(ResearchError):
    """An entry of the log cannot be read."""

    def __init__(self, position: int, fault: str) -> None:
        super().__init__(
            f"entry {position} of the log cannot be exported ({fault});"
            " `mynasim ledger verify` tells what is damaged"
        )
        self.position = position


class NoExportError(ResearchError):
    """What was named is no export that this version reads; says what is missing or wrong."""


class NoSuchQuestionError(ResearchError):
    """No question has this name; says which there are."""
