"""Everything that can go wrong with the ledger.

ConsentError
└── LedgerError
    ├── UnloggableError      an entry that the format of leaves cannot hold
    ├── MalformedError       bytes that are no leaf, body, note, checkpoint, key or proof
    ├── UntrustedNoteError   a note that the key at hand did not sign
    ├── MissingFileError     a file that a log must publish and does not; carries .path
    └── ForkError            the stored tree is not the one last signed; carries .size
"""

from consent.errors import ConsentError


class LedgerError(ConsentError):
    """Base of every error of the ledger."""


class UnloggableError(LedgerError):
    """The entry has a field, a value or a size that a leaf or body cannot have."""


class MalformedError(LedgerError):
    """The bytes are not what they should be; says what is wrong with them."""


class UntrustedNoteError(LedgerError):
    """No signature of the key at hand is on the note, or it does not verify."""


class MissingFileError(LedgerError):
    """The log does not publish a file that its size demands."""

    def __init__(self, path: str) -> None:
        super().__init__(f"the log publishes no {path}")
        self.path = path


class ForkError(LedgerError):
    """The stored tree is not the one last signed, so no checkpoint may follow."""

    def __init__(self, size: int) -> None:
        super().__init__(
            f"the ledger's stored tree of size {size} is not the one that was signed;"
            " run `mynasim ledger verify`"
        )
        self.size = size
