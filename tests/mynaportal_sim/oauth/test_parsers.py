"""Whatever bytes arrive, a parser gives a value or the error of its kind."""

import json
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynaportal_sim.oauth import details, dpop, form, pkce, scopes
from mynaportal_sim.oauth.checks.proof import Target
from mynaportal_sim.oauth.errors import (
    InvalidAuthorizationDetailsError,
    InvalidDpopProofError,
    InvalidRequestError,
    InvalidScopeError,
)
from mynaportal_sim.oauth.nonces import Nonces
from mynaportal_sim.oauth.trail import Trail
from mynaportal_sim.pseudonyms import Pseudonyms

from .kit import DETAILS, NOW

NONCES = Nonces(Pseudonyms(b"p" * 32))
VISIBLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.binary() | st.text().map(str.encode))
def test_any_bytes_are_a_form_or_refused(encoded: bytes) -> None:
    try:
        parameters = form.parse(encoded)
    except InvalidRequestError:
        return
    assert all(parameters.values())


@given(st.dictionaries(VISIBLE, VISIBLE, max_size=form.PARAMETERS_MAX))
def test_a_form_comes_back_as_it_was_sent(parameters: dict[str, str]) -> None:
    assert form.parse(urlencode(parameters).encode()) == parameters


@given(st.text() | JSON.map(json.dumps))
def test_any_text_is_authorization_details_or_refused(text: str) -> None:
    try:
        details.parse(text)
    except InvalidAuthorizationDetailsError:
        return


@given(st.sampled_from(sorted(DETAILS[0])), JSON)
def test_any_member_is_of_its_type_or_refused(name: str, value: object) -> None:
    try:
        [parsed] = details.parse(json.dumps([{**DETAILS[0], name: value}]))
    except InvalidAuthorizationDetailsError:
        return
    assert parsed.type == "phr_access"
    assert parsed.categories


@given(st.text())
def test_any_text_is_a_proof_or_refused(text: str) -> None:
    with pytest.raises(InvalidDpopProofError):
        dpop.check(text, Target("POST", "http://localhost/token"), NONCES, NOW, Trail())


@given(st.text())
def test_any_text_is_scopes_or_refused(text: str) -> None:
    try:
        parsed = scopes.parse(text, scopes.SCOPES)
    except InvalidScopeError:
        return
    assert set(parsed) <= scopes.SCOPES


def test_pkce_vector_of_rfc_7636_appendix_b() -> None:
    verifier = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
    challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"
    assert pkce.matches(verifier, challenge)
    assert not pkce.matches(verifier[:-1] + "l", challenge)


@given(st.text())
def test_no_malformed_verifier_matches(verifier: str) -> None:
    assert not pkce.matches(verifier, "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM")
