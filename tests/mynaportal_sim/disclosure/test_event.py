"""An entry as its reader sees it says what was logged, and no more than the reader may see."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.ledger.entry import Entry, Logged, Value, seal
from consent.ledger.errors import MalformedError
from mynaportal_sim.disclosure.event import Event, head, read

NOW = datetime(2026, 11, 26, 21, 4, 5, tzinfo=UTC)
HOLDER = b"h" * 32

names = st.from_regex(r"[a-z_]{1,12}", fullmatch=True).filter(
    lambda name: name not in {"at", "holder"}
)
values = st.one_of(st.text(), st.integers(-(2**53) + 1, 2**53 - 1), st.lists(st.text()))


def logged(fields: dict[str, Value], type_: str = "access.permitted") -> Logged:
    leaf, body = seal(Entry(type_, fields, HOLDER), NOW, bytes)
    return Logged(7, 3, leaf, body, HOLDER)


@given(st.dictionaries(names, values, max_size=8))
def test_what_was_logged_is_read(fields: dict[str, Value]) -> None:
    event = read(logged(fields))
    assert event.said == fields | {"at": "2026-11-26T21:04:05Z"}
    assert (event.id, event.position, event.at, event.erased) == (7, 3, NOW, False)


@given(
    st.dictionaries(names, values, max_size=4), st.from_regex(r"[a-z_.]{1,64}", fullmatch=True)
)
def test_type_and_minute_are_read_from_the_end_of_any_leaf(
    fields: dict[str, Value], type_: str
) -> None:
    assert head(logged(fields, type_).leaf) == (type_, NOW.replace(second=0))


def test_fields_named_like_the_leafs_own_mislead_nobody() -> None:
    of_the_leaf = logged({"minute": "x", "type": "y", "v": 9}).leaf
    assert head(of_the_leaf) == ("access.permitted", NOW.replace(second=0))


def test_an_erased_entry_keeps_its_type_and_minute_and_says_nothing() -> None:
    event = read(logged({"app_id": "a", "categories": ["checkup"]})._replace(body=None))
    assert event.erased
    assert event.at == NOW.replace(second=0)
    assert (event.app_id, event.categories, event.consent, event.count) == ("", (), None, None)


def test_a_reader_sees_nothing_that_is_shut_to_them() -> None:
    event = read(logged({"app_id": "a", "channel": "soft"}), shut={"channel"})
    assert set(event.said) == {"app_id", "at"}


@pytest.mark.parametrize(
    ("fields", "name", "read_as"),
    [
        pytest.param({"supervisor": "  "}, "supervisor", "", id="blank supervisor"),
        pytest.param({"app_id": "a"}, "app_name", "a", id="an app without a name"),
        pytest.param({"count": "many"}, "count", None, id="no number"),
        pytest.param({"categories": "checkup"}, "categories", (), id="no list"),
        pytest.param({"arrangement": "a"}, "consent", None, id="half a consent"),
        pytest.param({"reason": ["r"]}, "reason", "", id="no text"),
    ],
)
def test_what_is_not_as_it_should_be_is_as_if_absent(
    fields: dict[str, Value], name: str, read_as: object
) -> None:
    assert getattr(read(logged(fields)), name) == read_as


def test_instants_are_read_in_utc_and_others_are_none() -> None:
    event = read(logged({"valid_from": "2026-11-26T21:00:00Z", "valid_until": "soon"}))
    assert event.instant("valid_from") == datetime(2026, 11, 26, 21, tzinfo=UTC)
    assert event.instant("valid_until") is None


@pytest.mark.parametrize("body", [b"", b"[]", b'{"fields":[]}', b'{"fields":{"at":1}}'])
def test_a_damaged_body_is_told(body: bytes) -> None:
    with pytest.raises(MalformedError):
        read(logged({})._replace(body=body))


@pytest.mark.parametrize("leaf", [b"", b"{}", b'{"minute":"2026-11-26T21:04Z"}'])
def test_a_damaged_leaf_is_told(leaf: bytes) -> None:
    with pytest.raises(MalformedError):
        head(leaf)


def test_an_event_is_equal_by_what_it_says() -> None:
    assert read(logged({"app_id": "a"})) == read(logged({"app_id": "a"}))
    assert Event(1, None, "login.accepted", NOW).kind == "login"
