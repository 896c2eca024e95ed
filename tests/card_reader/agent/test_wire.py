"""What a page sends, and what a reader tells, is read or refused, whatever the bytes are."""

import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from card_reader.agent.guard import Request
from card_reader.agent.wire import CHALLENGE, OPERATION, PAIR, Shape, read
from card_reader.client.login_token import login_token
from card_reader.errors import MalformedDataError
from card_reader.pinpad import features
from mynaportal_sim.login import challenge as portals
from mynaportal_sim.login.challenge import Channel
from mynaportal_sim.login.refusal import Refusal
from mynaportal_sim.login.token import parse
from tests.card_reader.agent.kit import CHALLENGE as GOOD
from tests.card_reader.agent.kit import LOGIN

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=8,
)


@given(st.binary() | VALUES.map(lambda value: json.dumps(value).encode()))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    for shape in (CHALLENGE, OPERATION, PAIR):
        assert read(body, shape) is None or isinstance(read(body, shape), dict)


@given(st.sampled_from(sorted(GOOD)), VALUES)
def test_no_field_of_a_challenge_takes_just_anything(name: str, value: object) -> None:
    changed = json.dumps({**GOOD, name: value}).encode()
    assert read(changed, CHALLENGE) is None or value == GOOD[name] or isinstance(value, str)


@pytest.mark.parametrize("name", sorted(GOOD))
def test_no_field_of_a_challenge_may_lack(name: str) -> None:
    without = {key: value for key, value in GOOD.items() if key != name}
    assert read(json.dumps(without).encode(), CHALLENGE) is None


def test_a_reader_may_be_named_but_need_not() -> None:
    for wish in (LOGIN, {**LOGIN, "reader": "0123456789abcdef"}):
        assert read(json.dumps(wish).encode(), OPERATION) == wish
    assert (
        read(json.dumps({**LOGIN, "reader?": "0123456789abcdef"}).encode(), OPERATION) is None
    )
    deep = b"[" * 8000
    assert read(deep, Shape()) is None


@given(st.binary(max_size=64))
def test_any_list_of_features_is_read_or_refused(told: bytes) -> None:
    try:
        assert len(features(told)) <= len(told) // 6
    except MalformedDataError:
        assert told


@given(st.lists(st.tuples(st.sampled_from([b"Host", b"host", b"HOST"]), st.binary())))
def test_a_header_that_is_not_there_exactly_once_has_no_value(
    headers: list[tuple[bytes, bytes]],
) -> None:
    scope = {"type": "http", "path": "/", "headers": headers}
    only = Request.of(scope).only("host")
    assert (only is not None) is (len(headers) == 1)


def test_the_portals_challenge_and_the_agents_token_are_what_the_other_side_takes() -> None:
    now = datetime(2026, 11, 28, 6, tzinfo=UTC)
    challenge = portals.Challenge(
        "0123456789ABCDEFGHJKMNPQRS",
        "http://localhost:8400",
        "n" * 43,
        "a" * 64,
        Channel.AGENT,
        "login",
        None,
        now,
        now + timedelta(seconds=120),
    )
    assert read(json.dumps(challenge.as_json()).encode(), CHALLENGE) == challenge.as_json()
    token = login_token(challenge.login_id, challenge.origin, b"c", b"s", "RS256", "0.1.0")
    parsed = parse(json.dumps(token).encode())
    assert not isinstance(parsed, Refusal)
    assert (parsed.certificate, parsed.signature) == (b"c", b"s")
