"""Where programs of this machine look up which roots to trust, and how one is put there."""

import os
import shutil
import subprocess
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.tls.store import Root

CERTUTIL = "certutil"
CHROMIUM = Path(".pki/nssdb")  # its documentation: docs/linux/cert_management.md
_CHROMIUM_AS_SNAP = Path("snap/chromium/current/.pki/nssdb")
_FIREFOX = (".mozilla/firefox", "snap/firefox/common/.mozilla/firefox")
_CHROMIUM_PROGRAMS = ("chromium", "chromium-browser", "google-chrome", "microsoft-edge")


class Store(Protocol):
    """One place that roots are trusted from."""

    @property
    def name(self) -> str:
        """Whose it is, and where."""

    def holds(self, root: Root) -> bool:
        """Whether it has this root from here."""

    def add(self, root: Root) -> None:
        """Have its programs trust the root. Raises CommandError if they cannot be made to."""

    def remove(self, root: Root) -> None:
        """Undo that. Raises CommandError if it cannot be."""


@dataclass(frozen=True, slots=True)
class BrowserStore:
    """The NSS database of a browser, for the authorities of web servers."""

    browser: str
    directory: Path

    @property
    def name(self) -> str:
        return f"{self.browser} ({self.directory})"

    def holds(self, root: Root) -> bool:
        return (self.directory / "cert9.db").exists() and not _failure(
            self.command("-L", "-n", nickname(root))
        )

    def add(self, root: Root) -> None:
        if not (self.directory / "cert9.db").exists():
            self.directory.mkdir(mode=0o700, parents=True, exist_ok=True)
            _run(self.command("-N", "--empty-password"))
        _run(self.adding(root))

    def remove(self, root: Root) -> None:
        _run(self.command("-D", "-n", nickname(root)))

    def adding(self, root: Root) -> list[str]:
        """The command that adds it; `C` is for servers, nothing for mail or programs."""
        return self.command("-A", "-t", "C,,", "-n", nickname(root), "-i", str(root.path))

    def command(self, *arguments: str) -> list[str]:
        return [CERTUTIL, "-d", f"sql:{self.directory}", *arguments]


@dataclass(frozen=True, slots=True)
class SystemStore:
    """The roots that a Linux system's programs share, kept up by a command of its own."""

    folder: Path
    update: str

    @property
    def name(self) -> str:
        return f"this system ({self.folder})"

    def holds(self, root: Root) -> bool:
        return self._path(root).exists()

    def add(self, root: Root) -> None:
        for command in self.adding(root):
            _run(command)

    def remove(self, root: Root) -> None:
        _run(as_root("rm", str(self._path(root))))
        _run(as_root(self.update))

    def adding(self, root: Root) -> list[list[str]]:
        """The commands that add it."""
        install = ("install", "-m", "644", str(root.path), str(self._path(root)))
        return [as_root(*install), as_root(self.update)]

    def _path(self, root: Root) -> Path:
        return self.folder / f"{nickname(root).replace(' ', '-')}.crt"


DEBIAN = SystemStore(Path("/usr/local/share/ca-certificates"), "update-ca-certificates")
FEDORA = SystemStore(Path("/etc/pki/ca-trust/source/anchors"), "update-ca-trust")


def nickname(root: Root) -> str:
    """What the root is called in a store; it tells apart those of several data directories."""
    return f"mynaportal-sim SIMULATION {root.sha256[:12]}"


def as_root(*command: str) -> list[str]:
    """A command as whoever runs this can have the system's owner run it."""
    return [*command] if os.geteuid() == 0 else ["sudo", *command]


def browser_stores(home: Path) -> list[BrowserStore]:
    """The stores of the browsers that somebody uses here."""
    return list(_browser_stores(home))


def system_store() -> SystemStore | None:
    """The system's own, where it is one that this knows how to keep up."""
    for store in (DEBIAN, FEDORA):
        if store.folder.is_dir() and _found(store.update):
            return store
    return None


def can_change_browsers() -> bool:
    """Whether the program is there that changes their stores (Debian's libnss3-tools)."""
    return _found(CERTUTIL)


def _browser_stores(home: Path) -> Iterator[BrowserStore]:
    usual = home / CHROMIUM
    if usual.is_dir() or any(map(shutil.which, _CHROMIUM_PROGRAMS)):
        yield BrowserStore("Chromium", usual)
    if (home / _CHROMIUM_AS_SNAP).is_dir():
        yield BrowserStore("Chromium", home / _CHROMIUM_AS_SNAP)
    for place in _FIREFOX:
        for database in sorted((home / place).glob("*/cert9.db")):
            yield BrowserStore("Firefox", database.parent)


def _found(program: str) -> bool:
    # Debian keeps what changes the system where only root looks.
    path = os.pathsep.join((os.environ.get("PATH", os.defpath), "/usr/sbin"))
    return shutil.which(program, path=path) is not None


def _run(command: Sequence[str]) -> None:
    if failure := _failure(command):
        raise CommandError(f"`{' '.join(command)}` failed: {failure}")


def _failure(command: Sequence[str]) -> str:
    """What a command said that failed; empty if it did not."""
    done = subprocess.run(  # noqa: S603  literals of this file, and paths
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False
    )
    if done.returncode == 0:
        return ""
    return (done.stderr or done.stdout).strip() or f"exit code {done.returncode}"
