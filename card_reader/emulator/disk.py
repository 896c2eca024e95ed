"""How a card file is read and changed: whole or not at all, by one process at a time."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from time import sleep

from card_reader.errors import CardFileError

_OWNER_ONLY = 0o600
_POLLS, _POLL = 1000, 0.005  # five seconds; a change takes milliseconds


def _unusable(path: Path, error: OSError) -> CardFileError:
    remedy = "Check that the file and its folder are yours and that the disk has room."
    return CardFileError(path, f"the card file cannot be used ({error.strerror})", remedy)


def content_of(path: Path) -> bytes:
    """What is in the file. Raises CardFileError."""
    try:
        return path.read_bytes()
    except FileNotFoundError:
        remedy = "Make one with `mynasim card new`."
        raise CardFileError(path, "there is no such card file", remedy) from None
    except OSError as error:
        raise _unusable(path, error) from error


@contextmanager
def locked(path: Path) -> Iterator[None]:
    """Keep other processes from changing the file.

    Raises CardFileError if another one does not let go of it in five seconds.
    """
    try:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC
        descriptor = os.open(path.with_name(f"{path.name}.lock"), flags, _OWNER_ONLY)
    except OSError as error:
        raise _unusable(path, error) from error
    try:
        _wait_for(path, descriptor)
        yield
    finally:
        os.close(descriptor)


def _wait_for(path: Path, descriptor: int) -> None:
    for _ in range(_POLLS):
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            sleep(_POLL)
        else:
            return
    raise CardFileError(
        path,
        "another process holds the card file and does not let go of it",
        "Stop the other `mynasim` that uses this card, then repeat the command.",
    )


def append(path: Path, line: bytes) -> None:
    """Add to the file; that is on disk when this returns. Only under the lock."""
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC)
        with os.fdopen(descriptor, "wb") as file:
            file.write(line)
            file.flush()
            os.fsync(file.fileno())
    except OSError as error:
        raise _unusable(path, error) from error


def replace(path: Path, content: bytes) -> None:
    """Put `content` in place of what the file held; that is on disk when this returns.

    Only under the lock: the name of the second file is always the same.
    """
    second = path.with_name(f".{path.name}.new")
    try:
        flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
        with os.fdopen(os.open(second, flags, _OWNER_ONLY), "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        second.replace(path)
        _sync_folder(path.parent)
    except OSError as error:
        raise _unusable(path, error) from error


def move(source: Path, path: Path) -> None:
    """Put a file of the same file system in place of another, in one step.

    Only under the lock of `path`; that is on disk when this returns.
    """
    try:
        source.replace(path)
        _sync_folder(path.parent)
        _sync_folder(source.parent)
    except OSError as error:
        raise _unusable(path, error) from error


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
