"""The OpenAPI document tells the truth: a whole journey over the wire is as it says."""

from base64 import b64decode
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

import httpx
import pytest

from card_reader.client.login import sign_challenge
from consent.ledger import promise, store
from consent.ledger.entry import read_leaf
from consent.ledger.merkle import leaf_hash
from mynaportal_sim import keys
from mynaportal_sim.cli.second_browser import SecondBrowser
from mynaportal_sim.cli.second_device import SecondDevice
from mynaportal_sim.database import Database
from mynaportal_sim.sample_app.errors import RelyingPartyError
from mynaportal_sim.sample_app.relying_party import RelyingParty, Tokens
from mynaportal_sim.settings import Settings
from mynaportal_sim.transparency.promises import HEADER
from tests.journeys.contract import Contract, HeardPortal
from tests.journeys.kit import SCOPES, copy_keys, details, free_port, running

PIN, WRONG_PIN = "1234", "8052"
JSON = {"Accept": "application/json"}


@pytest.fixture(scope="module")
def contract(portal: HeardPortal) -> Contract:
    """The document that the portal serves."""
    return Contract(portal.client().get(f"{portal.url}/openapi.json").json())


@pytest.fixture(scope="module")
def portal(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[HeardPortal]:
    data = tmp_path_factory.mktemp("contract") / "data"
    copy_keys(template, data)
    heard_portal = HeardPortal(data, free_port())
    with running(heard_portal):
        yield heard_portal


@pytest.fixture(scope="module")
def heard(portal: HeardPortal) -> list[httpx.Response]:
    """Every answer that programs had on the way."""
    portal.client().get(f"{portal.url}/docs")
    before = len(portal.heard)
    _read_what_is_public(portal)
    _walk_under_fapi2(portal)
    _walk_under_oidc(portal)
    _log_in_by_a_second_device(portal)
    _log_in_softly(portal)
    return portal.heard[before:]


def _read_what_is_public(portal: HeardPortal) -> None:
    http = portal.client()
    for path in (
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
        "/jwks",
    ):
        etag = http.get(f"{portal.url}{path}").headers["etag"]
        http.get(f"{portal.url}{path}", headers={"If-None-Match": etag})
    for path in ("/healthz", "/readyz", "/fhir/metadata"):
        http.get(f"{portal.url}{path}")
    http.get(f"{portal.url}/consents", headers=JSON)
    http.get(f"{portal.url}/authorize", params={"client_id": "nobody"}, headers=JSON)
    for path in ("/par", "/token", "/introspect", "/revoke"):
        http.post(f"{portal.url}{path}", data={"client_id": "nobody"})
        http.post(f"{portal.url}{path}", data={"token": "x" * 40_000})
        http.post(f"{portal.url}{path}", json={})


def _walk_under_fapi2(portal: HeardPortal) -> None:
    app = portal.register("fapi2")
    browser = portal.browser()
    asked = details("checkup", "medication")
    interaction = browser.open(app.authorization_url(asked, scope=SCOPES))
    browser.log_in(portal.card(), PIN, interaction)
    browser.ask(interaction)
    tokens = app.redeem(browser.answer(interaction, "checkup"))
    browser.post(f"/interactions/{interaction}", {"csrf": "0" * 64, "decision": "allow"})
    for token in (tokens.access_token, str(tokens.refresh_token), "invented"):
        app.introspect(token)
    _read_records(portal, app, tokens)
    for listing in ("accesses", "refusals", "receipts"):
        url = f"{portal.url}/apps/self/{listing}"
        app.http.post(url, data=app.authentication() | {"limit": "5"})
        app.http.post(url, data={"client_id": "nobody"})
    tokens = app.refresh(tokens)
    _look_back(portal, browser)
    _prohibit(browser)
    _put_off(app, browser)
    _be_told(portal, app, browser)
    app.fetch(tokens, "/fhir/Observation")
    _refused(app, tokens)
    csrf = str(browser.see("/login")["csrf"])
    browser.post("/logout", {"csrf": "0" * 64})
    browser.post("/logout", {"csrf": csrf})


def _read_records(portal: HeardPortal, app: RelyingParty, tokens: Tokens) -> None:
    for kind in ("Observation", "DiagnosticReport", "Patient", "MedicationDispense", "Consent"):
        app.fetch(tokens, f"/fhir/{kind}?_count=2")
    page = app.fetch(tokens, "/fhir/Observation?_count=2").json()
    following = {link["relation"]: link["url"] for link in page["link"]}["next"]
    app.fetch(tokens, following)
    one = page["entry"][0]["resource"]
    narrowed = {
        "patient": one["subject"]["reference"],
        "date": f"ge{one['effectiveDateTime']}",
        "code": one["code"]["coding"][0]["code"],
        "category": one["category"][0]["coding"][0]["code"],
        "_id": one["id"],
        "_format": "json",
    }
    app.fetch(tokens, f"/fhir/Observation?{urlencode(narrowed)}")
    app.fetch(tokens, f"/fhir/Observation/{one['id']}")
    app.fetch(tokens, "/fhir/Observation/unknown")
    app.fetch(tokens, "/fhir/Observation?colour=blue")
    own = app.fetch(tokens, "/fhir/Consent?status=active").json()["entry"][0]["resource"]
    for path in (f"Consent/{own['id']}", "Consent/unknown", "Consent?colour=blue"):
        app.fetch(tokens, f"/fhir/{path}")
    for kind, form in (("Observation", {"_count": "2"}), ("Consent", {"status": "active"})):
        url = f"{portal.url}/fhir/{kind}/_search"
        for accept in ("application/fhir+json", "application/fhir+xml"):
            headers = {
                "Authorization": f"DPoP {tokens.access_token}",
                "DPoP": app.proof("POST", url, tokens.access_token),
                "Accept": accept,
            }
            app.http.post(url, data=form, headers=headers)
        app.http.get(f"{portal.url}/fhir/{kind}")


def _look_back(portal: HeardPortal, browser: SecondBrowser) -> None:
    portal.until_indexed()
    portal.client().get(f"{portal.url}/ledger/checkpoint")
    consents = browser.see("/consents")
    [mine] = [one for one in _listed(consents["consents"]) if one["active"]]
    arrangement = f"/consents/{mine['arrangement_id']}"
    browser.see(f"{arrangement}/{mine['version_id']}")
    _take_along(portal, browser, arrangement, str(mine["version_id"]))
    browser.see("/history?kind=access&from=2020-01-01")
    browser.see("/history/apps?by=week")
    browser.see("/access")
    alerts = browser.see("/alerts")
    seen = {"csrf": str(alerts["csrf"]), "position": str(alerts["position"])}
    for csrf in (seen["csrf"], "0" * 64):
        browser.post("/alerts", {**seen, "csrf": csrf})
    newest = _listed(browser.see("/history")["entries"])[0]
    for position in (newest["position"], 999_999):
        browser._http.get(f"{portal.url}/history/{position}/proof", headers=JSON)
    for path in ("exchanges?year=2024", "provision-records?from=2020-01-01"):
        browser.see(f"/{path}")
    for suffix in ("csv", "json"):
        browser._http.get(f"{portal.url}/provision-records.{suffix}", headers=JSON)
    for path in ("/history", "/history/proofs.zip"):
        for query in ("kind=access", "kind=x"):
            browser._http.get(f"{portal.url}{path}?{query}", headers=JSON)
    form = {"csrf": str(consents["csrf"]), "version": str(mine["version_id"])}
    for what in ("suspend", "suspend", "resume", "resume", "withdraw", "withdraw"):
        browser.post(f"{arrangement}/{what}", {**form, "key": str(uuid4())})


def _take_along(
    portal: HeardPortal, browser: SecondBrowser, arrangement: str, version: str
) -> None:
    for path in (f"{version}/fhir", f"{version}/abdm", f"{version}/cdr", f"{uuid4()}/fhir"):
        browser._http.get(f"{portal.url}{arrangement}/{path}", headers=JSON)


def _prohibit(browser: SecondBrowser) -> None:
    csrf = str(browser.see("/prohibitions")["csrf"])
    key = str(uuid4())
    for app in ("", "app-unknown"):
        form = {"csrf": csrf, "category": "medication", "app": app, "key": key}
        browser.post("/prohibitions", form)
    browser.see("/prohibitions")
    for id_ in (key, str(uuid4())):
        browser.post(f"/prohibitions/{id_}/lift", {"csrf": csrf})


def _put_off(app: RelyingParty, browser: SecondBrowser) -> None:
    asked = details("checkup", "medication")
    interaction = browser.open(app.authorization_url(asked, scope=SCOPES))
    csrf = str(browser.see(f"/interactions/{interaction}")["csrf"])
    browser.post(f"/interactions/{interaction}", {"csrf": csrf, "decision": "later"})
    [waiting] = [one for one in _listed(browser.see("/consents")["consents"]) if one["waiting"]]
    path = f"/requests/{waiting['version_id']}"
    browser.see(path)
    for _ in range(2):
        chosen = ["checkup", "medication"]
        browser.post(path, {"csrf": csrf, "decision": "allow", "category": chosen})


def _be_told(portal: HeardPortal, app: RelyingParty, browser: SecondBrowser) -> None:
    """As an app: poll, acknowledge, list consents, and end one."""
    url = f"{portal.url}/apps/self"
    first = app.http.post(f"{url}/events", json=app.authentication() | {"maxEvents": 1}).json()
    taken = app.authentication() | {"ack": list(first["sets"])}
    app.http.post(f"{url}/events", json=taken)
    app.http.post(f"{url}/events", json={"maxEvents": -1})
    app.http.post(f"{url}/events", json={})
    for path in ("events", "consents", "consents/withdraw"):
        app.http.post(f"{url}/{path}", content=b"x" * 40_000, headers=_headers(path))
        app.http.post(f"{url}/{path}", content=b"", headers=_headers(path))
    known = app.http.post(f"{url}/consents", data=app.authentication()).json()["consents"]
    [alive] = [one for one in known if one["status"] == "granted"]
    page = browser.see("/consents")
    [shown] = [one for one in _listed(page["consents"]) if one["active"]]
    stop = {
        "csrf": str(page["csrf"]),
        "version": str(shown["version_id"]),
        "category": "checkup",
    }
    for arrangement in (shown["arrangement_id"], uuid4()):
        browser.post(f"/consents/{arrangement}/reduce", stop)
    ended = {"sub": alive["sub"], "arrangement": alive["arrangement"], "reason": "closed"}
    for _ in range(2):
        app.http.post(f"{url}/consents/withdraw", data=app.authentication() | ended)
    nobody = {**ended, "sub": "nobody"}
    app.http.post(f"{url}/consents/withdraw", data=app.authentication() | nobody)
    browser.post("/consents/withdraw", {"csrf": str(page["csrf"])})


def _headers(path: str) -> dict[str, str]:
    kind = "json" if path == "events" else "x-www-form-urlencoded"
    return {"content-type": f"application/{kind}"}


def _listed(value: object) -> list[dict[str, object]]:
    assert isinstance(value, list)
    return value


def _refused(app: RelyingParty, tokens: Tokens) -> None:
    for _ in range(2):
        with pytest.raises(RelyingPartyError):
            app.refresh(tokens)
    app.revoke(tokens)


def _walk_under_oidc(portal: HeardPortal) -> None:
    app = portal.register("oidc")
    url = app.authorization_url(details("checkup"))
    app.http.post(f"{portal.url}/authorize", data=dict(parse_qsl(urlsplit(url).query)))
    pushed = next(
        one.request for one in reversed(portal.heard) if one.request.url.path == "/par"
    )
    asked = {
        name: value
        for name, value in parse_qsl(pushed.content.decode())
        if not name.startswith("client_assertion")
    }
    browser = portal.browser()
    interaction = browser.open(f"{portal.url}/authorize?{urlencode(asked)}")
    browser.log_in(portal.card("suzuki-kenichi"), PIN, interaction)
    tokens = app.redeem(browser.answer(interaction, "all"))
    app.fetch(tokens, "/fhir/Observation?_count=1")
    app.introspect(tokens.access_token)
    app.revoke(tokens)
    app.fetch(tokens, "/fhir/Observation?_count=1")


def _log_in_by_a_second_device(portal: HeardPortal) -> None:
    http, screen, device = _claimed(portal)
    digits = device.sign(*sign_challenge(portal.card("yoshida-sho"), device.challenge, PIN))
    device.state()
    csrf = http.get(screen, headers=JSON).json()["csrf"]
    wrong = f"{(int(digits) + 1) % 1_000_000:06}"
    for code in (wrong, digits, digits):
        http.post(f"{screen}/confirm", data={"csrf": csrf, "code": code}, headers=JSON)
    http, screen, device = _claimed(portal)
    with suppress(KeyboardInterrupt), device.denied_unless_done():
        raise KeyboardInterrupt
    http.get(screen, headers=JSON)


def _claimed(portal: HeardPortal) -> tuple[httpx.Client, str, SecondDevice]:
    """A browser, its page with a code, and the second device that claimed it."""
    http, other = portal.client(), portal.client()
    csrf = http.get(f"{portal.url}/login", headers=JSON).json()["csrf"]
    begun = http.post(f"{portal.url}/auth/card/qr", data={"csrf": csrf}, headers=JSON)
    screen = f"{portal.url}{begun.headers['location']}"
    code = http.get(screen, headers=JSON).json()["code"]
    device = SecondDevice.claim(other, portal.url, code)
    for refused in (code, "A" * 22, "short"):
        other.post(f"{portal.url}/auth/x/claim", json={"code": refused})
    return http, screen, device


def _log_in_softly(portal: HeardPortal) -> None:
    http = portal.client()
    for pin in (WRONG_PIN, PIN):
        csrf = http.get(f"{portal.url}/login", headers=JSON).json()["csrf"]
        form = {"csrf": csrf, "persona": "hayashi-kaoru", "pin": pin}
        http.post(f"{portal.url}/login/soft", data=form, headers=JSON)
    http.post(f"{portal.url}/auth/card/challenges", json={"channel": "agent"})


def test_each_exchange_is_as_documented(
    contract: Contract, heard: list[httpx.Response]
) -> None:
    faults = {fault for answer in heard for fault in contract.faults(answer)}
    assert sorted(faults) == []


def test_each_entry_was_promised_with_the_answer_that_stands_for_it(
    portal: HeardPortal, heard: list[httpx.Response]
) -> None:
    """Logins, questions, consents, tokens, accesses, and what was refused of each."""
    log = keys.ledger_signer(portal.data / "keys").verifier
    notes = [
        b64decode(note)
        for answer in heard
        for note in answer.headers.get_list(HEADER, split_commas=True)
    ]
    promised = [promise.opened(note, log).leaf_hash for note in notes]
    database = Database(Settings(data=portal.data).database_url)
    entries = database.run(store.newest, 10_000)
    database.close()
    kinds = {leaf_hash(entry.leaf): read_leaf(entry.leaf).type for entry in entries}
    answered = {
        hashed
        for hashed, kind in kinds.items()
        if kind.partition(".")[0] in {"login", "consent", "token", "access"}
    }
    assert set(promised) == answered
    assert len(promised) == len(answered)
    assert {kinds[hashed] for hashed in promised} >= {
        "login.accepted", "login.refused", "consent.requested", "consent.granted",
        "consent.withdrawn", "token.issued", "token.refused", "token.revoked",
        "access.permitted", "access.refused",
    }  # fmt: skip


def test_each_documented_operation_was_called_and_went_well(
    contract: Contract, heard: list[httpx.Response]
) -> None:
    called = {
        (answer.request.method.lower(), found[0])
        for answer in heard
        if answer.status_code < 400 and (found := contract.operation_of(answer.request))
    }
    documented = {
        (method, path)
        for path, methods in contract.document["paths"].items()
        for method in methods
    }
    assert documented - called == set()


def test_examples_are_as_documented(contract: Contract) -> None:
    faults = [
        fault
        for path, methods in contract.document["paths"].items()
        for operation in methods.values()
        for status, answer in operation["responses"].items()
        for content in answer.get("content", {}).values()
        if "example" in content
        for fault in contract.misfits(content["example"], content["schema"], f"{path} {status}")
    ]
    assert faults == []


@pytest.mark.parametrize(
    ("value", "fault"),
    [
        pytest.param({"active": True}, None, id="fits"),
        pytest.param({"active": 1}, ".active is no boolean: 1", id="type"),
        pytest.param({}, ".active is missing", id="missing"),
        pytest.param({"active": True, "x": 1}, ".x is not documented", id="undocumented"),
        pytest.param(
            {"active": True, "kind": "b"}, ".kind is none of the values: 'b'", id="enum"
        ),
        pytest.param({"active": True, "list": [""]}, ".list[0] does not fit", id="pattern"),
    ],
)
def test_what_does_not_fit_a_schema_is_found(value: object, fault: str | None) -> None:
    schema = {
        "type": "object",
        "properties": {
            "active": {"type": "boolean"},
            "kind": {"enum": ["a"]},
            "list": {"type": "array", "items": {"type": "string", "pattern": "^.+$"}},
        },
        "required": ["active"],
    }
    found = list(Contract({}).misfits(value, schema, ""))
    assert [one.startswith(fault or "!") for one in found] == [True] * (fault is not None)
