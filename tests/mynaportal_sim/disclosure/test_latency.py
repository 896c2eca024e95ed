"""How long something was still to be had after a consent was taken back, by the entries."""

from datetime import UTC, datetime, timedelta

import pytest

from mynaportal_sim.disclosure.event import Event
from mynaportal_sim.disclosure.latency import Latency, Meter, Summary

NOON = datetime(2026, 11, 24, 12, 0, tzinfo=UTC)
GOT, TRIED, KEY, OUT = (
    "access.permitted",
    "access.refused",
    "token.refused",
    "consent.withdrawn",
)
Step = tuple[str, int, str]


def measured(*steps: Step) -> list[tuple[str, int, int | None]]:
    """What is measured of steps in the log's order: type, second, version."""
    meter = Meter()
    events = [
        Event(
            number,
            number,
            type_,
            NOON + timedelta(seconds=second),
            said={"app_id": "app-1", "consent_version": version},
        )
        for number, (type_, second, version) in enumerate(steps)
    ]
    meter.see(reversed(events))
    return [(one.version_id, one.last, one.refused) for one in reversed(meter.found)]


@pytest.mark.parametrize(
    ("steps", "found"),
    [
        pytest.param([(GOT, 0, "a"), (OUT, 9, "a")], [("a", 0, None)], id="nobody tried"),
        pytest.param(
            [(GOT, 0, "a"), (OUT, 9, "a"), (TRIED, 12, "a"), (TRIED, 15, "a")],
            [("a", 0, 3)],
            id="the first try",
        ),
        pytest.param([(OUT, 9, "a"), (KEY, 10, "a")], [("a", 0, 1)], id="a key refused"),
        pytest.param(
            [(OUT, 9, "a"), (GOT, 11, "a"), (GOT, 14, "a"), (TRIED, 15, "a")],
            [("a", 5, 6)],
            id="too late",
        ),
        pytest.param([(OUT, 9, "a"), (GOT, 8, "a")], [("a", 0, None)], id="begun before"),
        pytest.param([(TRIED, 0, "a"), (OUT, 9, "a")], [("a", 0, None)], id="refused before"),
        pytest.param(
            [(OUT, 1, "a"), (GOT, 5, "b"), (OUT, 6, "b"), (TRIED, 8, "a")],
            [("a", 0, 7), ("b", 0, None)],
            id="each by its own version",
        ),
        pytest.param([("consent.granted", 1, "b"), (GOT, 2, "a")], [], id="replaced"),
    ],
)
def test_it_is_measured_from_the_end_to_the_last_access(
    steps: list[Step], found: list[tuple[str, int, int | None]]
) -> None:
    assert measured(*steps) == found


def test_a_summary_says_how_many_and_how_long() -> None:
    found = [Latency("app-1", "n", str(n), NOON, n if n > 90 else 0, 1) for n in range(1, 101)]
    assert Summary.of(found) == Summary(100, 10, 100, p50=0, p99=99, longest=100)
    assert Summary.of([]) == Summary(0, 0, 0, 0, 0, 0)
