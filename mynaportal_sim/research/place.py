"""A folder that is there as a whole or not at all."""

import fcntl
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from mynaportal_sim.research.errors import TakenError


@contextmanager
def whole(directory: Path) -> Iterator[Path]:
    """A folder beside `directory` to write into; it becomes `directory` when the block ends.

    If the block raises it is removed. If the process dies, it stays behind under a name of its
    own, and the next one that writes to the same place clears it.

    Raises:
        TakenError: `directory` has something in it, or another process writes it.
    """
    directory = directory.absolute()
    _refuse_taken(directory)
    directory.parent.mkdir(parents=True, exist_ok=True)
    partial = directory.with_name(f".{directory.name}.partial")
    partial.mkdir(mode=0o700, exist_ok=True)
    handle = os.open(partial, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        _hold(handle, partial)
        for left in partial.iterdir():
            left.unlink()
        try:
            yield partial
            _refuse_taken(directory)
            _settle(handle, partial)
            partial.rename(directory)
        except BaseException:
            shutil.rmtree(partial, ignore_errors=True)
            raise
        _sync(directory.parent)
    finally:
        os.close(handle)


def _refuse_taken(directory: Path) -> None:
    if directory.is_symlink() or (directory.exists() and not directory.is_dir()):
        raise TakenError(f"{directory} is no folder; name another place")
    if directory.is_dir() and any(directory.iterdir()):
        raise TakenError(f"{directory} is not empty; name a new folder")


def _hold(handle: int, partial: Path) -> None:
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        raise TakenError(f"another process is writing {partial}; wait for it") from None


def _settle(handle: int, partial: Path) -> None:
    for path in partial.iterdir():
        _sync(path)
    os.fsync(handle)


def _sync(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
