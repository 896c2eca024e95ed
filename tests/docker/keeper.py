"""Keeps a place that is to a process what a container of compose.yaml would be.

Run by `Box` in namespaces of its own (mounts, network, processes). The root is read-only; the
volumes lie where they would in the container; loopback is the only network. The first line of
JSON on standard input is the service; each one after it is a command, answered by a line.
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


def _fresh(kind: str, target: Path) -> None:
    target.mkdir(parents=True, exist_ok=True)
    _mount("-t", kind, kind, target)


def set_apart() -> None:
    """Keep mounts from spreading; in a chroot / is no mount point, so it is entered anew."""
    private = ("mount", "--make-rprivate", "/")
    if subprocess.run(private, stderr=subprocess.DEVNULL, check=False).returncode:
        _mount("--rbind", "/", "/mnt")
        _mount("--make-rprivate", "/mnt")
        os.chroot("/mnt")
        os.chdir("/")


def build(root: Path, plan: Any) -> None:
    """Lay out the root: this machine's folders, then what the container has of its own."""
    _fresh("tmpfs", root)
    for entry in Path("/").iterdir():
        if entry.is_symlink():
            (root / entry.name).symlink_to(entry.readlink())
        elif entry.is_dir() and entry.name not in OWN:
            _bind(entry, root / entry.name, writable=False)
    _bind(Path("/dev"), root / "dev", writable=True)
    if (root / "dev" / "bus").exists():
        _fresh("tmpfs", root / "dev" / "bus")  # no reader of this machine
    _fresh("proc", root / "proc")
    for source, place, writable in plan["volumes"]:
        _bind(Path(source), root / place.lstrip("/"), writable=writable)
    for place in plan["tmpfs"]:
        _fresh("tmpfs", root / place.lstrip("/"))
    missing = [place for place in plan["needed"] if not (root / place.lstrip("/")).exists()]
    for place in missing:  # a checkout may lie in a folder that the container has of its own
        _bind(Path(place), root / place.lstrip("/"), writable=False)
    _mount("-o", "remount,bind,ro", root)


def raise_loopback() -> None:
    """A new network namespace has it, but down."""
    with socket.socket() as control:
        fcntl.ioctl(control, SIOCSIFFLAGS, struct.pack("16sH22x", b"lo", IFF_UP))


def start(order: Any) -> "subprocess.Popen[bytes]":
    """Run the service; what it prints goes to standard error."""
    return subprocess.Popen(
        [*UNPRIVILEGED, *order["command"]],
        env=order["environment"],
        stdin=subprocess.DEVNULL,
        stdout=sys.stderr,
    )


def run(order: Any) -> dict[str, object]:
    """Run a command beside the service, to its end."""
    done = subprocess.run(
        [*UNPRIVILEGED, *order["command"]],
        env=order["environment"],
        capture_output=True,
        text=True,
        check=False,
    )
    return {"status": done.returncode, "printed": done.stdout + done.stderr}


if __name__ == "__main__":
    plan = json.loads(sys.argv[1])
    raise_loopback()
    set_apart()
    build(Path(plan["root"]), plan)
    os.chroot(plan["root"])
    os.chdir("/")
    service = start(json.loads(sys.stdin.readline()))
    for line in sys.stdin:
        told = {**run(json.loads(line)), "service_ended": service.poll()}
        sys.stdout.write(json.dumps(told) + "\n")
        sys.stdout.flush()
