"""Timing calls within this process.

By CPU time where all the work is done here: on a shared machine it is the steadier.
"""

from collections.abc import Callable
from statistics import median
from time import process_time
from timeit import Timer

from mynaportal_sim.cli.benchmarks.effort import Effort


def per_second(
    operation: Callable[[], object],
    effort: Effort,
    timer: Callable[[], float] = process_time,
) -> float:
    """How often this is done in a second of `timer`: the median of the rounds."""
    count = _calls(operation, effort, timer)
    return median(_round(operation, count, timer) for _ in range(effort.rounds))


def beside(
    ours: Callable[[], object], peers: Callable[[], object], effort: Effort
) -> tuple[float, float, float]:
    """Both per second and the ratio of ours to the peer's: medians of rounds taken in turn."""
    count = _calls(peers, effort)
    rounds = [(_round(ours, count), _round(peers, count)) for _ in range(effort.rounds)]
    return (
        median(our for our, _ in rounds),
        median(peer for _, peer in rounds),
        median(our / peer for our, peer in rounds),
    )


def _calls(
    operation: Callable[[], object],
    effort: Effort,
    timer: Callable[[], float] = process_time,
) -> int:
    count, took = Timer(operation, timer=timer).autorange()
    return max(1, round(count * effort.seconds / took))


def _round(
    operation: Callable[[], object], count: int, timer: Callable[[], float] = process_time
) -> float:
    return count / Timer(operation, timer=timer).timeit(count)
