"""A smart card service of this process's own, out of reach of every real reader.

It runs in a mount namespace with its own /run/pcscd and without the drivers for USB readers, so
that its only reader is a virtual one, whose name is drawn at random.
"""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from time import monotonic, sleep

from mynaportal_sim.cli.benchmarks.errors import NoPrivatePcscdError

DRIVERS = Path("/usr/lib/pcsc/drivers")
DRIVER = DRIVERS / "serial" / "libifdvpcd.so"
SOCKET_VARIABLE = "PCSCLITE_CSOCK_NAME"
"""Where clients (libpcsclite) look for the service; read once in each process."""
_STARTS_WITHIN = 10.0  # seconds
_SOCKET_PATH_MAX = 107  # bytes, unix(7)
_IN_A_NAMESPACE = (
    *("unshare", "--mount", "--propagation", "unchanged"),
    *(() if os.geteuid() == 0 else ("--map-root-user",)),
)
# In a chroot / is no mount point and cannot be made private; so it is entered anew, by one.
_NEW_RUN = """
set -eu
if ! mount --make-rprivate / 2>/dev/null; then
    [ -z "${ENTERED:-}" ] || exit 1
    mount --rbind / /mnt
    export ENTERED=1
    exec chroot /mnt sh -c "$0" "$0" "$@"
fi
mount -t tmpfs none /run
"""
_PROGRAMS = f"{os.environ.get('PATH', os.defpath)}:/usr/sbin"  # where Debian keeps pcscd
_INSTALL = "apt-get install pcscd vsmartcard-vpcd"

# $1 holds the new /run/pcscd, the configuration of readers, and the only driver there shall be;
# $2 is pcscd.
_SCRIPT = f"""{_NEW_RUN}
mkdir /run/pcscd
mount --bind "$1/run" /run/pcscd
mount --bind "$1/drivers" {DRIVERS}
exec "$2" --foreground -c "$1/readers"
"""


@dataclass(frozen=True, slots=True)
class PrivatePcscd:
    """A running service. Cards connect to `port` and `port + 1`, one for each reader."""

    place: Path
    readers: tuple[str, ...]
    port: int

    @property
    def environment(self) -> Mapping[str, str]:
        """What makes a program use this service and no other."""
        return {SOCKET_VARIABLE: str(_socket(self.place))}


def missing() -> str | None:
    """What this machine lacks to run a private service, in words; None if nothing."""
    if _pcscd() is None or not DRIVER.exists():
        return f"pcscd or its virtual reader is not installed: {_INSTALL}"
    if shutil.which("unshare") is None:
        return "the command unshare is not installed: apt-get install util-linux"
    tried = subprocess.run(  # noqa: S603  a literal
        [*_IN_A_NAMESPACE, "sh", "-c", _NEW_RUN, _NEW_RUN],
        capture_output=True,
        text=True,
        check=False,
    )
    if tried.returncode != 0:
        return f"this system allows no private mount namespace ({tried.stderr.strip()})"
    return None


@contextmanager
def private_pcscd(
    place: Path, *, readers: bool = True, port: int | None = None
) -> Iterator[PrivatePcscd]:
    """Run the service in `place`, with a virtual reader of two slots, or with none.

    The slots listen on `port` and the one after it; on two free ones if None.

    Raises NoPrivatePcscdError if it cannot be run here.
    """
    if lacking := missing():
        raise NoPrivatePcscdError(lacking)
    if len(str(_socket(place))) > _SOCKET_PATH_MAX:
        raise NoPrivatePcscdError(f"{place} is too long a path for a socket; set TMPDIR")
    name, port = f"mynasim {token_hex(4)}", port or _two_free_ports()
    _lay_out(place, name if readers else None, port)
    with (place / "log").open("ab") as log:
        process = subprocess.Popen(  # noqa: S603  a literal
            [*_IN_A_NAMESPACE, "sh", "-c", _SCRIPT, _SCRIPT, place, str(_pcscd())],
            stdout=log,
            stderr=log,
        )
    try:
        _await(_socket(place), process, place / "log")
        slots = (f"{name} 00 00", f"{name} 00 01") if readers else ()
        yield PrivatePcscd(place, slots, port)
    finally:
        process.terminate()
        process.wait(10)


def _pcscd() -> str | None:
    return shutil.which("pcscd", path=_PROGRAMS)


def _socket(place: Path) -> Path:
    return place / "run" / "pcscd.comm"


def _lay_out(place: Path, name: str | None, port: int) -> None:
    for folder in ("run", "readers", "drivers"):
        shutil.rmtree(place / folder, ignore_errors=True)
        (place / folder).mkdir(parents=True)
    shutil.copy(DRIVER, place / "drivers")
    if name is not None:
        (place / "readers" / "virtual").write_text(
            f'FRIENDLYNAME "{name}"\n'
            f"DEVICENAME /dev/null:0x{port:X}\n"
            f"LIBPATH {DRIVERS / DRIVER.name}\n"
            f"CHANNELID 0x{port:X}\n"
        )


def _two_free_ports() -> int:
    """The lower of two free ports side by side."""
    while True:
        with socket.create_server(("0.0.0.0", 0)) as first:  # noqa: S104  where vpcd listens
            port: int = first.getsockname()[1]
            try:
                socket.create_server(("0.0.0.0", port + 1)).close()  # noqa: S104
            except OSError:
                continue
            return port


def _await(
    service: Path, process: "subprocess.Popen[bytes]", log: Path, within: float = _STARTS_WITHIN
) -> None:
    deadline = monotonic() + within
    while not _listens(service):
        if process.poll() is not None or monotonic() > deadline:
            raise NoPrivatePcscdError(f"pcscd did not start: {log.read_text()[-500:]}")
        sleep(0.02)


def _listens(service: Path) -> bool:
    """Whether somebody takes connections there; the file is there a moment before."""
    with socket.socket(socket.AF_UNIX) as client, suppress(OSError):
        client.connect(str(service))
        return True
    return False
