"""The FHIR face over HTTP, with real tokens, consents, records and ledger."""

import asyncio
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from os import urandom
from pathlib import Path
from urllib.parse import quote, urlencode
from uuid import UUID, uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI
from fhir.resources.R4B.bundle import Bundle
from fhir.resources.R4B.capabilitystatement import CapabilityStatement
from fhir.resources.R4B.consent import Consent
from fhir.resources.R4B.operationoutcome import OperationOutcome
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from jwt.algorithms import ECAlgorithm

from card_reader.spec.person import Sex
from consent import service
from consent import token as tokens
from consent.ledger import store as ledger
from consent.ledger.entry import read_body, read_leaf
from consent.model import (
    ConsentRule,
    ConsentVersion,
    DeclaredPurpose,
    Effect,
    Event,
    Evidence,
    Notice,
    Recipient,
    Supervision,
    Terms,
)
from consent.service import Change, Proposal
from consent.token import AccessToken, Issuance
from mynaportal_sim.apps import registration
from mynaportal_sim.apps import store as apps
from mynaportal_sim.apps.registration import Registration
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.domains.base import Record, reference, resource
from mynaportal_sim.domains.catalogue import catalogue
from mynaportal_sim.jose import b64url, parse_jwk
from mynaportal_sim.oauth import families
from mynaportal_sim.oauth.families import Family, NewFamily
from mynaportal_sim.oauth.keys.following import SigningKeys
from mynaportal_sim.oauth.scopes import SCOPES
from mynaportal_sim.phr import search
from mynaportal_sim.phr.router import router
from mynaportal_sim.pseudonyms import Pseudonyms
from mynaportal_sim.records import generate, store
from mynaportal_sim.residents.model import CardOrder, Municipality, Name, Resident
from mynaportal_sim.settings import Settings
from tests.mynaportal_sim.oauth.signing import begun

ISSUER = "http://localhost:8400"
BASE = f"{ISSUER}/fhir"
UUIDS = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")
HANAKO = Resident(
    id=uuid4(),
    persona="sato-hanako",
    name=Name("佐藤", "花子"),
    kana=Name("サトウ", "ハナコ"),
    romaji=Name("Sato", "Hanako"),
    born=date(1985, 4, 12),
    sex=Sex.FEMALE,
    address="東京都千代田区霞が関1-1-1",
    municipality=Municipality("13101", "東京都", "千代田区", "Tokyo", "Chiyoda"),
    my_number="123456789012",
    card=CardOrder(),
    note_ja="-",
    note_en="-",
)
Headers = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Portal:
    """A portal whose one resident is Hanako, reached as apps reach it."""

    app: FastAPI
    database: Database
    pseudonyms: Pseudonyms
    keys: SigningKeys
    clock: Clock = field(default_factory=Clock)

    def get(
        self, url: str, headers: Headers, method: str = "GET", **body: str
    ) -> httpx.Response:
        async def send() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
                return await client.request(method, url, headers=headers, **body)  # type: ignore[arg-type]

        return asyncio.run(send())

    def grant(self, *rules: ConsentRule, app_id: str = "app-1") -> ConsentVersion:
        now = self.clock.now()
        terms = Terms(
            rules=rules,
            purpose=DeclaredPurpose("self-care", "健診結果をグラフで表示するため"),
            recipients=(Recipient("健康ノート株式会社"),),
            valid_from=now,
            valid_until=now + timedelta(days=90),
            notice=Notice("1", "ja"),
            supervision=Supervision("個人情報保護委員会"),
        )
        holder = self.pseudonyms.holder(HANAKO.id)
        evidence = Evidence("agent", "jpki")
        proposal = Proposal(
            uuid4(), HANAKO.id, app_id, "健康ノート", "phr", terms, evidence, holder
        )
        return self.database.run(service.answer, proposal, rules, now, urandom)

    def withdraw(self, version: ConsentVersion) -> None:
        holder = self.pseudonyms.holder(HANAKO.id)
        wish = Change(
            Event.WITHDRAW,
            uuid4(),
            HANAKO.id,
            version.arrangement_id,
            version.id,
            "browser",
            holder,
        )
        self.database.run(service.change, wish, self.clock.now(), urandom)

    def token(
        self, version: ConsentVersion, jkt: str | None = None, scope: str = "patient/*.rs"
    ) -> str:
        """An access token of a new family, as the token endpoint makes it."""
        now = self.clock.now()
        sub = self.database.run(apps.subject, self.pseudonyms, version.app_id, HANAKO.id)
        family = Family(
            id=uuid4(),
            client_id=version.app_id,
            sub=sub,
            arrangement_id=version.arrangement_id,
            version_id=version.id,
            scope=scope,
            redirect_uri="https://app.example/cb",
            code_challenge="-",
            nonce=None,
            dpop_jkt=jkt,
            authenticated_at=int(now.timestamp()),
            acr="urn:mynasim:acr:jpki-user-authentication",
            amr="sc pin",
            sender_constrained=jkt is not None,
        )
        self.database.run(families.begin, NewFamily(family, now + timedelta(1)), now, urandom)
        jti = families.new_jti(family.id, urandom)
        issuance = Issuance(ISSUER, sub, BASE, jti, family.scope, now, family.acr, jkt)
        ring = asyncio.run(self.keys.fresh())
        return tokens.mint(AccessToken.derive(version, issuance, now), ring.active)

    def bearer(self, version: ConsentVersion, scope: str = "patient/*.rs") -> Headers:
        return {"Authorization": f"Bearer {self.token(version, scope=scope)}"}


@pytest.fixture
def portal(database_url: str, tmp_path: Path) -> Iterator[Portal]:
    database, clock = Database(database_url), Clock()
    keys = begun(database, clock, tmp_path)
    portal = Portal(FastAPI(), database, Pseudonyms(urandom(32)), keys, clock)
    portal.app.include_router(router)
    state = portal.app.state
    state.settings, state.clock, state.database = (
        Settings(issuer=ISSUER),
        portal.clock,
        database,
    )
    state.pseudonyms, state.token_keys, state.catalogue = portal.pseudonyms, keys, catalogue()
    state.step_up = {}
    database.run(generate.fill, HANAKO, date(2026, 11, 23))
    yield portal
    database.close()


def rule(category: str, first: str = "2020-01-01", last: str = "2026-12-31") -> ConsentRule:
    return ConsentRule(category, date.fromisoformat(first), date.fromisoformat(last))


ALL = (rule("basic"), rule("checkup"), rule("medication"))


def refusal(response: httpx.Response) -> str:
    """The code of an OperationOutcome's only issue, the reason's if it has one."""
    assert response.headers["content-type"] == "application/fhir+json"
    outcome = OperationOutcome.model_validate(response.json())
    [issue] = outcome.issue
    details = response.json()["issue"][0].get("details")
    return str(details["coding"][0]["code"] if details else issue.code)


def test_the_server_says_without_a_token_what_it_can_do(portal: Portal) -> None:
    response = portal.get("/fhir/metadata", {})
    assert response.headers["access-control-allow-origin"] == "*"
    statement = CapabilityStatement.model_validate(response.json())
    assert statement.fhirVersion == "4.0.1"
    offered = {one["type"]: one for one in response.json()["rest"][0]["resource"]}
    kinds = {"Patient", "Observation", "DiagnosticReport", "MedicationDispense", "Consent"}
    assert set(offered) == kinds
    declared = {parameter["name"] for parameter in offered["Observation"]["searchParam"]}
    assert declared == {"_id", "patient", "subject", "category", "code", "date"}


def test_every_type_is_served_as_valid_fhir_under_names_of_the_apps_own(portal: Portal) -> None:
    headers = portal.bearer(portal.grant(*ALL))
    served = {}
    for resource_type in search.PARAMETERS:
        response = portal.get(f"/fhir/{resource_type}?_count=200", headers)
        assert response.status_code == 200
        assert response.headers["cache-control"] == "no-store"
        Bundle.model_validate(response.json())
        assert not UUIDS.search(response.text)
        for entry in response.json()["entry"]:
            served[f"{resource_type}/{entry['resource']['id']}"] = entry
            assert entry["fullUrl"] == f"{BASE}/{resource_type}/{entry['resource']['id']}"
    assert len(served) > 150
    referred = set(re.findall(r'"reference": "([^"]+)"', json.dumps(served)))
    assert referred <= set(served)


def test_a_resource_read_is_the_one_that_was_found(portal: Portal) -> None:
    headers = portal.bearer(portal.grant(*ALL))
    for resource_type in search.PARAMETERS:
        found = portal.get(f"/fhir/{resource_type}?_count=1", headers).json()["entry"][0]
        read = portal.get(found["fullUrl"], headers)
        assert read.json() == found["resource"]
        assert not UUIDS.search(read.text)


NEXT_DAY = datetime(2026, 11, 24, 3, tzinfo=UTC)


@pytest.mark.parametrize(
    ("becomes", "says"),
    [
        pytest.param(HANAKO, {"versionId": "1"}, id="nothing new"),
        pytest.param(
            replace(HANAKO, name=Name("鈴木", "花子"), kana=Name("", "")),
            {"versionId": "2", "name": ["鈴木\u3000花子"]},
            id="a name whose reading nobody told",
        ),
        pytest.param(
            replace(HANAKO, address="アメリカ合衆国カリフォルニア州"),
            {
                "versionId": "2",
                "address": {"use": "home", "text": "アメリカ合衆国カリフォルニア州"},
            },
            id="an address abroad",
        ),
        pytest.param(
            replace(HANAKO, died=date(2026, 11, 24)),
            {"versionId": "2", "deceasedDateTime": "2026-11-24"},
            id="a death",
        ),
    ],
)
def test_the_person_is_as_the_register_has_them(
    portal: Portal, becomes: Resident, says: dict[str, object]
) -> None:
    headers = portal.bearer(portal.grant(*ALL))
    portal.database.run(generate.follow, becomes, NEXT_DAY)
    [entry] = portal.get("/fhir/Patient", headers).json()["entry"]
    patient = entry["resource"]
    told = {
        **patient,
        **patient["meta"],
        "name": [one["text"] for one in patient["name"]],
        "address": patient["address"][0],
    }
    assert {key: told[key] for key in says} == says
    changed = says["versionId"] == "2"
    assert (patient["meta"]["lastUpdated"] == "2026-11-24T03:00:00Z") is changed


def test_two_apps_share_no_id(portal: Portal) -> None:
    ids = []
    for app_id in ("app-1", "app-2"):
        headers = portal.bearer(portal.grant(*ALL, app_id=app_id))
        bundle = portal.get("/fhir/Observation?_count=200", headers).text
        ids.append(set(re.findall(r"[0-9a-f]{32}", bundle)))
    assert len(ids[0]) == len(ids[1]) > 100
    assert not ids[0] & ids[1]
    stolen = min(ids[0])
    assert portal.get(f"/fhir/Observation/{stolen}", headers).status_code == 404


def test_next_links_lead_through_every_result_once(portal: Portal) -> None:
    headers = portal.bearer(portal.grant(rule("checkup")))
    first = url = "/fhir/Observation?category=laboratory&date=ge2022&_count=17"
    seen: list[str] = []
    totals = set()
    while url:
        response = portal.get(url, headers)
        bundle = response.json()
        totals.add(bundle["total"])
        seen += [entry["resource"]["id"] for entry in bundle["entry"]]
        links = {link["relation"]: link["url"] for link in bundle["link"]}
        assert portal.get(links["self"], headers).text == response.text
        url = links.get("next", "")
    assert totals == {len(seen)} == {len(set(seen))}
    assert portal.get(first, headers).json()["entry"][0]["resource"]["id"] == seen[0]


def test_a_cursor_that_was_tampered_with_is_refused(portal: Portal) -> None:
    headers = portal.bearer(portal.grant(rule("checkup")))
    gone = portal.get(f"/fhir/Observation?_after={'0' * 32}", headers)
    assert (gone.status_code, refusal(gone)) == (410, "expired")
    assert portal.get("/fhir/Observation?_after=xyz", headers).status_code == 400


def test_searches_find_what_they_ask_for(portal: Portal) -> None:
    headers = portal.bearer(portal.grant(rule("checkup")))
    for query, total in {
        "code=9N001000000000001": 5,
        "code=urn:oid:1.2.392.200119.4.504|9N001000000000001": 5,
        "code=http://loinc.org|20454-5": 5,
        "code=9N001000000000001&date=2024": 1,
        "code=9N001000000000001&date=2023,2024": 2,
        "code=9N001000000000001&date=ge2022&date=lt2024": 2,
        "code=9N001000000000001,9N006000000000001": 10,
        "code=9N001000000000001&category=vital-signs": 5,
        "code=9N001000000000001&category=laboratory": 0,
        "code=nothing": 0,
    }.items():
        bundle = portal.get(f"/fhir/Observation?{query}", headers).json()
        assert bundle["total"] == len(bundle.get("entry", [])) == total, query


def test_a_search_by_post_finds_the_same(portal: Portal) -> None:
    headers = portal.bearer(portal.grant(rule("checkup")))
    form = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
    query = urlencode({"code": "9N001000000000001", "date": "ge2023"})
    posted = portal.get("/fhir/Observation/_search", form, "POST", content=query)
    assert posted.text == portal.get(f"/fhir/Observation?{query}", headers).text
    endless = portal.get("/fhir/Observation/_search", form, "POST", content="a" * 100_000)
    assert endless.status_code == 400


def test_what_is_outside_the_consent_is_as_if_it_were_not(portal: Portal) -> None:
    everything = portal.bearer(portal.grant(rule("checkup")))
    found = portal.get("/fhir/Observation?date=2022&_count=1", everything).json()["entry"][0]
    narrow = portal.bearer(portal.grant(rule("checkup", "2024-01-01", "2024-12-31")))
    outside = portal.get(found["fullUrl"], narrow)
    nowhere = portal.get(f"/fhir/Observation/{'0' * 32}", narrow)
    nonsense = portal.get("/fhir/Observation/nonsense", narrow)
    assert outside.status_code == 404
    assert outside.content == nowhere.content == nonsense.content
    bundle = portal.get("/fhir/Observation?_count=200", narrow).json()
    days = {entry["resource"]["effectiveDateTime"][:4] for entry in bundle["entry"]}
    assert days == {"2024"}
    assert bundle["total"] == len(bundle["entry"])


def test_a_report_does_not_point_at_what_the_consent_hides(portal: Portal) -> None:
    seen, unseen, report = uuid4(), uuid4(), uuid4()
    drawn = [
        Record(seen, date(2025, 5, 1), resource("Observation", seen)),
        Record(unseen, date(2024, 5, 1), resource("Observation", unseen)),
        Record(
            report,
            date(2025, 5, 1),
            resource(
                "DiagnosticReport",
                report,
                result=[reference("Observation", one) for one in (seen, unseen)],
            ),
            (seen, unseen),
        ),
    ]
    portal.database.run(store.add, HANAKO.id, "checkup", drawn)
    headers = portal.bearer(portal.grant(rule("checkup", "2025-05-01", "2025-05-01")))
    [entry] = portal.get("/fhir/DiagnosticReport", headers).json()["entry"]
    name = portal.pseudonyms.logical_id("app-1", seen)
    assert entry["resource"]["result"] == [{"reference": f"Observation/{name}"}]
    assert portal.pseudonyms.logical_id("app-1", unseen) not in json.dumps(entry)


def test_a_category_that_was_not_given_is_forbidden_with_its_reason(portal: Portal) -> None:
    headers = portal.bearer(portal.grant(rule("checkup")))
    for path in ("MedicationDispense", f"MedicationDispense/{'0' * 32}", "Patient"):
        response = portal.get(f"/fhir/{path}", headers)
        assert (response.status_code, refusal(response)) == (403, "other_category")


def test_a_withdrawn_consent_refuses_the_very_next_access(portal: Portal) -> None:
    version = portal.grant(rule("checkup"))
    headers = portal.bearer(version)
    assert portal.get("/fhir/Observation", headers).status_code == 200
    portal.withdraw(version)
    response = portal.get("/fhir/Observation", headers)
    assert (response.status_code, refusal(response)) == (403, "withdrawn")


def test_the_search_of_another_patient_is_forbidden(portal: Portal) -> None:
    headers = portal.bearer(portal.grant(rule("checkup")))
    own = portal.pseudonyms.logical_id("app-1", HANAKO.id)
    assert portal.get(f"/fhir/Observation?patient={own}", headers).json()["total"] > 100
    response = portal.get(f"/fhir/Observation?patient={'0' * 32}", headers)
    assert (response.status_code, refusal(response)) == (403, "other_party")


def test_a_request_without_a_token_is_challenged(portal: Portal) -> None:
    response = portal.get("/fhir/Observation", {})
    assert response.status_code == 401
    challenge = response.headers["www-authenticate"]
    assert challenge.startswith('Bearer realm="fhir", resource_metadata="http')
    assert '/.well-known/oauth-protected-resource/fhir", DPoP realm="fhir"' in challenge
    assert refusal(response)
    assert portal.get("/fhir/Observation", {"Authorization": "Bearer x"}).status_code == 401


def test_a_revoked_token_is_refused(portal: Portal) -> None:
    version = portal.grant(rule("checkup"))
    token = portal.token(version)
    claims = jwt.decode(token, options={"verify_signature": False})
    family = UUID(hex=claims["jti"].partition(".")[0])
    portal.database.run(families.kill, family, portal.clock.now())
    response = portal.get("/fhir/Observation", {"Authorization": f"Bearer {token}"})
    assert response.status_code == 401
    assert 'error="invalid_token"' in response.headers["www-authenticate"]


def proven(
    portal: Portal, key: ec.EllipticCurvePrivateKey, token: str, resource_type: str
) -> Headers:
    """A bound token and a proof of its key, for one search."""
    jwk = json.loads(ECAlgorithm.to_jwk(key.public_key()))
    claims = {
        "htm": "GET",
        "htu": f"{BASE}/{resource_type}",
        "iat": int(portal.clock.now().timestamp()),
        "jti": uuid4().hex,
        "ath": b64url(sha256(token.encode()).digest()),
    }
    proof = jwt.encode(claims, key, "ES256", headers={"typ": "dpop+jwt", "jwk": jwk})
    return {"Authorization": f"DPoP {token}", "DPoP": proof}


def test_a_dpop_proof_opens_the_gate_once(portal: Portal) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    jwk = json.loads(ECAlgorithm.to_jwk(key.public_key()))
    token = portal.token(portal.grant(rule("checkup")), parse_jwk(jwk).thumbprint)
    headers = proven(portal, key, token, "Observation")
    assert portal.get("/fhir/Observation?_count=1", headers).status_code == 200
    again = portal.get("/fhir/Observation?_count=1", headers)
    assert again.status_code == 401
    assert 'error="invalid_dpop_proof"' in again.headers["www-authenticate"]
    assert again.headers["dpop-nonce"]


NOT_OFFERED: list[tuple[str, str, Headers, int]] = [
    ("GET", "Observation?value-quantity=1", {}, 400),
    ("GET", "Observation?date=soon", {}, 400),
    ("GET", "Observation?code=%00", {}, 400),
    ("GET", "Practitioner", {}, 404),
    ("GET", "Practitioner/1", {}, 404),
    ("PUT", "Observation/1", {}, 405),
    ("DELETE", "Observation/1", {}, 405),
    ("POST", "Observation", {}, 405),
    ("GET", "Observation/1/_history", {}, 405),
    ("GET", "Observation", {"Accept": "application/fhir+xml"}, 406),
    ("POST", "Observation/_search", {}, 400),
]


def test_what_is_not_offered_is_an_operation_outcome(portal: Portal) -> None:
    known = portal.bearer(portal.grant(rule("checkup")))
    for method, path, headers, status in NOT_OFFERED:
        response = portal.get(f"/fhir/{path}", {**known, **headers}, method)
        assert response.status_code == status, path
        assert refusal(response)


def test_a_lenient_client_is_answered_without_what_is_not_known(portal: Portal) -> None:
    known = portal.bearer(portal.grant(rule("checkup")))
    lenient = {**known, "Prefer": "return=minimal; handling=lenient"}
    response = portal.get("/fhir/Observation?value-quantity=1", lenient)
    assert response.json()["link"][0] == {"relation": "self", "url": f"{BASE}/Observation"}


def test_a_search_is_one_ledger_entry_that_names_nobody(portal: Portal) -> None:
    headers = portal.bearer(portal.grant(rule("checkup")))
    own = portal.pseudonyms.logical_id("app-1", HANAKO.id)
    portal.get(f"/fhir/Observation?patient={own}&date=ge2024&_count=3", headers)
    [entry, _granted] = portal.database.run(ledger.newest, 2)
    assert read_leaf(entry.leaf).type == "access.permitted"
    assert entry.body is not None
    request = read_body(entry.body)["request"].value
    assert request == "GET Observation?patient=%2A&date=ge2024&_count=3"


@settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(path=st.text(max_size=20), query=st.text(max_size=30))
@example(path="\n/", query="")
def test_no_request_is_a_server_error(portal: Portal, path: str, query: str) -> None:
    version = portal.grant(rule("checkup"))
    for start in ("", "Observation/", "Observation?"):
        encoded = quote(path, errors="surrogatepass"), quote(query, errors="surrogatepass")
        url = f"/fhir/{start}{'?'.join(encoded)}"
        response = portal.get(url, portal.bearer(version))
        assert response.status_code in {200, 400, 403, 404, 405, 410}
        if response.status_code != 200:
            assert refusal(response)


def test_an_app_reads_what_it_was_granted_and_not_what_is_kept_back(portal: Portal) -> None:
    kept = replace(rule("medication"), effect=Effect.DENY)
    version = portal.grant(rule("checkup"), kept)
    response = portal.get("/fhir/Consent", portal.bearer(version))
    assert response.headers["cache-control"] == "no-store"
    Bundle.model_validate(response.json())
    [entry] = response.json()["entry"]
    Consent.model_validate(entry["resource"])
    assert entry["resource"]["status"] == "active"
    assert "checkup" in response.text
    assert "medication" not in response.text
    assert UUIDS.findall(response.text) == [str(version.arrangement_id)]
    read = portal.get(entry["fullUrl"], portal.bearer(version))
    assert read.json() == entry["resource"]


def test_an_app_finds_its_own_consents_by_status_and_id(portal: Portal) -> None:
    portal.grant(rule("checkup"))
    headers = portal.bearer(portal.grant(rule("medication")))
    own = portal.get("/fhir/Consent", headers).json()["entry"]
    assert [one["resource"]["status"] for one in own] == ["active", "inactive"]
    newest, before = (one["resource"]["id"] for one in own)
    form = {**headers, "Content-Type": "application/x-www-form-urlencoded"}
    for query, found in {
        "status=active": [newest],
        "status=inactive": [before],
        "status=http://hl7.org/fhir/consent-state-codes|active,inactive": [newest, before],
        "status=http://example.invalid|active": [],
        f"_id={before}": [before],
        f"_id={before}&status=active": [],
    }.items():
        bundle = portal.get(f"/fhir/Consent?{query}", headers).json()
        assert [one["resource"]["id"] for one in bundle.get("entry", [])] == found, query
        assert bundle["total"] == len(found)
        posted = portal.get("/fhir/Consent/_search", form, "POST", content=query)
        assert posted.json() == bundle


def test_no_app_reads_another_s_consent(portal: Portal) -> None:
    first, second = portal.grant(rule("checkup")), portal.grant(rule("checkup"), app_id="app-2")
    ids = []
    for version in (first, second):
        bundle = portal.get("/fhir/Consent", portal.bearer(version)).json()
        [resource] = [one["resource"] for one in bundle["entry"]]
        ids.append((resource["id"], resource["patient"]["reference"]))
    assert not set(ids[0]) & set(ids[1])
    other = portal.get(f"/fhir/Consent/{ids[1][0]}", portal.bearer(first))
    assert (other.status_code, refusal(other)) == (404, "not-found")


def test_a_consent_that_has_ended_is_told_as_over(portal: Portal) -> None:
    version = portal.grant(rule("checkup"))
    headers = portal.bearer(version)
    portal.withdraw(version)
    [entry] = portal.get("/fhir/Consent", headers).json()["entry"]
    assert entry["resource"]["status"] == "inactive"


NO_CONSENT_TO_READ: list[tuple[str, str, Headers, int]] = [
    ("GET", "Consent?patient=x", {}, 400),
    ("GET", "Consent?status:not=active", {"Prefer": "handling=lenient"}, 400),
    ("GET", "Consent?status=", {}, 400),
    ("GET", "Consent?_format=xml", {}, 400),
    ("GET", "Consent/1", {}, 404),
    ("PUT", "Consent/1", {}, 405),
    ("POST", "Consent", {}, 405),
    ("GET", "Consent", {"Accept": "application/fhir+xml"}, 406),
    ("GET", "Consent", {"Authorization": "Bearer x"}, 401),
    ("POST", "Consent/_search", {}, 400),
]


def test_what_cannot_be_read_of_a_consent_is_an_operation_outcome(portal: Portal) -> None:
    known = portal.bearer(portal.grant(rule("checkup")))
    for method, path, headers, status in NO_CONSENT_TO_READ:
        response = portal.get(f"/fhir/{path}", {**known, **headers}, method)
        assert response.status_code == status, path
        assert refusal(response)
    lenient = {**known, "Prefer": "handling=lenient"}
    assert portal.get("/fhir/Consent?patient=x", lenient).json()["total"] == 1


def test_a_dpop_proof_reads_consents_once(portal: Portal) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    jwk = json.loads(ECAlgorithm.to_jwk(key.public_key()))
    token = portal.token(portal.grant(rule("checkup")), parse_jwk(jwk).thumbprint)
    headers = proven(portal, key, token, "Consent")
    assert portal.get("/fhir/Consent", headers).status_code == 200
    again = portal.get("/fhir/Consent", headers)
    assert (again.status_code, refusal(again)) == (401, "invalid_dpop_proof")


DAYS = "date=ge2020-01-01&date=le2026-12-31"
LABORATORY = f"patient/Observation.rs?category=laboratory&{DAYS}"


def _found(portal: Portal, query: str, headers: Headers) -> set[str]:
    bundle = portal.get(f"/fhir/{query}", headers).json()
    assert bundle["total"] == len(bundle.get("entry", []))
    return {one["resource"]["id"] for one in bundle.get("entry", [])}


@pytest.mark.parametrize(
    ("scope", "same_as"),
    [
        pytest.param(f"patient/Observation.rs?{DAYS}", "", id="no more than days"),
        pytest.param(LABORATORY, "category=laboratory", id="a category"),
        pytest.param(
            "patient/Observation.rs?date=ge2024-01-01&date=le2024-12-31", "date=2024", id="days"
        ),
        pytest.param(
            f"patient/Observation.s?code=http://loinc.org|20454-5&{DAYS}",
            "code=http://loinc.org|20454-5",
            id="a code",
        ),
        pytest.param(
            f"{LABORATORY} patient/Observation.rs?category=vital-signs&{DAYS}",
            "category=laboratory,vital-signs",
            id="either of two",
        ),
        pytest.param(
            f"{LABORATORY} patient/Observation.r?category=vital-signs&{DAYS}",
            "category=laboratory",
            id="not what may only be read",
        ),
    ],
)
def test_a_token_finds_what_its_scopes_leave_of_the_consent(
    portal: Portal, scope: str, same_as: str
) -> None:
    version = portal.grant(*ALL)
    narrow, whole = portal.bearer(version, scope), portal.bearer(version)
    found = _found(portal, "Observation?_count=200", narrow)
    assert found == _found(portal, f"Observation?_count=200&{same_as}", whole)
    assert found
    kept = _found(portal, "Observation?_count=200&category=laboratory", narrow)
    assert kept == found & _found(portal, "Observation?_count=200&category=laboratory", whole)


def _register(portal: Portal) -> None:
    """Let the portal know the app of its tokens, as the ledger names it."""
    key = ec.generate_private_key(ec.SECP256R1()).public_key()
    wanted = Registration(
        name="健康ノート",
        organisation="健康ノート株式会社",
        redirect_uris=("https://app.example/cb",),
        jwks=json.dumps({"keys": [json.loads(ECAlgorithm.to_jwk(key))]}),
        scopes=("patient/Observation.rs",),
        profile="smart",
        supervisor="個人情報保護責任者 田中一郎",
        purpose="self-care",
        purpose_text="健診結果をグラフで表示するため",
    )
    known = registration.check(
        wanted, "app-1", SCOPES, catalogue().purposes, portal.clock.now()
    )
    portal.database.run(apps.add, known)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("scope", "path"),
    [
        pytest.param(LABORATORY, "DiagnosticReport", id="another type"),
        pytest.param(LABORATORY, "Patient", id="a type that has no day"),
        pytest.param(
            LABORATORY.replace("rs?", "r?"), "Observation", id="search, to read alone"
        ),
        pytest.param(
            LABORATORY.replace("rs?", "s?"), "Observation/x", id="read, to search alone"
        ),
        pytest.param("patient/Patient.s", f"Patient/{'0' * 32}", id="one without days"),
    ],
)
def test_what_no_scope_is_about_is_refused_and_entered(
    portal: Portal, scope: str, path: str
) -> None:
    _register(portal)
    refused = portal.get(f"/fhir/{path}", portal.bearer(portal.grant(*ALL), scope))
    assert (refused.status_code, refusal(refused)) == (403, "insufficient_scope")
    assert refused.json()["issue"][0]["code"] == "forbidden"
    how = "r" if "/" in path else "s"
    needed = f'scope="patient/{path.partition("/")[0]}.{how}"'
    assert needed in refused.headers["www-authenticate"]
    [entry] = portal.database.run(ledger.newest, 1)
    assert read_leaf(entry.leaf).type == "access.refused"
    assert entry.body is not None
    assert read_body(entry.body)["reason"].value == "insufficient_scope"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_record_is_read_by_a_scope_that_it_fits_alone(portal: Portal) -> None:
    version = portal.grant(*ALL)
    narrow, whole = portal.bearer(version, LABORATORY), portal.bearer(version)
    inside = _found(portal, "Observation?category=laboratory&_count=1000", whole)
    outside = _found(portal, "Observation?category=vital-signs&_count=1000", whole)
    for name, status in ((min(inside), 200), (min(outside), 404)):
        assert portal.get(f"/fhir/Observation/{name}", narrow).status_code == status
        assert portal.get(f"/fhir/Observation/{name}", whole).status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_scopes_give_nothing_that_the_consent_does_not(portal: Portal) -> None:
    version = portal.grant(rule("checkup", "2024-01-01", "2024-12-31"))
    scope = f"{LABORATORY} patient/MedicationDispense.rs?whenhandedover=ge2020-01-01"
    headers = portal.bearer(version, scope)
    whole = portal.bearer(version)
    assert _found(portal, "Observation?_count=200", headers) == _found(
        portal, "Observation?_count=200&category=laboratory", whole
    )
    assert portal.get("/fhir/MedicationDispense", headers).status_code == 403
