"""SMART App Launch 2.2: an app that launches by itself asks by scopes, which are narrowed."""

import json
from datetime import timedelta
from secrets import token_urlsafe
from typing import Any
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from mynaportal_sim.oauth.tables import forget_expired

from .conftest import Portal
from .kit import ISSUER, AppKit

FHIR, TOKEN = f"{ISSUER}/fhir", f"{ISSUER}/token"
SCOPES = (
    "fhirUser",
    "launch/patient",
    "offline_access",
    "openid",
    "patient/DiagnosticReport.rs",
    "patient/Observation.rs",
    "patient/Patient.rs",
)
DAYS = "date=ge2021-01-01&date=le2027-12-31"
LAB = "category=http://terminology.hl7.org/CodeSystem/observation-category|laboratory"
KEY_SET = "https://app.example/jwks.json"
RSA = rsa.generate_private_key(65537, 2048)
Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey | ed25519.Ed25519PrivateKey
KEYS: dict[str, Key] = {
    "RS256": RSA,
    "RS384": RSA,
    "PS256": RSA,
    "ES256": ec.generate_private_key(ec.SECP256R1()),
    "ES384": ec.generate_private_key(ec.SECP384R1()),
    "EdDSA": ed25519.Ed25519PrivateKey.generate(),
}
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def kit(portal: Portal) -> AppKit:
    return portal.register(profile="smart", scopes=SCOPES)


def launched(
    portal: Portal, kit: AppKit, scope: str, *categories: str, proven: bool = False
) -> dict[str, Any]:
    """What the token endpoint answers once the person has allowed these categories."""
    location = portal.authorize(kit.launch(scope)).headers["location"]
    interaction_id = UUID(location.removeprefix("/interactions/"))
    allowed = portal.allow(interaction_id, *categories)
    code = parse_qs(urlsplit(allowed).query)["code"][0]
    headers = kit.proof(TOKEN) if proven else {}
    given = portal.post("/token", kit.signed(kit.redemption(code)), headers)
    assert given.status_code == 200, given.text
    answer: dict[str, Any] = given.json()
    return answer


@sqlite
@pytest.mark.parametrize("audience", [ISSUER, TOKEN])
@pytest.mark.parametrize(
    ("profile", "algorithm", "status"),
    [
        pytest.param("smart", "RS384", 200, id="RS384"),
        pytest.param("smart", "ES384", 200, id="ES384"),
        pytest.param("smart", "ES256", 200, id="ES256"),
        pytest.param("smart", "RS256", 401, id="RS256"),
        pytest.param("smart", "PS256", 401, id="PS256"),
        pytest.param("smart", "EdDSA", 401, id="EdDSA"),
        pytest.param("oidc", "RS384", 401, id="RS384 under oidc"),
        pytest.param("fapi2", "ES384", 401, id="ES384 under fapi2"),
    ],
)
def test_an_app_signs_by_what_its_profile_takes(
    portal: Portal, profile: str, algorithm: str, status: int, audience: str
) -> None:
    key = KEYS[algorithm]
    public = json.loads(jwt.get_algorithm_by_name(algorithm).to_jwk(key.public_key()))
    jwks = {"keys": [{name: public[name] for name in public if name != "key_ops"}]}
    app = portal.register(profile=profile, jwks=json.dumps(jwks))
    now = int(portal.clock.now().timestamp())
    claims = {"iss": app.client_id, "sub": app.client_id, "aud": audience}
    more = {"jti": token_urlsafe(16), "exp": now + 60}
    signed = jwt.encode({**claims, **more}, key, algorithm)
    answered = portal.post("/revoke", app.signed({"token": "unknown"}, signed))
    assert answered.status_code == status, answered.text


@sqlite
@pytest.mark.parametrize(
    ("registered", "named", "status"),
    [
        pytest.param(KEY_SET, KEY_SET, 200, id="the same"),
        pytest.param(KEY_SET, f"{KEY_SET}?x", 401, id="nearly the same"),
        pytest.param(KEY_SET, None, 401, id="null"),
        pytest.param("", "", 401, id="neither"),
        pytest.param("", KEY_SET, 401, id="one that was not registered"),
    ],
)
def test_a_header_may_name_the_key_set_that_is_registered(
    portal: Portal, registered: str, named: str | None, status: int
) -> None:
    app = portal.register(profile="smart", jwks_uri=registered)
    signed = app.headed({"jku": named})
    answered = portal.post("/revoke", app.signed({"token": "unknown"}, signed))
    assert answered.status_code == status, answered.text


@sqlite
@pytest.mark.parametrize(
    ("asked", "granted"),
    [
        pytest.param("patient/Observation.rs", f"patient/Observation.rs?{DAYS}", id="days"),
        pytest.param("patient/Observation.r", f"patient/Observation.r?{DAYS}", id="only read"),
        pytest.param(
            "patient/Observation.rs?date=ge2024-01-01",
            "patient/Observation.rs?date=ge2024-01-01&date=le2027-12-31",
            id="from a day on",
        ),
        pytest.param(
            "patient/Observation.s?date=le2024-01-01",
            "patient/Observation.s?date=ge1900-01-01&date=le2024-01-01",
            id="until a day",
        ),
        pytest.param(
            f"patient/Observation.rs?{LAB}",
            f"patient/Observation.rs?{LAB}&{DAYS}",
            id="category",
        ),
        pytest.param(
            f"patient/Observation.rs?{LAB.replace('|', '%7C')}",
            f"patient/Observation.rs?{LAB}&{DAYS}",
            id="encoded",
        ),
        pytest.param(
            "patient/Observation.rs?code=http://loinc.org|4548-4",
            f"patient/Observation.rs?code=http://loinc.org|4548-4&{DAYS}",
            id="code",
        ),
        pytest.param(
            "patient/Observation.rs?category=laboratory"
            " patient/Observation.r?category=vital-signs",
            f"patient/Observation.r?category=vital-signs&{DAYS}"
            f" patient/Observation.rs?category=laboratory&{DAYS}",
            id="two of a type",
        ),
        pytest.param(
            "patient/*.rs launch/patient",
            f"launch/patient patient/DiagnosticReport.rs?{DAYS} patient/Observation.rs?{DAYS}",
            id="every type, of which the person keeps one back",
        ),
    ],
)
def test_scopes_are_granted_as_the_person_narrowed_them(
    portal: Portal, kit: AppKit, asked: str, granted: str
) -> None:
    answer = launched(portal, kit, asked, "checkup")
    assert answer["scope"] == granted
    assert portal.introspect(kit, answer["access_token"])["scope"] == granted


@sqlite
@pytest.mark.parametrize(
    ("scope", "said"),
    [
        pytest.param("patient/*.read", "write patient/*.rs", id="version 1"),
        pytest.param("patient/Observation.read", "write patient/Observation.rs", id="one type"),
        pytest.param("user/Observation.rs", "ask for patient/", id="user"),
        pytest.param("system/Observation.rs", "client_credentials", id="system"),
        pytest.param("patient/Observation.cruds", "nothing can be written", id="writing"),
        pytest.param("patient/Observation.sr", "no scope for data", id="letters out of order"),
        pytest.param("patient/Observation", "no scope for data", id="no letters"),
        pytest.param("patient/Observation.", "no scope for data", id="empty letters"),
        pytest.param("patient/Coverage.rs", "not registered", id="another type"),
        pytest.param("patient/MedicationDispense.rs", "not registered", id="not the app's"),
        pytest.param("patient/Observation.rs?", "no search parameter", id="nothing asked"),
        pytest.param("patient/Observation.rs?date", "no search parameter", id="no value"),
        pytest.param("patient/Observation.rs?date=ge%FF", "no search parameter", id="no UTF-8"),
        pytest.param("patient/Observation.rs?code=a%22", "no search parameter", id="a quote"),
        pytest.param("patient/Observation.rs?status=final", "narrowed by", id="parameter"),
        pytest.param("patient/Observation.rs?code:in=x", "no search parameter", id="modifier"),
        pytest.param("patient/Observation.rs?code=4548-4", "system|code", id="no system"),
        pytest.param("patient/Observation.rs?category=a|b|c", "system|code", id="two bars"),
        pytest.param(
            "patient/Observation.rs?category=a&category=b", "once", id="twice a parameter"
        ),
        pytest.param("patient/Observation.rs?date=2024", "geYYYY-MM-DD", id="a year"),
        pytest.param("patient/Observation.rs?date=gt2024-01-01", "geYYYY", id="another prefix"),
        pytest.param("patient/Observation.rs?date=ge2024-02-30", "geYYYY", id="no day"),
        pytest.param(
            "patient/Observation.rs?date=ge2024-02-02&date=le2024-02-01",
            "geYYYY",
            id="backwards",
        ),
        pytest.param("patient/Observation.rs?date=le2200-01-01", "geYYYY", id="far ahead"),
        pytest.param("patient/Patient.rs?_id=x", "narrowed by nothing", id="a person"),
        pytest.param("patient/*.rs?date=ge2024-01-01", "name a type", id="any type, narrowed"),
        pytest.param(
            " ".join(f"patient/Observation.rs?date=ge2024-01-{day}" for day in range(10, 21)),
            "at most 10 scopes",
            id="many scopes",
        ),
        pytest.param(
            "patient/Observation.rs?code=" + ",".join(f"a|{n:04}" for n in range(340)),
            "2048 characters",
            id="many codes",
        ),
        pytest.param("launch", "EHR launch", id="launch"),
        pytest.param("launch/encounter", "no encounters", id="encounter"),
        pytest.param("online_access", "offline_access", id="online"),
        pytest.param("email", "not registered", id="unknown"),
        pytest.param("openid  patient/Patient.rs", "malformed", id="two spaces"),
    ],
)
def test_a_scope_that_nobody_can_be_asked_for_is_refused_with_what_to_write(
    portal: Portal, kit: AppKit, scope: str, said: str
) -> None:
    location = portal.authorize(kit.launch(scope)).headers["location"]
    query = parse_qs(urlsplit(location).query)
    assert query["error"] == ["invalid_scope"]
    assert said in query["error_description"][0]


@sqlite
@pytest.mark.parametrize(
    ("spoilt", "error"),
    [
        pytest.param({"aud": None}, "invalid_request", id="no aud"),
        pytest.param({"aud": f"{FHIR}/"}, "invalid_target", id="a slash more"),
        pytest.param({"launch": "xyz"}, "invalid_request", id="launched by an EHR"),
        pytest.param({"scope": None}, "invalid_request", id="no scope"),
        pytest.param({"code_challenge": None}, "invalid_request", id="no PKCE"),
        pytest.param({"code_challenge_method": "plain"}, "invalid_request", id="plain"),
    ],
)
def test_a_launch_that_is_not_a_standalone_one_by_the_book_is_refused(
    portal: Portal, kit: AppKit, spoilt: dict[str, str | None], error: str
) -> None:
    form = kit.launch("patient/Observation.rs", **spoilt)
    pushed = portal.post("/par", kit.signed(form))
    assert (pushed.status_code, pushed.json()["error"]) == (400, error)
    asked = portal.authorize(form).headers["location"]
    assert parse_qs(urlsplit(asked).query)["error"] == [error]


@sqlite
def test_it_is_asked_by_get_by_post_and_pushed_alike(portal: Portal, kit: AppKit) -> None:
    form = kit.launch("patient/Observation.rs")
    pushed = portal.post("/par", kit.signed(form)).json()["request_uri"]
    handle = {"client_id": kit.client_id, "request_uri": pushed}
    for answered in (
        portal.authorize(form),
        portal.post("/authorize", form),
        portal.authorize(handle),
    ):
        assert answered.status_code == 303
        assert answered.headers["location"].startswith("/interactions/")


@sqlite
@pytest.mark.parametrize("proven", [False, True])
def test_tokens_are_for_any_bearer_unless_a_key_is_proven(
    portal: Portal, kit: AppKit, proven: bool
) -> None:
    answer = launched(portal, kit, "patient/Observation.rs", proven=proven)
    assert answer["token_type"] == ("DPoP" if proven else "Bearer")
    assert answer["expires_in"] == 300


def _id_claims(answer: dict[str, Any]) -> dict[str, Any]:
    claims: dict[str, Any] = jwt.decode(answer["id_token"], options={"verify_signature": False})
    return claims


def test_the_app_learns_its_own_name_for_the_patient_and_the_user(
    portal: Portal, kit: AppKit
) -> None:
    scope = "launch/patient openid fhirUser offline_access patient/*.rs"
    answer = launched(portal, kit, scope)
    said_of_itself = portal.send("GET", "/.well-known/openid-configuration").json()
    supported = set(said_of_itself["claims_supported"])
    own = portal.server.pseudonyms.logical_id(kit.client_id, portal.resident_id)
    refreshed = portal.refresh(kit, answer["refresh_token"]).json()
    for told in (answer, refreshed):
        assert (told["patient"], told["need_patient_banner"]) == (own, True)
        assert _id_claims(told)["fhirUser"] == f"{FHIR}/Patient/{own}"
        assert _id_claims(told).keys() <= supported
        assert told["scope"] == answer["scope"]
    assert _id_claims(answer)["nonce"]
    assert "nonce" not in _id_claims(refreshed)
    said = portal.introspect(kit, answer["access_token"])
    assert (said["patient"], said["fhirUser"]) == (own, f"{FHIR}/Patient/{own}")
    other = portal.register(profile="smart", scopes=SCOPES)
    assert launched(portal, other, scope)["patient"] != own


@sqlite
def test_who_asks_for_no_context_is_told_none(portal: Portal, kit: AppKit) -> None:
    answer = launched(portal, kit, "openid patient/Observation.rs")
    assert {"patient", "need_patient_banner", "refresh_token"}.isdisjoint(answer)
    assert "fhirUser" not in _id_claims(answer)
    assert _id_claims(answer)["nonce"]


@sqlite
def test_who_acts_for_the_patient_is_no_resource_of_theirs(portal: Portal, kit: AppKit) -> None:
    portal.agent_id = uuid4()
    answer = launched(portal, kit, "launch/patient openid fhirUser patient/Observation.rs")
    own = portal.server.pseudonyms.logical_id(kit.client_id, portal.resident_id)
    assert answer["patient"] == own
    assert "fhirUser" not in answer["scope"]
    assert "fhirUser" not in _id_claims(answer)


@sqlite
def test_without_offline_access_nothing_is_left_once_the_token_ends(
    portal: Portal, kit: AppKit
) -> None:
    answer = launched(portal, kit, "patient/Observation.rs")
    portal.clock.time += timedelta(seconds=299)
    portal.server.database.run(forget_expired, portal.clock.now())
    assert portal.introspect(kit, answer["access_token"])["active"] is True
    portal.clock.time += timedelta(seconds=62)
    assert portal.server.database.run(forget_expired, portal.clock.now()) > 0
