"""The peer of the Merkle tree: PyPI's pymerkle, in a process and an environment of its own.

It is under the GPL, so nothing of the product imports it: it is installed for one run, into a
directory that is thrown away, and driven through a pipe.
"""

import json
import subprocess
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import IO, NamedTuple, cast

from mynaportal_sim.cli.benchmarks.errors import BenchError
from mynaportal_sim.cli.benchmarks.scratch import SOURCES, installed
from mynaportal_sim.cli.benchmarks.server import own_environment

PEER = "pymerkle"


class Lap(NamedTuple):
    """Seconds that a task took, of the processor and on the wall clock, and what came of it."""

    cpu: float
    wall: float
    found: object


class MerklePeer:
    """A running process that has the leaves, and a tree of each kind once that is grown."""

    def __init__(self, orders: IO[str], answers: IO[str], log: Path) -> None:
        self._orders = orders
        self._answers = answers
        self._log = log

    def grow(self, store: str, batch: int) -> Lap:
        """Put the leaves into a new tree in `memory` or `sqlite`; finds each batch's root."""
        return self._ask({"do": "grow", "store": store, "batch": batch})

    def prove(self, store: str, positions: Sequence[int]) -> Lap:
        """Prove these leaves in the tree that has grown there; finds the hashes for each."""
        return self._ask({"do": "prove", "store": store, "positions": positions})

    def _ask(self, order: Mapping[str, object]) -> Lap:
        try:
            print(json.dumps(order), file=self._orders, flush=True)
            answer = self._answers.readline()
        except BrokenPipeError:
            answer = ""
        if not answer:
            said = self._log.read_text(errors="replace")[-600:]
            raise BenchError(f"pymerkle ended: {said}")
        return Lap(**json.loads(answer))


@contextmanager
def running(directory: Path, leaves: Path, length: int) -> Iterator[MerklePeer]:
    """The peer with the leaves of a file, `length` bytes each; it writes into `directory`.

    Raises:
        NoPeerError: it cannot be installed.
    """
    directory.mkdir()
    python, log = installed(directory / "environment", PEER), directory / "log"
    command = (str(python), "-I", str(SOURCES / PEER / "peer.py"), str(leaves), str(length))
    with (
        log.open("wb") as errors,
        subprocess.Popen(  # noqa: S603  a literal
            (*command, str(directory)),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=errors,
            env=own_environment(),
            text=True,
        ) as process,
    ):
        try:
            orders, answers = cast(IO[str], process.stdin), cast(IO[str], process.stdout)
            yield MerklePeer(orders, answers, log)
        finally:
            process.terminate()
