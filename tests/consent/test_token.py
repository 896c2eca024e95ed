"""The consent token: what it says, how long it lives, and that nothing else passes for one."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from hypothesis import given
from hypothesis import strategies as st
from jwt.api_jws import PyJWS

from consent.errors import NotInForceError
from consent.model import ConsentRule, ConsentVersion, Retention, State
from consent.model.granted import granted_details
from consent.token import (
    CLOCK_SKEW,
    LENGTH_MAX,
    LIFETIME,
    AccessToken,
    Issuance,
    Rejected,
    Rejection,
    SigningKey,
    mint,
    verify,
)

ISSUER = "https://portal.example"
AUDIENCE = "https://portal.example/fhir"
KEY = SigningKey("2026-11", ec.generate_private_key(ec.SECP256R1()))
KEYS = {KEY.kid: KEY.private.public_key()}
SECOND = timedelta(seconds=1)
BEARER = Issuance(
    issuer=ISSUER,
    subject="pairwise",
    audience=AUDIENCE,
    jti="j-1",
    scope="patient/Observation.rs",
    auth_time=datetime.fromisoformat("2026-11-23T11:59:00Z"),
    acr="urn:example:jpki",
)
BOUND = replace(BEARER, jkt="0ZcOCORZNYy-DWpqq30jZyJGHTN0d2HglBV3uiguA4I")


def _verify(token: str, now: datetime) -> AccessToken | Rejected:
    return verify(token, KEYS, ISSUER, AUDIENCE, now)


def _part(token: str, index: int) -> dict[str, Any]:
    part: dict[str, Any] = json.loads(urlsafe_b64decode(token.split(".")[index] + "=="))
    return part


def _signed(
    claims: object, header: dict[str, object] | None = None, key: SigningKey = KEY
) -> str:
    headers = {"typ": "at+jwt", "kid": key.kid, **(header or {})}
    return PyJWS().encode(
        json.dumps(claims).encode(), key.private, algorithm="ES256", headers=headers
    )


@pytest.mark.parametrize("issuance", [BEARER, BOUND], ids=["bearer", "DPoP"])
def test_what_is_minted_is_what_is_read(
    granted: ConsentVersion, noon: datetime, issuance: Issuance
) -> None:
    token = AccessToken.derive(granted, issuance, noon)
    assert _verify(mint(token, KEY), noon) == token
    assert token.jkt == issuance.jkt
    assert token.purpose == granted.terms.purpose.code


def test_a_token_is_the_jwt_of_rfc_9068(granted: ConsentVersion, noon: datetime) -> None:
    token = mint(AccessToken.derive(granted, BOUND, noon), KEY)
    assert _part(token, 0) == {"alg": "ES256", "kid": KEY.kid, "typ": "at+jwt"}
    assert _part(token, 1) == {
        "iss": ISSUER,
        "sub": "pairwise",
        "aud": AUDIENCE,
        "client_id": granted.app_id,
        "iat": int(noon.timestamp()),
        "exp": int(noon.timestamp()) + 300,
        "jti": "j-1",
        "scope": "patient/Observation.rs",
        "authorization_details": [
            {
                "type": "phr_access",
                "categories": ["checkup", "medication"],
                "period": {"from": "2022-01-01", "to": "2026-12-31"},
                "purpose": "health-advice",
                "recipients": ["あるく株式会社"],
            }
        ],
        "auth_time": int(noon.timestamp()) - 60,
        "acr": "urn:example:jpki",
        "arrangement": str(granted.arrangement_id),
        "consent_version": str(granted.id),
        "cnf": {"jkt": BOUND.jkt},
    }


def test_details_are_what_was_granted_one_for_each_period(granted: ConsentVersion) -> None:
    year = (date(2025, 1, 1), date(2025, 12, 31))
    rules = (ConsentRule("checkup", *year), *granted.terms.rules[1:])
    details = granted_details(replace(granted.terms, rules=rules))
    assert [(detail["categories"], detail["period"]) for detail in details] == [
        (["medication"], {"from": "2022-01-01", "to": "2026-12-31"}),
        (["checkup"], {"from": "2025-01-01", "to": "2025-12-31"}),
    ]


def test_details_say_for_how_long_an_app_may_keep_data(granted: ConsentVersion) -> None:
    retention = Retention(erase_after=timedelta(days=7))
    [detail] = granted_details(replace(granted.terms, retention=retention))
    assert detail["retention"] == {
        "on_withdrawal": "delete",
        "deadline_days": 30,
        "erase_after_days": 7,
    }


def test_a_token_lives_five_minutes(granted: ConsentVersion, noon: datetime) -> None:
    token = mint(AccessToken.derive(granted, BEARER, noon), KEY)
    assert isinstance(_verify(token, noon + LIFETIME - SECOND), AccessToken)
    assert _verify(token, noon + LIFETIME) == Rejected(Rejection.EXPIRED, "exp")


def test_a_token_never_outlives_its_consent(granted: ConsentVersion) -> None:
    end = granted.terms.valid_until
    assert AccessToken.derive(granted, BEARER, end - 7 * SECOND).expires_at == end
    late = replace(granted, terms=replace(granted.terms, valid_until=end + SECOND / 2))
    with pytest.raises(NotInForceError):
        AccessToken.derive(late, BEARER, end + SECOND / 4)


@pytest.mark.parametrize("state", [state for state in State if state is not State.GRANTED])
def test_only_a_granted_consent_gives_a_token(
    granted: ConsentVersion, noon: datetime, state: State
) -> None:
    with pytest.raises(NotInForceError):
        AccessToken.derive(replace(granted, state=state), BEARER, noon)


def test_no_token_comes_from_a_consent_before_or_after_its_time(
    granted: ConsentVersion,
) -> None:
    for now in (granted.terms.valid_from - SECOND, granted.terms.valid_until):
        with pytest.raises(NotInForceError):
            AccessToken.derive(granted, BEARER, now)


def test_a_clock_a_little_behind_the_issuer_s_is_forgiven(
    granted: ConsentVersion, noon: datetime
) -> None:
    token = mint(AccessToken.derive(granted, BEARER, noon), KEY)
    assert isinstance(_verify(token, noon - CLOCK_SKEW), AccessToken)
    assert _verify(token, noon - CLOCK_SKEW - SECOND) == Rejected(Rejection.NOT_YET, "iat")


def test_a_key_is_never_in_a_repr() -> None:
    assert "private" not in repr(KEY)


Forge = Callable[[dict[str, Any]], str]


@pytest.mark.parametrize(
    ("forge", "rejected"),
    [
        pytest.param(
            lambda claims: _signed(claims, {"typ": "JWT"}),
            Rejected(Rejection.TYPE),
            id="an id token",
        ),
        pytest.param(
            lambda claims: _signed(claims, {"kid": "other"}),
            Rejected(Rejection.KEY),
            id="unknown key",
        ),
        pytest.param(
            lambda claims: _signed(
                claims, key=SigningKey(KEY.kid, ec.generate_private_key(ec.SECP256R1()))
            ),
            Rejected(Rejection.SIGNATURE),
            id="another's signature",
        ),
        pytest.param(
            lambda claims: PyJWS().encode(
                json.dumps(claims).encode(),
                "",
                algorithm="none",
                headers={"typ": "at+jwt", "kid": KEY.kid},
            ),
            Rejected(Rejection.ALGORITHM),
            id="no signature",
        ),
        pytest.param(
            lambda claims: PyJWS().encode(
                json.dumps(claims).encode(),
                "secret of thirty-two bytes length",
                algorithm="HS256",
                headers={"typ": "at+jwt", "kid": KEY.kid},
            ),
            Rejected(Rejection.ALGORITHM),
            id="symmetric algorithm",
        ),
        pytest.param(
            lambda claims: _signed(claims, {"crit": ["x"], "x": 1}),
            Rejected(Rejection.SIGNATURE),
            id="critical header not understood",
        ),
        pytest.param(
            lambda claims: _signed({**claims, "iss": "https://other.example"}),
            Rejected(Rejection.ISSUER, "iss"),
            id="another issuer",
        ),
        pytest.param(
            lambda claims: _signed({**claims, "aud": "https://other.example"}),
            Rejected(Rejection.AUDIENCE, "aud"),
            id="another audience",
        ),
        pytest.param(
            lambda claims: _signed([claims]), Rejected(Rejection.CLAIM, "iss"), id="a list"
        ),
        pytest.param(
            lambda claims: _signed({**claims, "exp": True}),
            Rejected(Rejection.CLAIM, "exp"),
            id="a truth value for a date",
        ),
        pytest.param(
            lambda claims: _signed({**claims, "exp": 10**30}),
            Rejected(Rejection.CLAIM, "exp"),
            id="beyond time",
        ),
        pytest.param(
            lambda claims: _signed({**claims, "arrangement": "x"}),
            Rejected(Rejection.CLAIM, "arrangement"),
            id="no UUID",
        ),
        pytest.param(
            lambda claims: _signed({**claims, "authorization_details": ["phr_access"]}),
            Rejected(Rejection.CLAIM, "authorization_details"),
            id="details that are none",
        ),
        pytest.param(
            lambda claims: _signed(
                {**claims, "authorization_details": [{"type": "phr_access"}, {}]}
            ),
            Rejected(Rejection.CLAIM, "authorization_details"),
            id="a detail without its type",
        ),
        pytest.param(
            lambda claims: f"{_signed(claims).rpartition('.')[0]}.A",
            Rejected(Rejection.SIGNATURE),
            id="a signature that is no base64url",
        ),
        pytest.param(
            lambda claims: _signed({**claims, "cnf": {"x5t#S256": "x"}}),
            Rejected(Rejection.CLAIM, "cnf"),
            id="bound in a way not understood",
        ),
        pytest.param(
            lambda claims: _signed({**claims, "pad": "x" * LENGTH_MAX}),
            Rejected(Rejection.MALFORMED),
            id="too long",
        ),
    ],
)
def test_what_is_no_token_of_ours_is_rejected_for_a_reason(
    granted: ConsentVersion, noon: datetime, forge: Forge, rejected: Rejected
) -> None:
    claims = _part(mint(AccessToken.derive(granted, BEARER, noon), KEY), 1)
    assert isinstance(_verify(_signed(claims), noon), AccessToken)
    assert _verify(forge(claims), noon) == rejected


@pytest.mark.parametrize(
    "claim",
    [
        "iss",
        "sub",
        "aud",
        "client_id",
        "iat",
        "exp",
        "jti",
        "scope",
        "authorization_details",
        "auth_time",
        "acr",
        "arrangement",
        "consent_version",
    ],
)
def test_every_claim_is_required(granted: ConsentVersion, noon: datetime, claim: str) -> None:
    claims = _part(mint(AccessToken.derive(granted, BEARER, noon), KEY), 1)
    del claims[claim]
    assert _verify(_signed(claims), noon) == Rejected(Rejection.CLAIM, claim)


def test_one_changed_byte_anywhere_is_noticed(granted: ConsentVersion, noon: datetime) -> None:
    token = mint(AccessToken.derive(granted, BEARER, noon), KEY)
    for index, letter in enumerate(token[:-1]):  # the last letter has bits that mean nothing
        changed = token[:index] + ("A" if letter != "A" else "B") + token[index + 1 :]
        assert isinstance(_verify(changed, noon), Rejected), index


def _encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()


HEADERS = st.one_of(
    st.binary(max_size=40),
    st.just(b"[" * 5000),
    st.just(b'{"kid":' + b"[" * 5000 + b"]" * 5000 + b"}"),
    st.fixed_dictionaries(
        {
            "alg": st.sampled_from(("ES256", "none", 1, None)),
            "typ": st.sampled_from(("at+jwt", "application/AT+JWT", 5, None)),
            "kid": st.sampled_from((KEY.kid, "other", 7, None)),
        },
        optional={"crit": st.just(["exp"]), "b64": st.booleans()},
    ).map(lambda header: json.dumps(header).encode()),
)


@given(st.text() | st.characters(categories=["Cs"]))
def test_any_text_is_answered_with_a_value(noon: datetime, text: str) -> None:
    assert isinstance(_verify(text, noon), Rejected)


@given(HEADERS, st.binary(max_size=40), st.binary(max_size=70))
def test_anything_in_three_parts_is_answered_with_a_value(
    noon: datetime, header: bytes, payload: bytes, signature: bytes
) -> None:
    token = ".".join(map(_encoded, (header, payload, signature)))
    assert isinstance(_verify(token, noon), Rejected)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=5,
)


@given(st.dictionaries(st.sampled_from(("exp", "iat", "auth_time", "cnf", "aud")), JSON))
def test_any_claims_that_are_signed_are_answered_with_a_value(
    granted: ConsentVersion, noon: datetime, wrong: dict[str, object]
) -> None:
    claims = _part(mint(AccessToken.derive(granted, BEARER, noon), KEY), 1)
    assert isinstance(_verify(_signed({**claims, **wrong}), noon), AccessToken | Rejected)
