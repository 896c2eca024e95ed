"""Servers under test, each a process of its own on one core, with the load on another."""

import os
import socket
import subprocess
from collections.abc import Collection, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from time import monotonic, perf_counter, sleep
from types import MappingProxyType

import httpx

from mynaportal_sim.cli.benchmarks.errors import ServerError

START_WITHIN = 30.0  # seconds
STOP_WITHIN = 10.0  # seconds
LOOK_EVERY = 0.005  # seconds
# Not every system lets a process choose its cores.
CORES = sorted(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else []
_TICKS = os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Server:
    """A running server; `started_in` is the seconds until its first page came."""

    port: int
    process: "subprocess.Popen[bytes]" = field(repr=False)
    started_in: float

    @property
    def url(self) -> str:
        return f"http://localhost:{self.port}"

    @property
    def host(self) -> str:
        return f"localhost:{self.port}"

    def cpu_seconds(self) -> float:
        """User and system time of all its threads; 0 where the system does not tell."""
        try:
            stat = Path(f"/proc/{self.process.pid}/stat").read_text()
        except OSError:
            return 0.0
        fields = stat.rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / _TICKS  # utime, stime: proc_pid_stat(5)

    def resident_megabytes(self) -> float:
        """How much memory it occupies now.

        Raises:
            ServerError: the system does not tell.
        """
        try:
            status = Path(f"/proc/{self.process.pid}/status").read_text()
        except OSError:
            raise ServerError("this system does not tell how much memory is used") from None
        kilobytes = next(line for line in status.splitlines() if line.startswith("VmRSS"))
        return int(kilobytes.split()[1]) * 1024 / 1e6


@contextmanager
def serving(
    command: Sequence[str],
    port: int,
    page: str,
    log: Path,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Server]:
    """Run a server until the block ends; it begins when `page` is answered.

    Its environment is this one, without settings, and `variables`.

    Raises:
        ServerError: it ended, or took too long; carries the end of what it wrote.
    """
    began = perf_counter()
    with log.open("wb") as output, on_cores(CORES[:1]):
        process = subprocess.Popen(  # noqa: S603  commands are literals of this package
            command,
            env={**own_environment(), **variables},
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
        )
    try:
        _await(process, f"http://127.0.0.1:{port}{page}", f"localhost:{port}", log)
        yield Server(port, process, perf_counter() - began)
    finally:
        process.terminate()
        try:
            process.wait(STOP_WITHIN)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def own_environment() -> dict[str, str]:
    """The environment without what a person set for portals of their own.

    Without bytecode on the disk, a second start would compile every module as the first did.
    """
    return {
        name: value
        for name, value in os.environ.items()
        if not name.startswith("MYNASIM_") and name != "PYTHONDONTWRITEBYTECODE"
    }


def free_port() -> int:
    """A port that nothing listens on now."""
    with closing(socket.create_server(("127.0.0.1", 0))) as probe:
        port: int = probe.getsockname()[1]
        return port


@contextmanager
def apart() -> Iterator[None]:
    """Leave the first core to the servers, as long as the block lasts."""
    with on_cores(CORES[1:]):
        yield


@contextmanager
def on_cores(cores: Collection[int]) -> Iterator[None]:
    """Run on these cores, and whatever is started in the block too."""
    if len(CORES) < 2:
        yield
        return
    kept = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cores)
    try:
        yield
    finally:
        os.sched_setaffinity(0, kept)


def _await(process: "subprocess.Popen[bytes]", url: str, host: str, log: Path) -> None:
    deadline = monotonic() + START_WITHIN
    with httpx.Client(headers={"Host": host}) as http:
        while process.poll() is None and monotonic() < deadline:
            with suppress(httpx.TransportError):
                if http.get(url, follow_redirects=True).is_success:
                    return
            sleep(LOOK_EVERY)
    said = log.read_text(errors="replace")[-600:]
    raise ServerError(f"{process.args!r} did not answer on {url}: {said}")
