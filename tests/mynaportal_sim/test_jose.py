"""Strict reading of JWS and JWK."""

import json
from base64 import urlsafe_b64encode

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from hypothesis import given
from hypothesis import strategies as st

from mynaportal_sim.jose import (
    JoseError,
    PrivateKeyError,
    b64url,
    parse_jwk,
    read_jws,
    strict_json,
    unb64url,
    verify,
)

# RFC 7638 3.1
RFC_7638_KEY = {
    "kty": "RSA",
    "n": (
        "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_"
        "BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXArwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_"
        "FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5hajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI"
        "4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-csFCur-kEgU8awapJzKnqDKgw"
    ),
    "e": "AQAB",
    "alg": "RS256",
    "kid": "2011-04-29",
}
# RFC 8037 appendix A
RFC_8037_KEY = {
    "kty": "OKP",
    "crv": "Ed25519",
    "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo",
}
RFC_8037_JWS = (
    "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc"
    ".hgyY0il_MGCjP0JzlnLWG1PPOt7-09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg"
)

EC_KEY = ec.generate_private_key(ec.SECP256R1())
EC_JWK = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(EC_KEY.public_key()))


@pytest.mark.parametrize(
    ("jwk", "thumbprint"),
    [
        pytest.param(
            RFC_7638_KEY, "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs", id="RFC 7638 3.1"
        ),
        pytest.param(
            RFC_8037_KEY, "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k", id="RFC 8037 A.3"
        ),
    ],
)
def test_thumbprints(jwk: dict[str, str], thumbprint: str) -> None:
    assert parse_jwk(dict(jwk)).thumbprint == thumbprint


@pytest.mark.parametrize(
    ("key", "algorithm"),
    [
        pytest.param(EC_KEY, "ES256", id="ES256"),
        pytest.param(ec.generate_private_key(ec.SECP384R1()), "ES384", id="ES384"),
        pytest.param(ed25519.Ed25519PrivateKey.generate(), "EdDSA", id="EdDSA"),
        pytest.param(rsa.generate_private_key(65537, 2048), "PS256", id="PS256"),
        pytest.param(rsa.generate_private_key(65537, 2048), "RS384", id="RS384"),
    ],
)
def test_what_another_library_signs_verifies_here_until_a_bit_changes(
    key: ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey,
    algorithm: str,
) -> None:
    token = jwt.encode({"a": 1}, key, algorithm)
    as_jwk = jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key())
    public = parse_jwk(
        {name: value for name, value in json.loads(as_jwk).items() if name != "key_ops"}
    )
    assert verify(read_jws(token), public, {algorithm}) == {"a": 1}
    head, payload, signature = token.split(".")
    other = b64url(b'{"a":2}')
    for spoilt in (f"{head}.{other}.{signature}", f"{head}.{payload}.{signature[:-4]}AAAA"):
        with pytest.raises(JoseError):
            verify(read_jws(spoilt), public, {algorithm})
    with pytest.raises(JoseError):
        verify(read_jws(token), public, {"RS256"})


@pytest.mark.parametrize(
    "jwk",
    [
        pytest.param({**EC_JWK, "d": "AA"}, id="private"),
        pytest.param({"kty": "oct", "k": "c2VjcmV0"}, id="symmetric"),
    ],
)
def test_a_private_key_is_refused_by_name(jwk: dict[str, str]) -> None:
    with pytest.raises(PrivateKeyError):
        parse_jwk(dict(jwk))


def _small() -> dict[str, str]:
    numbers = rsa.generate_private_key(65537, 1024).public_key().public_numbers()  # noqa: S505
    return {"kty": "RSA", "e": "AQAB", "n": b64url(numbers.n.to_bytes(128, "big"))}


@pytest.mark.parametrize(
    "jwk",
    [
        pytest.param([], id="no object"),
        pytest.param({}, id="no kty"),
        pytest.param({**EC_JWK, "crv": "P-521"}, id="other curve"),
        pytest.param({**EC_JWK, "crv": "P-384"}, id="coordinates of another curve"),
        pytest.param({**EC_JWK, "y": EC_JWK["x"]}, id="not on the curve"),
        pytest.param({**EC_JWK, "x": "AA"}, id="short coordinate"),
        pytest.param({**EC_JWK, "x": 7}, id="number"),
        pytest.param({**EC_JWK, "use": "enc"}, id="for encryption"),
        pytest.param({**EC_JWK, "alg": "RS256"}, id="alg of another kind"),
        pytest.param({**EC_JWK, "kid": 1}, id="kid no string"),
        pytest.param(_small(), id="RSA 1024"),
        pytest.param({**RFC_8037_KEY, "x": "AA"}, id="short Ed25519"),
    ],
)
def test_no_such_jwk_is_a_key(jwk: object) -> None:
    with pytest.raises(JoseError):
        parse_jwk(jwk)  # type: ignore[arg-type]  # what JSON can hold


def test_a_payload_that_is_no_json_object_is_refused() -> None:
    with pytest.raises(JoseError):
        read_jws(RFC_8037_JWS)


@given(
    st.text()
    | st.lists(st.binary(), min_size=3, max_size=3).map(lambda p: ".".join(map(b64url, p)))
)
def test_any_text_is_a_jws_or_a_jose_error(text: str) -> None:
    try:
        read_jws(text)
    except JoseError:
        return


HEADERS = st.dictionaries(
    st.sampled_from(["alg", "typ", "kid", "crit", "jku", "x5u", "jwk", "b64"]),
    st.sampled_from(["ES256", "none", "HS256", "dpop+jwt", "k"]) | st.integers() | st.none(),
)


@given(HEADERS, st.binary(max_size=70))
def test_any_header_and_signature_are_refused_by_one_error(
    header: dict[str, object], signature: bytes
) -> None:
    text = f"{b64url(json.dumps(header).encode())}.e30.{b64url(signature)}"
    with pytest.raises(JoseError):
        verify(read_jws(text), parse_jwk(dict(EC_JWK)), {"ES256"})


@given(st.dictionaries(st.sampled_from(["kty", "crv", "x", "y", "n", "e", "kid"]), st.text()))
def test_any_members_are_a_key_or_a_jose_error(members: dict[str, str]) -> None:
    for kind in ("EC", "RSA", "OKP"):
        try:
            parse_jwk({**members, "kty": kind})
        except JoseError:
            continue


@given(st.binary())
def test_base64url_has_one_form(data: bytes) -> None:
    text = b64url(data)
    assert unb64url(text) == data
    for other in (f"{text}=", f"{text}\n", f" {text}"):
        with pytest.raises(JoseError):
            unb64url(other)


@pytest.mark.parametrize("text", ["AB", "A", "+/", urlsafe_b64encode(b"a").decode()])
def test_other_forms_of_base64_are_refused(text: str) -> None:
    with pytest.raises(JoseError):
        unb64url(text)


@pytest.mark.parametrize(
    "encoded",
    [
        pytest.param(b'{"a":1,"a":2}', id="twice"),
        pytest.param(b"NaN", id="NaN"),
        pytest.param(b'"\\ud800"', id="half a surrogate pair"),
        pytest.param(b'"\\u0000"', id="NUL"),
        pytest.param(b"\xff", id="no UTF-8"),
        pytest.param(b"[" * 3000, id="deep"),
        pytest.param(b"1" * 5000, id="endless number"),
    ],
)
def test_json_that_is_taken_two_ways_is_refused(encoded: bytes) -> None:
    with pytest.raises(JoseError):
        strict_json(encoded)
