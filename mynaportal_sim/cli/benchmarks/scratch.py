"""Packages that only a measurement needs, in an environment that is thrown away."""

import shutil
import subprocess
import sys
from pathlib import Path

from mynaportal_sim.cli.benchmarks.errors import NoPeerError

SOURCES = Path(__file__).parents[3] / "tests" / "bench"
INSTALL_WITHIN = 120  # seconds


def installed(directory: Path, peer: str) -> Path:
    """A Python in `directory` that has what the lock of this peer names.

    Raises:
        NoPeerError: it cannot be installed.
    """
    lock = SOURCES / peer / "requirements.lock"
    if not lock.is_file():
        raise NoPeerError("its files are in the project's checkout only")
    python, uv = directory / "bin" / "python", shutil.which("uv")
    wanted = ("--require-hashes", "--no-deps", "-r", str(lock))
    if uv is not None:
        _run(peer, uv, "venv", "-q", "--python", sys.executable, str(directory))
        _run(peer, uv, "pip", "install", "-q", "--python", str(python), *wanted)
    else:
        _run(peer, sys.executable, "-m", "venv", str(directory))
        quietly = ("-q", "--disable-pip-version-check", "--no-input")
        _run(peer, str(python), "-m", "pip", "install", *quietly, *wanted)
    return python


def _run(peer: str, *command: str) -> None:
    try:
        done = subprocess.run(  # noqa: S603  a literal
            command, capture_output=True, text=True, timeout=INSTALL_WITHIN, check=False
        )
    except subprocess.TimeoutExpired:
        raise NoPeerError(f"installing {peer} took too long") from None
    if done.returncode != 0:
        said = (done.stderr or done.stdout).strip()
        raise NoPeerError(f"{peer} cannot be installed: {said[-300:]}")
