"""What the simulated authorities publish, as a browser finds it."""

import pytest
from cryptography import x509
from cryptography.x509.ocsp import OCSPResponseStatus, load_der_ocsp_response

from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.spec import Kind
from mynaportal_sim.login.ocsp_client import OcspClient
from mynaportal_sim.pki.certificate import Anchor
from mynaportal_sim.pki.crl import revocation
from mynaportal_sim.pki.refusal import Code
from mynaportal_sim.pki.validation import ValidCertificate, validate
from tests.mynaportal_sim.web.kit import JSON, Portal

AUTH = Kind.USER_AUTHENTICATION
HANAKO = "sato-hanako"


def der_of(portal: Portal) -> bytes:
    """The certificate that lets Hanako in."""
    path = portal.web.state.settings.cards / f"{HANAKO}.json"
    return Jpki(Session(Card.load(path))).certificate(AUTH)


def test_a_list_of_one_municipality_is_no_list_of_all(portal: Portal) -> None:
    """A login, which wants to know of all, takes none that names some."""
    state, der = portal.web.state, der_of(portal)
    now, issuer = state.clock.now(), state.authority[AUTH]
    valid = validate(der, [Anchor.of(issuer.certificate)], now, AUTH)
    assert isinstance(valid, ValidCertificate)
    code = valid.certificate.subject.rfc4514_string().split("CN=")[1][14:19]
    part = portal.browser().get(f"/pki/crl/user_authentication/{code}.crl").content
    found = revocation(valid, part, now)
    assert found is not None
    assert found.code is Code.REVOCATION_UNAVAILABLE
    points = x509.load_der_x509_crl(part).extensions
    told = points.get_extension_for_class(x509.IssuingDistributionPoint)
    named = valid.certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints)
    assert (told.critical, told.value.full_name) == (True, next(iter(named.value)).full_name)


def test_an_authority_gives_its_certificate(portal: Portal) -> None:
    answer = portal.browser().get("/pki/ca/signing.1.cer")
    assert answer.headers["content-type"] == "application/pkix-cert"
    assert answer.content == portal.web.state.authority[Kind.SIGNING].der


def test_the_page_tells_what_there_is_to_people_and_programs(portal: Portal) -> None:
    browser = portal.browser()
    told = browser.get("/pki/cps.html", **JSON).json()
    assert told["ocsp"] == portal.web.state.settings.ocsp_url
    names = [one["name"] for one in told["authorities"]]
    assert {"user_authentication.1", "signing.1"} <= set(names)
    page = browser.get("/pki/cps.html").text
    for one in told["authorities"]:
        assert "SIMULATION" in one["subject"]
        assert (one["serial"] in page, one["issues"], one["ended"]) == (True, True, False)
        assert browser.get(one["certificate"]).status_code == 200
        assert browser.get(one["list"]).status_code == 200


@pytest.mark.parametrize(
    ("kind", "responder", "status"),
    [
        pytest.param("signing", None, 404, id="without a responder"),
        pytest.param("nobody", "http://127.0.0.1:1/ocsp", 404, id="no authority"),
        pytest.param("signing", "http://127.0.0.1:1/ocsp", 200, id="one that is away"),
    ],
)
def test_at_the_address_of_old_certificates_is_the_responder_or_where_to_find_it(
    portal: Portal,
    monkeypatch: pytest.MonkeyPatch,
    kind: str,
    responder: str | None,
    status: int,
) -> None:
    """That it passes on what a responder says, the journey with `openssl ocsp` shows."""
    client = None if responder is None else OcspClient(responder)
    monkeypatch.setattr(portal.web.state, "ocsp", client)
    answer = portal.browser().post(f"/pki/ocsp/{kind}", {"no": "request"}, **JSON)
    assert answer.status_code == status
    if status == 404:
        assert "/pki/cps.html" in answer.json()["title"]
    else:
        said = load_der_ocsp_response(answer.content)
        assert said.response_status is OCSPResponseStatus.TRY_LATER


@pytest.mark.parametrize(
    "path",
    [
        "ca/nobody.cer",
        "ca/signing.2.cer",
        "crl/nobody.crl",
        "crl/signing/00000.crl",
        "crl/nobody/13221.crl",
    ],
)
def test_what_nobody_publishes_is_not_there(portal: Portal, path: str) -> None:
    answer = portal.browser().get(f"/pki/{path}", **JSON)
    assert (answer.status_code, answer.json()["code"]) == (404, "no_such_published")
