"""Files that only their owner may read, and that are never seen half written."""

import os
from pathlib import Path


def write_private(path: Path, content: bytes) -> None:
    """Put `content` in place of what `path` held, mode 0600, on disk when this returns."""
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    second = path.with_name(f".{path.name}.{os.getpid()}.new")
    flags = os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(second, flags, 0o600), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    second.replace(path)
    sync_folder(path.parent)


def sync_folder(folder: Path) -> None:
    """See that a name given in `folder` outlasts a power failure, as its file's bytes do."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
