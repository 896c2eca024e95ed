"""The parser of login tokens."""

import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynaportal_sim.login.refusal import Code, Refusal
from mynaportal_sim.login.token import LoginToken, parse
from mynaportal_sim.login.wire import BYTES_MAX

TOKEN = LoginToken("01JCARDLOGINTEST0000000000", "http://localhost:8400", b"cert", b"sig", "1")
FIELDS: dict[str, Any] = json.loads(TOKEN.to_json())


def _with(**changed: object) -> bytes:
    return json.dumps(FIELDS | changed).encode()


def _without(name: str) -> bytes:
    return json.dumps({key: value for key, value in FIELDS.items() if key != name}).encode()


@given(
    certificate=st.binary(max_size=4096),
    signature=st.binary(max_size=512),
    origin=st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=100),
)
def test_a_token_is_read_back_as_it_was_written(
    certificate: bytes, signature: bytes, origin: str
) -> None:
    token = replace(TOKEN, certificate=certificate, signature=signature, origin=origin)
    assert parse(token.to_json()) == token


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(_with(agent={"version": "x" * BYTES_MAX}), id="L17 over 16 KiB"),
        pytest.param(_with(certificate=["Y2VydA=="]), id="L17 array as field"),
        pytest.param(_with(signature=1), id="L17 number as field"),
        pytest.param(_with(alg=None), id="L17 null as field"),
        pytest.param(_with(v=True), id="L17 boolean as version"),
        pytest.param(_with(v=1.0), id="L17 float as version"),
        pytest.param(_with(v=2), id="L17 other version"),
        pytest.param(_with()[:-1] + b',"v":1}', id="L17 duplicate key"),
        pytest.param(
            _with().replace(b'{"version"', b'{"version":"1","version"'),
            id="L17 duplicate key inside",
        ),
        pytest.param(_with().replace(b"localhost", b"local\xff"), id="L17 invalid UTF-8"),
        pytest.param(_with().decode().encode("utf-16"), id="L17 UTF-16"),
        pytest.param(b"\xef\xbb\xbf" + _with(), id="L17 byte order mark"),
        pytest.param(_with(pin_verified=True), id="L18 claim of a verified PIN"),
        pytest.param(_with(pin="1234"), id="L18 a PIN"),
        pytest.param(_with(agent={"version": "1", "os": "x"}), id="L18 unknown field inside"),
        *(pytest.param(_without(name), id=f"L17 {name} missing") for name in FIELDS),
        pytest.param(_with(login_id="01jcardlogintest0000000000"), id="L17 lower-case id"),
        pytest.param(_with(login_id=FIELDS["login_id"] + "\n"), id="L17 id and newline"),
        pytest.param(_with(origin="\ud800"), id="L17 lone surrogate"),
        pytest.param(_with(certificate="Y2VydA"), id="L17 base64 without padding"),
        pytest.param(_with(certificate="Y2Vy\ndA=="), id="L17 base64 with a newline"),
        pytest.param(_with(signature="c2ln-_=="), id="L17 base64url"),
        pytest.param(_with(signature="YR=="), id="L17 base64 with stray bits"),
        pytest.param(b"", id="L17 nothing"),
        pytest.param(b"[]", id="L17 an array"),
        pytest.param(b"[" * BYTES_MAX, id="L17 deep nesting"),
        pytest.param(b"1" * BYTES_MAX, id="L17 a long number"),
        pytest.param(_with(v=1e999), id="L17 infinity"),
    ],
)
def test_what_is_no_token_is_malformed(body: bytes) -> None:
    assert parse(body) == Refusal(Code.TOKEN_MALFORMED)


@pytest.mark.parametrize("alg", ["none", "PS256", "ES256", "RS1", "rs256", ""])
def test_l13_another_algorithm_is_not_allowed(alg: str) -> None:
    assert parse(_with(alg=alg)) == Refusal(Code.ALG_NOT_ALLOWED)


@given(st.binary(max_size=BYTES_MAX + 10))
def test_any_bytes_are_answered_with_a_value(body: bytes) -> None:
    assert isinstance(parse(body), Refusal | LoginToken)


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=5,
)


@given(st.sampled_from(sorted(FIELDS)), json_values)
def test_any_value_in_any_field_is_answered_with_a_value(name: str, value: object) -> None:
    assert isinstance(parse(_with(**{name: value})), Refusal | LoginToken)
