"""The card file: one JSON document per card, whose retry counters survive anything.

A change is written to a second file, synced, and renamed over the first, under a lock that
processes share; so a reader sees the old card or the new one, and a kill loses no decrement.
Each `path` is the file itself, no link to it: the lock lies beside it.
"""

import fcntl
import json
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from card_reader.errors import CardFileError
from card_reader.spec import EF

FORMAT = "mynasim-card"
VERSION = 1

Document = dict[str, object]

_MAKE_ANEW = "Make the card again with `mynasim card new`."
_OWNER_ONLY = 0o600


def read(path: Path) -> Document:
    """The document as it is now. Raises CardFileError if it is missing, damaged or foreign."""
    try:
        document: object = json.loads(path.read_bytes())
    except FileNotFoundError:
        remedy = "Make one with `mynasim card new`."
        raise CardFileError(path, "there is no such card file", remedy) from None
    except OSError as error:
        raise _unusable(path, error) from error
    except (ValueError, RecursionError):
        raise damaged(path, "it is not JSON") from None
    if not isinstance(document, dict) or document.get("format") != FORMAT:
        raise CardFileError(path, "this is not a card file", "Name another file.")
    if document.get("version") != VERSION:
        problem = f"card files of version {document.get('version')!r} are not known here"
        raise CardFileError(path, problem, _MAKE_ANEW)
    return document


def write(path: Path, document: Mapping[str, object]) -> None:
    """Put `document` in place of whatever card the file held."""
    with _locked(path):
        _replace(path, {"format": FORMAT, "version": VERSION, **document})


def tries(path: Path, ef: int) -> int:
    """How many tries the PIN in `ef` has left now."""
    return _tries(path, read(path))[_name(ef)]


@contextmanager
def counter(path: Path, ef: int) -> Iterator["Counter"]:
    """The retry counter of the PIN in `ef`, while no other process can touch the card."""
    with _locked(path):
        yield Counter(path, ef)


class Counter:
    """The tries of one PIN, held still by the lock under which it was made."""

    def __init__(self, path: Path, ef: int) -> None:
        self._path = path
        self._name = _name(ef)
        self._document = read(path)
        self._tries = _tries(path, self._document)

    @property
    def left(self) -> int:
        """Tries that remain."""
        return self._tries[self._name]

    def set(self, count: int) -> None:
        """Let `count` tries remain; that is on disk when this returns."""
        self._tries[self._name] = count
        _replace(self._path, {**self._document, "tries": self._tries})


def document_tries(pins: Mapping[int, int]) -> dict[str, int]:
    """The entry `tries` of a document whose PINs, by EF, have that many tries left."""
    return {_name(ef): count for ef, count in pins.items()}


def damaged(path: Path, problem: str) -> CardFileError:
    """The error that says what is wrong with the content of a card file."""
    return CardFileError(path, f"the card file is damaged: {problem}", _MAKE_ANEW)


def _unusable(path: Path, error: OSError) -> CardFileError:
    remedy = "Check that the file and its folder are yours and that the disk has room."
    return CardFileError(path, f"the card file cannot be used ({error.strerror})", remedy)


def _name(ef: int) -> str:
    return f"{ef:04X}"


_COUNTED = {_name(EF.AUTHENTICATION_PIN), _name(EF.SIGNING_PASSWORD)}


def _tries(path: Path, document: Document) -> dict[str, int]:
    counts = document.get("tries")
    if not isinstance(counts, dict) or not counts.keys() >= _COUNTED:
        raise damaged(path, "its retry counters are missing")
    if not all(type(count) is int and 0 <= count <= 0x0F for count in counts.values()):
        raise damaged(path, "a retry counter is no number of tries")
    return counts


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    try:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(path.with_name(f"{path.name}.lock"), flags, _OWNER_ONLY)
    except OSError as error:
        raise _unusable(path, error) from error
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _replace(path: Path, document: Document) -> None:
    """Only under the lock: the name of the second file is always the same."""
    second = path.with_name(f".{path.name}.new")
    content = json.dumps(document, ensure_ascii=False, indent=1) + "\n"
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(second, flags, _OWNER_ONLY), "wb") as file:
            file.write(content.encode())
            file.flush()
            os.fsync(file.fileno())
        second.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise _unusable(path, error) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
