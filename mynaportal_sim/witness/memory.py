"""What a witness must never forget: its key, and the last checkpoint of each log it cosigned.

Both lie in one directory, which one process holds at a time. A witness that has a key but no
memory does not start: cosigning from nothing again would let every log start over.
"""

import fcntl
import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.ledger.checkpoint import Checkpoint
from consent.ledger.cosignature import Cosigner, Witness
from consent.ledger.errors import LedgerError
from consent.ledger.note import parse
from mynaportal_sim.errors import PortalError
from mynaportal_sim.files import write_private

_KEY = "witness.json"
_MEMORY = "cosigned.json"
_LOCK = "lock"
_NOTHING = b"{}"


class WitnessStateError(PortalError):
    """The witness's directory is in use, or is not as it left it."""


class Memory:
    """The notes that were cosigned last, by origin, each with this witness's line."""

    def __init__(self, path: Path, witness: Witness, notes: dict[str, bytes]) -> None:
        self._path = path
        self._witness = witness
        self._notes = notes
        self.last = {origin: _checkpoint(note) for origin, note in notes.items()}

    def note(self, origin: str) -> bytes | None:
        """The note that was cosigned last for a log."""
        return self._notes.get(origin)

    def size(self, origin: str) -> int:
        """How many entries of a log were cosigned last, 0 if none."""
        return self.last[origin].size if origin in self.last else 0

    def keep(self, checkpoint: Checkpoint, note: bytes) -> None:
        """Remember what is about to be cosigned; it is on disk when this returns.

        Raises:
            WitnessStateError: the log would go back.
        """
        known = self.last.get(checkpoint.origin)
        if known is not None and checkpoint.size < known.size:
            raise WitnessStateError("a witness never goes back")
        notes = {**self._notes, checkpoint.origin: note}
        text = json.dumps({origin: kept.decode() for origin, kept in notes.items()}, indent=2)
        write_private(self._path, text.encode())
        self._notes = notes
        self.last[checkpoint.origin] = checkpoint


@contextmanager
def held(directory: Path, new: Cosigner | None = None) -> Iterator[tuple[Cosigner, Memory]]:
    """The witness that lives in a directory, for this process alone; `new` where none does.

    Raises:
        WitnessStateError: another process has it, or its key or memory is missing or damaged.
    """
    if new is not None:
        directory.mkdir(mode=0o700, parents=True, exist_ok=True)
    with (directory / _LOCK).open("wb") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise WitnessStateError(
                f"another witness runs on {directory}; stop it, or give --state another place"
            ) from None
        if new is not None:
            _move_in(directory, new)
        cosigner = _cosigner(directory / _KEY)
        yield cosigner, _memory(directory / _MEMORY, cosigner.witness)


def _move_in(directory: Path, new: Cosigner) -> None:
    """Give a new witness its memory, then its key; whoever was killed between is followed."""
    memory, key = directory / _MEMORY, directory / _KEY
    if key.exists() or (memory.exists() and memory.read_bytes() != _NOTHING):
        return
    write_private(memory, _NOTHING)
    content = {"name": new.name, "key": new.key.private_bytes_raw().hex()}
    write_private(key, json.dumps(content).encode())


def _cosigner(path: Path) -> Cosigner:
    try:
        content = json.loads(path.read_bytes())
        key = Ed25519PrivateKey.from_private_bytes(bytes.fromhex(content["key"]))
        return Cosigner(str(content["name"]), key)
    except (OSError, ValueError, KeyError, TypeError, LedgerError) as error:
        raise WitnessStateError(
            f"{path} holds no witness's key; restore it, or start another witness in an empty "
            "directory (--state)"
        ) from error


def _memory(path: Path, witness: Witness) -> Memory:
    fault = (
        f"{path} is not the memory of {witness.name}: a witness that has lost it cannot go on; "
        "give it up and start another in an empty directory"
    )
    try:
        notes = {
            origin: note.encode() for origin, note in json.loads(path.read_bytes()).items()
        }
        memory = Memory(path, witness, notes)
        for origin, note in notes.items():
            if memory.last[origin].origin != origin or witness.cosigned_at(note) is None:
                raise WitnessStateError(fault)
    except (OSError, ValueError, AttributeError, LedgerError) as error:
        raise WitnessStateError(fault) from error
    return memory


def _checkpoint(note: bytes) -> Checkpoint:
    return Checkpoint.parse(parse(note).text)
