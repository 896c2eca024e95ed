import json
from datetime import UTC, datetime, timedelta, timezone
from os import urandom
from pathlib import Path
from typing import Any

import pytest
import rfc8785
from hypothesis import given
from hypothesis import strategies as st

from consent.ledger.entry import (
    Entry,
    Opening,
    canonical,
    instant,
    misfit,
    read_body,
    read_leaf,
    seal,
)
from consent.ledger.errors import MalformedError, UnloggableError
from consent.ledger.merkle import leaf_hash

VECTORS = Path(__file__).parents[2] / "vectors" / "ledger-leaf.json"
CASES = json.loads(VECTORS.read_text())["cases"]
NOW = datetime(2026, 11, 23, 18, 29, 59, 999_999, tzinfo=UTC)

values = st.one_of(
    st.text(), st.integers(-(2**53) + 1, 2**53 - 1), st.lists(st.text(), max_size=3)
)
names = st.from_regex(r"[A-Za-z_][A-Za-z0-9_]{0,8}", fullmatch=True).filter(
    lambda name: name not in {"at", "holder"}
)
entries = st.builds(
    Entry,
    type=st.text(),
    fields=st.dictionaries(names, values, max_size=6),
    holder=st.none() | st.binary(min_size=32, max_size=32),
)


@pytest.mark.parametrize("case", [pytest.param(case, id=case["id"]) for case in CASES])
def test_leaf_and_body_have_the_bytes_that_were_settled(case: dict[str, Any]) -> None:
    holder = case["holder"] and bytes.fromhex(case["holder"])
    sealed = seal(
        Entry(case["type"], case["fields"], holder),
        datetime.fromisoformat(case["instant"]),
        lambda _: bytes.fromhex(case["randomness"]),
    )
    assert sealed.leaf.decode() == case["leaf"]
    assert sealed.body.decode() == case["body"]
    assert leaf_hash(sealed.leaf).hex() == case["leaf_hash"]


@given(entries)
def test_whatever_is_sealed_is_canonical_and_reads_back(entry: Entry) -> None:
    sealed = seal(entry, NOW, urandom)
    assert sealed.leaf == rfc8785.dumps(json.loads(sealed.leaf))
    assert sealed.body == rfc8785.dumps(json.loads(sealed.body))
    leaf, openings = read_leaf(sealed.leaf), read_body(sealed.body)
    assert leaf.type == entry.type
    assert leaf.minute == NOW.replace(second=0, microsecond=0)
    assert instant(openings) == NOW.replace(microsecond=0)
    assert {name: openings[name].value for name in entry.fields} == entry.fields
    assert leaf.commitments.keys() == openings.keys()
    assert misfit(leaf, openings) is None


@given(values)
def test_our_json_of_a_value_is_rfc_8785(value: str | int | list[str]) -> None:
    assert canonical(value).encode() == rfc8785.dumps(value)


@given(entries.filter(lambda entry: entry.fields), st.data())
def test_a_changed_field_is_named(entry: Entry, data: st.DataObject) -> None:
    sealed = seal(entry, NOW, urandom)
    openings = read_body(sealed.body)
    name = data.draw(st.sampled_from(sorted(entry.fields)))
    other = data.draw(
        values.filter(lambda value: canonical(value) != canonical(entry.fields[name]))
    )
    changed = {**openings, name: Opening(openings[name].salt, other)}
    assert misfit(read_leaf(sealed.leaf), changed) == name


def test_an_opening_does_not_fit_under_another_name() -> None:
    sealed = seal(Entry("x", {"app": "a", "org": "a"}), NOW, urandom)
    openings = read_body(sealed.body)
    assert misfit(read_leaf(sealed.leaf), {"org": openings["app"]}) == "org"
    assert misfit(read_leaf(sealed.leaf), {"other": openings["app"]}) == "other"
    lone = openings["app"]._replace(value="\ud800")
    assert misfit(read_leaf(sealed.leaf), {"app": lone}) == "app"


def test_the_same_entry_never_makes_the_same_commitment() -> None:
    entry = Entry("x", {"app": "a"})
    first, second = (read_leaf(seal(entry, NOW, urandom).leaf) for _ in range(2))
    assert not set(first.commitments.values()) & set(second.commitments.values())


def test_instants_are_logged_in_utc() -> None:
    in_tokyo = NOW.astimezone(timezone(timedelta(hours=9)))
    sealed = seal(Entry("x", {}), in_tokyo, urandom)
    assert read_leaf(sealed.leaf).minute == datetime(2026, 11, 23, 18, 29, tzinfo=UTC)
    assert instant(read_body(sealed.body)) == datetime(2026, 11, 23, 18, 29, 59, tzinfo=UTC)


@pytest.mark.parametrize(
    "fields",
    [
        pytest.param({"at": "now"}, id="the ledger's own at"),
        pytest.param({"holder": "me"}, id="the ledger's own holder"),
        pytest.param({"名": "x"}, id="name beyond ASCII"),
        pytest.param({'a"b': "x"}, id="name with a quote"),
        pytest.param({"": "x"}, id="empty name"),
        pytest.param({"n": 2**53}, id="integer beyond JSON"),
        pytest.param({"s": "\ud800"}, id="lone surrogate"),
        pytest.param({"l": ["ok", "\udfff"]}, id="lone surrogate in a list"),
        pytest.param({f"f{n}": "" for n in range(1300)}, id="leaf over 65,535 bytes"),
    ],
)
def test_what_a_leaf_cannot_hold_is_refused(fields: dict[str, str | int | list[str]]) -> None:
    with pytest.raises(UnloggableError):
        seal(Entry("x", fields), NOW, urandom)


GOOD_LEAF = CASES[0]["leaf"].encode()


@pytest.mark.parametrize(
    "leaf",
    [
        pytest.param(GOOD_LEAF.replace(b'"v":1', b'"v":2'), id="another version"),
        pytest.param(GOOD_LEAF.replace(b'"v":1', b'"v":true'), id="version true"),
        pytest.param(GOOD_LEAF.replace(b'"app.registered"', b"[]"), id="type is a list"),
        pytest.param(GOOD_LEAF.replace(b"app.reg", b"\\ud800"), id="lone surrogate"),
        pytest.param(GOOD_LEAF.replace(b'"v":1', b'"v":1.0'), id="not canonical"),
        pytest.param(GOOD_LEAF + b" ", id="trailing space"),
        pytest.param(GOOD_LEAF.replace(b'"v":1', b'"v":1,"w":1'), id="more members"),
        pytest.param(GOOD_LEAF.replace(b"2026-", b"2026/"), id="no time"),
        pytest.param(b"[" * 100_000, id="deep nesting"),
        pytest.param(b"null", id="null"),
        pytest.param(b"[]", id="list"),
        pytest.param(b"\xff", id="not UTF-8"),
    ],
)
def test_what_is_no_leaf_is_refused(leaf: bytes) -> None:
    with pytest.raises(MalformedError):
        read_leaf(leaf)


@pytest.mark.parametrize("value", ["true", "null", "1.5", "{}", "[1]", "9" * 5000])
def test_what_no_value_can_be_is_no_body(value: str) -> None:
    salt = "A" * 22
    with pytest.raises(MalformedError):
        read_body(f'{{"fields":{{"a":{{"salt":"{salt}","value":{value}}}}}}}'.encode())


json_values = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)
openings_like = st.dictionaries(
    names, st.fixed_dictionaries({"salt": json_values, "value": json_values})
)


@given(
    st.binary()
    | st.builds(lambda fields: json.dumps({"fields": fields}).encode(), openings_like)
)
def test_any_bytes_are_a_body_or_refused(data: bytes) -> None:
    try:
        openings = read_body(data)
    except MalformedError:
        return
    assert all(len(opening.salt) == 16 for opening in openings.values())


@given(st.binary())
def test_any_bytes_are_a_leaf_or_refused(data: bytes) -> None:
    try:
        leaf = read_leaf(data)
    except MalformedError:
        return
    assert leaf.minute.tzinfo is UTC
