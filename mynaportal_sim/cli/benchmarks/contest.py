"""Portal and peer under the same load, in turn, so that the machine's moods meet both.

What is compared is the CPU time that an answer costs the server's process, all threads of it:
it stays what it is when something else takes the core for a while, as the wall clock does not.
"""

from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from statistics import median
from typing import NamedTuple

from mynaportal_sim.cli.benchmarks.contender import Contender
from mynaportal_sim.cli.benchmarks.load import SUCCESS, Burst, Feed, each_once, fire
from mynaportal_sim.cli.benchmarks.rig import Rig
from mynaportal_sim.cli.benchmarks.row import Figure
from mynaportal_sim.cli.benchmarks.server import Server

BUSY = 0.9  # from this share of the time on, the load generator may be what is measured
WARM_UP = 200  # requests, so that the peer's compiler has done with what they run through

Requests = Callable[[Contender, int], list[bytes]]
"""Makes so many requests; each is signed before the clock starts."""


class Round(NamedTuple):
    """A burst, and the CPU seconds that the server spent on it; 0 where nobody can tell."""

    burst: Burst
    cpu: float

    @property
    def per_core(self) -> float:
        """Answers per second of CPU time, or else per second on the wall clock."""
        return len(self.burst.latencies) / self.cpu if self.cpu else self.burst.rate


@dataclass
class Tally:
    """What one server's rounds came to; each property is the median of the rounds."""

    server: Server
    rounds: list[Round] = field(default_factory=list)

    def measure(self, feed: Feed, accepted: Collection[int] = SUCCESS) -> None:
        """Fire one burst at the server and count its CPU time."""
        before = self.server.cpu_seconds()
        burst = fire(self.server.port, feed, accepted)
        self.rounds.append(Round(burst, self.server.cpu_seconds() - before))

    @property
    def per_core(self) -> float:
        """Answers per second and core."""
        return median(one.per_core for one in self.rounds)

    def percentile(self, percent: int) -> float:
        """A latency in milliseconds."""
        return median(one.burst.percentile(percent) for one in self.rounds)

    @property
    def note(self) -> str:
        """What the rate does not say."""
        wall = median(one.burst.rate for one in self.rounds)
        said = (
            f"{1e6 / self.per_core:,.0f} µs CPU each, {wall:,.0f}/s on the wall clock, "
            f"p50 {self.percentile(50):.1f} ms, p99 {self.percentile(99):.1f} ms"
        )
        if max(one.burst.busy for one in self.rounds) > BUSY:
            said += "; the load generator was at its limit"
        return said


def contest(rig: Rig, make: Requests, count: int) -> Figure:
    """Answers per second and core of the portal and, where it runs, of its peer.

    Args:
        count: requests in a round of one second.
    """
    rivals = [one for one in (rig.portal, rig.peer) if one is not None]
    tallies = [Tally(one.server) for one in rivals]
    for one in rivals:
        fire(one.server.port, _signed(one, make, WARM_UP))
    for _ in range(rig.effort.rounds):
        for one, tally in zip(rivals, tallies, strict=True):
            tally.measure(_signed(one, make, round(count * rig.effort.seconds)))
    ours, *others = tallies
    if not others:
        return Figure(ours.per_core, f"{ours.note}; peer not measured: {rig.no_peer}")
    [peer] = others
    rounds = zip(ours.rounds, peer.rounds, strict=True)
    ratio = median(our.per_core / other.per_core for our, other in rounds)
    return Figure(ours.per_core, f"{ours.note}; peer: {peer.note}", peer.per_core, ratio)


def alike(make: Callable[[Contender], bytes]) -> Requests:
    """Requests that need nothing prepared but themselves."""
    return lambda one, count: [make(one) for _ in range(count)]


def _signed(one: Contender, make: Requests, count: int) -> Feed:
    return each_once(make(one, count))
