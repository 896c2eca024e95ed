"""The token bucket of each client address."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynaportal_sim.login.limit import ADDRESSES_MAX, RateLimit, subscriber

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)


def test_one_address_does_not_slow_another() -> None:
    limit = RateLimit(burst=1, per_second=1)
    assert limit.take("a", NOW) == 0
    assert limit.take("a", NOW) == 1
    assert limit.take("b", NOW) == 0


@given(
    st.integers(1, 5),
    st.floats(0.1, 10),
    st.lists(st.floats(0, 5), max_size=60),
)
def test_never_more_than_the_burst_and_what_has_flowed_in(
    burst: int, per_second: float, pauses: list[float]
) -> None:
    limit, now, granted = RateLimit(burst, per_second), NOW, 0
    for pause in pauses:
        now += timedelta(seconds=pause)
        wait = limit.take("a", now)
        granted += wait == 0
        elapsed = (now - NOW).total_seconds()
        assert granted <= burst + elapsed * per_second + 1e-6


@given(st.integers(1, 3), st.floats(0.1, 10))
def test_who_waits_as_long_as_told_is_let_in(burst: int, per_second: float) -> None:
    limit = RateLimit(burst, per_second)
    waits = [limit.take("a", NOW) for _ in range(burst + 1)]
    assert waits[:-1] == [0] * burst
    assert limit.take("a", NOW + timedelta(seconds=waits[-1])) == 0


def test_the_longest_unseen_address_is_forgotten_in_a_flood() -> None:
    limit = RateLimit(burst=1)
    assert limit.take("first", NOW) == 0
    assert all(limit.take(str(number), NOW) == 0 for number in range(ADDRESSES_MAX))
    assert limit.take("first", NOW) == 0
    assert limit.take(str(ADDRESSES_MAX - 1), NOW) > 0


@pytest.mark.parametrize(
    ("one", "another", "same"),
    [
        pytest.param("2001:db8::1", "2001:db8::ffff:2", True, id="one network of IPv6"),
        pytest.param("2001:db8::1", "2001:db8:0:1::1", False, id="two networks of IPv6"),
        pytest.param("192.0.2.1", "192.0.2.2", False, id="two addresses of IPv4"),
        pytest.param("192.0.2.1", "::ffff:192.0.2.1", True, id="IPv4 within IPv6"),
        pytest.param("/run/portal.sock", "/run/portal.sock", True, id="no address"),
    ],
)
def test_who_has_a_network_counts_once(one: str, another: str, same: bool) -> None:
    assert (subscriber(one) == subscriber(another)) is same
