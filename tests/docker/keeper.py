"""Keeps a place that is to a process what a container of compose.yaml would be.

Run by `Box` in namespaces of its own (mounts, network, processes). The root is read-only; the
volumes lie where they would in the container; loopback is the only network. A line of JSON
on standard input is a command; one on standard output says how it went.
"""

import fcntl
import json
import os
import socket
import struct
import subprocess
import sys
from pathlib import Path
from typing import Any

SIOCSIFFLAGS, IFF_UP = 0x8914, 0x1
OWN = {"data", "dev", "proc", "run", "sys", "tmp"}
UNPRIVILEGED = ("setpriv", "--no-new-privs", "--bounding-set=-all", "--inh-caps=-all")


def _mount(*arguments: str | Path) -> None:
    subprocess.run(["mount", *map(str, arguments)], check=True)


def _bind(source: Path, target: Path, *, writable: bool) -> None:
    target.mkdir(parents=True, exist_ok=True)
    _mount("--rbind", source, target)
    if not writable:
        _mount("-o", "remount,bind,ro", target)


def build(root: Path, volumes: list[tuple[str, str, bool]], tmpfs: list[str]) -> None:
    """Lay out the root; (source, target, writable) each volume."""
    _mount("-t", "tmpfs", "tmpfs", root)
    for entry in Path("/").iterdir():
        target = root / entry.name
        if entry.is_symlink():
            target.symlink_to(entry.readlink())
        elif entry.is_dir() and entry.name not in OWN:
            _bind(entry, target, writable=False)
    _bind(Path("/dev"), root / "dev", writable=True)
    if (root / "dev" / "bus").exists():
        _mount("-t", "tmpfs", "tmpfs", root / "dev" / "bus")  # no reader of this machine
    (root / "proc").mkdir()
    _mount("-t", "proc", "proc", root / "proc")
    for source, place, writable in volumes:
        _bind(Path(source), root / place.lstrip("/"), writable=writable)
    for place in tmpfs:
        (root / place.lstrip("/")).mkdir(parents=True, exist_ok=True)
        _mount("-t", "tmpfs", "tmpfs", root / place.lstrip("/"))
    _mount("-o", "remount,ro", root)
    os.chroot(root)
    os.chdir("/")


def raise_loopback() -> None:
    """A new network namespace has it, but down."""
    with socket.socket() as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", IFF_UP))


def obey(order: Any) -> dict[str, object]:
    """Run a command to its end, or leave it running if it stays."""
    command = [*UNPRIVILEGED, *order["command"]]
    environment: dict[str, str] = order["environment"]
    if order["stays"]:
        subprocess.Popen(command, env=environment, stdin=subprocess.DEVNULL, stdout=sys.stderr)
        return {}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    return {"status": done.returncode, "printed": done.stdout + done.stderr}


if __name__ == "__main__":
    plan = json.loads(sys.argv[1])
    raise_loopback()
    build(Path(plan["root"]), plan["volumes"], plan["tmpfs"])
    for line in sys.stdin:
        sys.stdout.write(json.dumps(obey(json.loads(line))) + "\n")
        sys.stdout.flush()
