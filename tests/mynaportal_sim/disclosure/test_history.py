"""A filter takes what it names, and nothing else, however an entry is written."""

import asyncio
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from secrets import token_bytes

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import Connection

from consent.ledger.entry import Entry, Value
from consent.ledger.store import append
from mynaportal_sim.database import Database
from mynaportal_sim.disclosure.event import read
from mynaportal_sim.disclosure.history import SCAN_MAX, Filter, pages, search
from tests.mynaportal_sim.disclosure.kit import BEGIN, HOLDER, logged

apps = st.sampled_from(["a", "ab", 'a"', "あ"])
codes = st.sampled_from(["checkup", "check", "medication"])
kinds = st.sampled_from(["access", "consent", "login"])
days = st.dates(date(2026, 3, 30), date(2026, 4, 3))
instants = st.timedeltas(timedelta(days=-2), timedelta(days=2)).map(lambda late: BEGIN + late)

LATER = BEGIN + timedelta(days=365)


@given(
    kinds,
    instants,
    st.fixed_dictionaries({"app_id": apps, "categories": st.lists(codes, max_size=2)}),
    st.builds(Filter, app=apps, category=codes, kind=kinds, since=days, until=days),
)
def test_each_condition_is_about_the_field_it_names(
    kind: str, at: datetime, said: dict[str, Value], wanted: Filter
) -> None:
    # What the app writes of itself may name anything.
    entry = logged(1, f"{kind}.x", at=at, app_name="checkup ab", **said)
    event, day = read(entry), (at + timedelta(hours=9)).date()
    assert wanted.since
    assert wanted.until
    for asked, fits in (
        (Filter(app=wanted.app), wanted.app == event.app_id),
        (Filter(category=wanted.category), wanted.category in event.categories),
        (Filter(kind=wanted.kind), wanted.kind == kind),
        (Filter(since=wanted.since), day >= wanted.since),
        (Filter(until=wanted.until), day <= wanted.until),
    ):
        assert asked.takes(entry) == fits
        assert not (fits and asked.ended_by(entry))


@pytest.mark.parametrize(
    ("wanted", "taken"),
    [
        pytest.param(Filter(), True, id="everything"),
        pytest.param(Filter(kind="access"), True, id="kind, which the leaf says"),
        pytest.param(Filter(since=BEGIN.date()), True, id="day, which the leaf says"),
        pytest.param(Filter(app="a"), False, id="app, which is gone"),
        pytest.param(Filter(category="checkup"), False, id="category, which is gone"),
    ],
)
def test_of_an_erased_entry_only_the_leaf_is_known(wanted: Filter, taken: bool) -> None:
    entry = logged(1, "access.permitted", app_id="a", categories=["checkup"])
    assert wanted.takes(entry._replace(body=None)) == taken


@pytest.mark.parametrize(
    ("type_", "taken"),
    [
        ("access.permitted", True),
        ("consent.granted", True),
        ("login.accepted", False),
        ("access.without_consent", False),
        ("access.without_consent_refused", False),
        ("review.objected", False),
        ("research.opted_out", False),
    ],
)
def test_who_acts_for_a_person_is_not_shown_what_is_theirs_alone(
    type_: str, taken: bool
) -> None:
    entry = logged(1, type_, categories=["checkup"])
    assert Filter(for_agent=True).takes(entry) == taken
    assert Filter().takes(entry)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    opened = Database(database_url)
    yield opened
    opened.close()


def _fill(connection: Connection, kinds: list[str], at: datetime) -> None:
    for count, kind in enumerate(kinds):
        entry = Entry(f"{kind}.x", {"number": count}, HOLDER)
        append(connection, entry, at, token_bytes)


def test_pages_follow_on_without_gap_or_double(database: Database) -> None:
    database.run(_fill, ["access", "login"] * 60, BEGIN)
    database.run(append, Entry("access.x", {}, b"o" * 32), BEGIN, token_bytes)
    numbers, before = [], None
    while True:
        found = database.run(search, HOLDER, LATER, Filter(kind="access"), 25, before)
        numbers += [event.number("number") for event in found.entries]
        if (before := found.older) is None:
            break
    assert numbers == list(range(118, -1, -2))


def test_a_search_ends_after_so_many_and_says_so(database: Database) -> None:
    database.run(_fill, ["login"] + ["access"] * SCAN_MAX, BEGIN)
    found = database.run(search, HOLDER, LATER, Filter(kind="login"), 25, None)
    assert (found.entries, found.looked) == ([], SCAN_MAX)
    found = database.run(search, HOLDER, LATER, Filter(kind="login"), 25, found.older)
    assert len(found.entries) == 1
    assert found.older is None


def test_what_is_older_than_the_period_is_not_looked_at(database: Database) -> None:
    database.run(_fill, ["login"] * 300, BEGIN)
    database.run(_fill, ["login"] * 3, BEGIN + timedelta(days=9))
    since = BEGIN.date() + timedelta(days=8)
    found = database.run(search, HOLDER, LATER, Filter(since=since), 25, None)
    assert (len(found.entries), found.looked, found.older) == (3, 3, None)


async def _all(database: Database) -> list[int | None]:
    found = pages(database, HOLDER, LATER)
    return [event.number("number") async for page in found for event in page]


@pytest.mark.parametrize("count", [0, 1, 250, 501])
def test_all_entries_come_in_turn(database: Database, count: int) -> None:
    database.run(_fill, ["login"] * count, BEGIN)
    assert asyncio.run(_all(database)) == list(range(count - 1, -1, -1))
