"""Timing calls within this process, by CPU time: on a shared machine it is the steadier."""

from collections.abc import Callable
from statistics import median
from time import process_time
from timeit import Timer

from mynaportal_sim.cli.benchmarks.effort import Effort


def per_second(operation: Callable[[], object], effort: Effort) -> float:
    """How often one core does this in a second: the median of the rounds."""
    count = _calls(operation, effort)
    return median(_round(operation, count) for _ in range(effort.rounds))


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


def _calls(operation: Callable[[], object], effort: Effort) -> int:
    count, took = Timer(operation, timer=process_time).autorange()
    return max(1, round(count * effort.seconds / took))


def _round(operation: Callable[[], object], count: int) -> float:
    return count / Timer(operation, timer=process_time).timeit(count)
