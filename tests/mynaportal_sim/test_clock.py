"""The clock only goes forward, to an end, and says when nobody knows how far it went."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import sleep

import pytest

from mynaportal_sim.clock import LATEST, LOOK_EVERY, Clock, ClockError

DAY = timedelta(days=1)
NO_SPANS: tuple[object, ...] = ("x", None, [], 1e99, float("nan"), -1, 1e10)


def _real_now() -> datetime:
    return Clock().now()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "clock.json"


def test_a_jump_is_seen_by_every_clock_on_the_file(path: Path) -> None:
    first, second = Clock(path), Clock(path)
    before = second.now()
    assert first.forward(DAY) >= before + DAY
    sleep(2 * LOOK_EVERY)
    assert second.offset == DAY
    second.forward(DAY)
    sleep(2 * LOOK_EVERY)
    assert Clock(path).offset == first.offset == 2 * DAY


def test_a_clock_without_a_file_follows_real_time(path: Path) -> None:
    assert Clock(path).offset == Clock().offset == timedelta()
    assert Clock().now().tzinfo is UTC
    with pytest.raises(ClockError, match="real time"):
        Clock().forward(DAY)


def test_a_clock_goes_to_its_end_and_no_further(path: Path) -> None:
    clock = Clock(path)
    almost = LATEST - _real_now() - timedelta(minutes=1)
    assert clock.forward(almost) < LATEST
    with pytest.raises(ClockError, match=f"year {LATEST.year - 1}"):
        clock.forward(timedelta(minutes=1))
    assert clock.offset == Clock(path).offset == almost


@pytest.mark.parametrize(
    ("by", "said"),
    [
        pytest.param(-timedelta.resolution, "only goes forward", id="back"),
        pytest.param(timedelta.min, "only goes forward", id="back for ever"),
        pytest.param(timedelta(weeks=999999), "year 2199", id="beyond datetime"),
        pytest.param(timedelta.max, "year 2199", id="beyond timedelta"),
    ],
)
def test_a_refused_jump_leaves_the_clock_as_it_was(
    path: Path, by: timedelta, said: str
) -> None:
    Clock(path).forward(DAY)
    kept = path.read_bytes()
    with pytest.raises(ClockError, match=said):
        Clock(path).forward(by)
    assert path.read_bytes() == kept


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"", id="empty"),
        pytest.param(b"\xff", id="no UTF-8"),
        pytest.param(b"[" * 100_000, id="nested deeply"),
        pytest.param(b"[1]", id="no object"),
        pytest.param(b"{}", id="no such member"),
        *(
            pytest.param(json.dumps({"ahead_seconds": value}).encode(), id=repr(value))
            for value in NO_SPANS
        ),
    ],
)
def test_a_damaged_file_is_named(path: Path, content: bytes) -> None:
    path.write_bytes(content)
    for use in (Clock(path).now, lambda: Clock(path).forward(DAY)):
        with pytest.raises(ClockError, match=f"{path} does not say"):
            use()
    assert path.read_bytes() == content
