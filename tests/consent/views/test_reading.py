"""What cannot be understood is refused with its path, and nothing else goes wrong."""

from collections.abc import Iterator
from copy import deepcopy
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.errors import NotUnderstoodError
from consent.views.meaning import Understood
from consent.views.reading import Node, last_written, written
from tests.consent.views.kit import FORMATS, HOUR, NOW, PLAIN, Format

JUNK = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats()
    | st.text(max_size=9)
    | st.sampled_from(("0001-01-01", "9999-12-31", "9999-12-31T23:59:59Z", "2026-02-30")),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=5,
)
formats = pytest.mark.parametrize("format_", FORMATS, ids=lambda one: one.name)


def places(node: Any, path: tuple[Any, ...] = ()) -> Iterator[tuple[tuple[Any, ...], Any]]:
    """Every value in a document, and its path."""
    yield path, node
    if isinstance(node, dict | list):
        for key, inner in node.items() if isinstance(node, dict) else enumerate(node):
            yield from places(inner, (*path, key))


def changed(document: Any, path: tuple[Any, ...], value: object) -> Any:
    if not path:
        return value
    document = deepcopy(document)
    inner = document
    for key in path[:-1]:
        inner = inner[key]
    inner[path[-1]] = value
    return document


def outcome(format_: Format, document: object) -> Understood | NotUnderstoodError:
    try:
        return format_.read(document)
    except NotUnderstoodError as refused:
        return refused


@formats
@given(data=st.data())
def test_whatever_stands_somewhere_it_is_understood_or_refused(
    format_: Format, data: st.DataObject
) -> None:
    document = format_.tell(PLAIN)
    path, _ = data.draw(st.sampled_from(list(places(document))))
    read = outcome(format_, changed(document, path, data.draw(JUNK)))
    assert isinstance(read, Understood) or read.path.startswith("$")


@formats
def test_what_is_not_known_is_refused_unless_it_means_nothing(format_: Format) -> None:
    document = format_.tell(PLAIN)
    meant = format_.read(document).terms
    refused = 0
    for path, value in places(document):
        if not isinstance(value, dict):
            continue
        read = outcome(format_, changed(document, path, value | {"onlyIf": "so"}))
        if isinstance(read, Understood):
            assert read.terms == meant
        else:
            assert read.path.endswith(".onlyIf")
            refused += 1
    assert refused


@pytest.mark.parametrize(
    ("said", "first", "after"),
    [
        ("2026-11-23T12:00:00Z", NOW, timedelta(seconds=1)),
        ("2026-11-23T21:00:00+09:00", NOW, timedelta(seconds=1)),
        ("2026-11-23T12:00:00.25Z", NOW + HOUR / 14_400, timedelta(milliseconds=10)),
    ],
)
def test_an_instant_includes_all_that_its_precision_leaves_open(
    said: str, first: datetime, after: timedelta
) -> None:
    assert (Node(said).instant(), Node(said).end()) == (first, first + after)


def test_a_day_is_one_in_japan() -> None:
    begins = datetime(2026, 11, 22, 15, tzinfo=UTC)
    assert Node("2026-11-23").instant() == begins
    assert Node("2026-11-23").end() == begins + 24 * HOUR


@given(st.datetimes(datetime(1900, 1, 1), datetime(2900, 1, 1)))  # noqa: DTZ001  hypothesis wants them so
def test_what_is_written_is_read_as_it_was(naive: datetime) -> None:
    at = naive.replace(tzinfo=UTC)
    assert Node(written(at)).instant() == at
    assert Node(last_written(at)).end() == at
