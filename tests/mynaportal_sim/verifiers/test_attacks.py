"""What somebody tries who may not know, on each way that asks about certificates."""

from base64 import b64encode
from collections.abc import Callable
from os import urandom

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding

from card_reader.spec import Kind
from mynaportal_sim.issuing.cards import Counter
from mynaportal_sim.pki import authority
from tests.mynaportal_sim.verifiers.kit import Town, Verifier
from tests.mynaportal_sim.web.kit import ORIGIN, Portal

ASKING = ("status", "successor", "user-ids", "user-ids/find")
Made = Callable[[Town], bytes]


def _signed_by_nobody(town: Town) -> bytes:
    """Hanako's own certificate, but for the key that signed it."""
    real = x509.load_der_x509_certificate(town.certificate())
    key = rsa.generate_private_key(65537, 2048)
    builder = x509.CertificateBuilder(
        issuer_name=real.issuer,
        subject_name=real.subject,
        public_key=key.public_key(),
        serial_number=real.serial_number,
        not_valid_before=real.not_valid_before_utc,
        not_valid_after=real.not_valid_after_utc,
        extensions=list(real.extensions),
    )
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.DER)


def _of_another_portal(town: Town) -> bytes:
    authorities = authority.Authorities(
        authority.create(kind, town.now, urandom) for kind in Kind
    )
    counter = Counter(authorities, ORIGIN, urandom)
    [keys] = counter.keys(1)
    return counter.make(town.resident(), keys, town.now).auth_certificate


def _of_nobody_here(town: Town) -> bytes:
    """One that an authority of this portal signed, and that no register has."""
    [keys] = town.office.counter.keys(1)
    return town.office.counter.make(town.resident(), keys, town.now).auth_certificate


def _an_authoritys(town: Town) -> bytes:
    der: bytes = town.portal.web.state.authority[Kind.SIGNING].der
    return der


@pytest.mark.parametrize(
    ("made", "why"),
    [
        pytest.param(_signed_by_nobody, "issuer_unknown", id="self-made with the same DN"),
        pytest.param(_of_another_portal, "issuer_unknown", id="another authority's"),
        pytest.param(_of_nobody_here, "not_registered", id="in no register"),
        pytest.param(_an_authoritys, "not_registered", id="an authority's own"),
    ],
)
def test_nothing_is_told_by_a_certificate_that_is_nobodys(
    town: Town, verifier: Verifier, made: Made, why: str
) -> None:
    der = made(town)
    said = verifier.told("status", der)
    assert said.keys() == {"status", "why", "asked_at"}
    assert (said["status"], said["why"]) == ("unknown", why)
    for what in ASKING[1:]:
        answer = verifier.ask(what, der, user_id="u-1")
        assert (answer.status_code, answer.json()["error"]) == (404, "certificate_unknown")
        assert answer.json()["why"] == why


@pytest.mark.parametrize("what", ASKING)
@pytest.mark.parametrize(
    "text",
    [
        pytest.param("0A1B2C3D", id="a bare serial"),
        pytest.param("167772161", id="a serial in decimal"),
        pytest.param(b64encode(b"\x30\x03\x02\x01\x05").decode(), id="DER of a number"),
        pytest.param(b64encode(b"\x30\x82" * 3000).decode(), id="too long"),
        pytest.param("-----BEGIN CERTIFICATE-----", id="PEM"),
        pytest.param("証明書", id="no base64"),
    ],
)
def test_only_a_whole_certificate_is_taken(verifier: Verifier, what: str, text: str) -> None:
    answer = verifier.send(
        what, {**verifier.proof, "certificate": text, "serial": text, "user_id": "u-1"}
    )
    assert (answer.status_code, answer.json()["error"]) == (400, "certificate_malformed")


@pytest.mark.parametrize("what", ASKING)
def test_bytes_after_a_certificate_make_it_none(
    town: Town, verifier: Verifier, what: str
) -> None:
    der = town.certificate() + b"\x00"
    assert verifier.refused(what, der, user_id="u-1") == (400, "certificate_malformed")


@pytest.mark.parametrize("what", [*ASKING, "user-ids/release"])
def test_an_app_that_is_no_verifier_is_told_so(portal: Portal, town: Town, what: str) -> None:
    app = Verifier.at(portal, verifier=False)
    answer = app.ask(what, town.certificate(), user_id="u-1")
    assert (answer.status_code, answer.json()["error"]) == (403, "unauthorized_client")
    assert "--verifier" in answer.json()["error_description"]


@pytest.mark.parametrize("what", [*ASKING, "user-ids/release"])
def test_an_assertion_asks_once(town: Town, verifier: Verifier, what: str) -> None:
    proof = verifier.proof
    shown = {"certificate": b64encode(town.certificate()).decode(), "user_id": "u-1"}
    verifier.send(what, {**proof, **shown})
    again = verifier.send(what, {**proof, **shown})
    assert (again.status_code, again.json()["error"]) == (401, "invalid_client")


@pytest.mark.parametrize("what", [*ASKING, "user-ids/release"])
def test_nobody_asks_in_anothers_name(portal: Portal, verifier: Verifier, what: str) -> None:
    other = Verifier.at(portal)
    posing = Verifier(portal, verifier.client_id, other.key, other.dpop_key)
    assert posing.refused(what, b"", user_id="u-1") == (401, "invalid_client")


@pytest.mark.parametrize(
    "body",
    [
        pytest.param([], id="an array"),
        pytest.param({"certificate": 5}, id="a number for a text"),
        pytest.param({"certificate": ""}, id="nothing"),
    ],
)
def test_a_body_that_is_no_question_is_refused(verifier: Verifier, body: object) -> None:
    said = {**verifier.proof, **body} if isinstance(body, dict) else body
    answer = verifier.send("status", said)
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
