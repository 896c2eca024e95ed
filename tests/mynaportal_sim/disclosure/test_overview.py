"""The sums are what one would count by hand, however the entries are cut into pages."""

from collections import Counter
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynaportal_sim.disclosure.event import Event
from mynaportal_sim.disclosure.overview import Bar, Overview, Span
from tests.mynaportal_sim.disclosure.kit import BEGIN, event

apps = st.sampled_from(["a", "b", "c"])
types = st.sampled_from(
    ["access.permitted", "access.refused", "consent.granted", "consent.denied", "token.issued"]
)
steps = st.tuples(
    types, apps, st.sets(st.sampled_from(["checkup", "medication"])), st.integers(0, 9)
)


def _events(happened: list[tuple[str, str, set[str], int]]) -> list[Event]:
    return [
        event(
            id_,
            type_,
            app_id=app,
            app_name=app.upper(),
            categories=sorted(categories),
            count=count,
            arrangement="r",
            consent_version=f"v{count}",
        )
        for id_, (type_, app, categories, count) in enumerate(happened, 1)
    ]


def _summed(events: list[Event], cut: int = 1_000) -> Overview:
    summed, newest_first = Overview(), events[::-1]
    for begin in range(0, len(newest_first), cut):
        summed.add(newest_first[begin : begin + cut])
    return summed


@given(st.lists(steps, max_size=30), st.integers(1, 7))
def test_each_app_is_summed_as_by_hand(
    happened: list[tuple[str, str, set[str], int]], cut: int
) -> None:
    events = _events(happened)
    summed = _summed(events, cut)
    assert summed.entries == len(events)
    for app in [*summed.apps, *summed.refused_only]:
        own = [one for one in events if one.app_id == app.id]
        got = [one for one in own if one.type == "access.permitted"]
        assert app.name == app.id.upper()
        assert app.accesses == len(got)
        assert app.records == sum(one.count or 0 for one in got)
        assert app.refused == sum(one.type == "access.refused" for one in own)
        assert app.categories == Counter(code for one in got for code in one.categories)
        assert (app.first, app.last) == ((got[0].at, got[-1].at) if got else (None, None))
    assert {app.id for app in summed.apps} == {
        one.app_id for one in events if one.type in {"access.permitted", "consent.granted"}
    }


@given(st.lists(steps, max_size=30))
def test_each_kind_of_data_names_who_got_it(
    happened: list[tuple[str, str, set[str], int]],
) -> None:
    events = _events(happened)
    for code, receipts in _summed(events).categories.items():
        lasts = [receipt.last for receipt in receipts]
        assert lasts == sorted(lasts, reverse=True)
        for receipt in receipts:
            got = [
                one.at
                for one in events
                if one.type == "access.permitted"
                and one.app_id == receipt.app_id
                and code in one.categories
            ]
            assert (receipt.accesses, receipt.last) == (len(got), got[-1])


@given(st.lists(steps, max_size=30), st.sampled_from(Span))
def test_bars_hold_each_access_of_their_time_once(
    happened: list[tuple[str, str, set[str], int]], span: Span
) -> None:
    events = _events(happened)
    bars = _summed(events).bars(span, date(2026, 4, 30), 12)
    types = Counter(one.type for one in events)
    assert sum(bar.permitted for bar in bars) == types["access.permitted"]
    assert sum(bar.refused for bar in bars) == types["access.refused"]


@pytest.mark.parametrize(
    ("span", "begins"),
    [
        pytest.param(
            Span.MONTH, [date(2025, 12, 1), date(2026, 1, 1), date(2026, 2, 1)], id="month"
        ),
        pytest.param(
            Span.WEEK, [date(2026, 2, 9), date(2026, 2, 16), date(2026, 2, 23)], id="week"
        ),
    ],
)
def test_bars_end_today_and_leave_no_gap(span: Span, begins: list[date]) -> None:
    assert _summed([]).bars(span, date(2026, 2, 28), 3) == [
        Bar(begin, 0, 0) for begin in begins
    ]


def test_a_day_is_one_of_japan() -> None:
    at = datetime(2026, 3, 31, 15, tzinfo=UTC)
    events = [event(1, "access.permitted", at=at - timedelta(seconds=1), app_id="a")]
    events.append(event(2, "access.permitted", at=at, app_id="a"))
    assert _summed(events).bars(Span.MONTH, date(2026, 4, 1), 2) == [
        Bar(date(2026, 3, 1), 1, 0),
        Bar(date(2026, 4, 1), 1, 0),
    ]


def test_a_consent_is_named_with_when_it_was_given() -> None:
    given_by: dict[str, Any] = {"app_id": "a", "arrangement": "r", "consent_version": "v"}
    events = [event(id_, "access.permitted", **given_by) for id_ in (2, 3)]
    [app] = _summed([event(1, "consent.granted", **given_by), *events]).apps
    assert app.consents == {("r", "v"): BEGIN + timedelta(hours=1)}


def test_what_is_about_no_app_or_erased_counts_as_an_entry_only() -> None:
    erased = Event(2, 1, "access.permitted", BEGIN, erased=True)
    summed = _summed([event(1, "login.accepted"), erased])
    assert (summed.entries, summed.apps, summed.categories) == (2, [], {})
