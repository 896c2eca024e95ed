"""Every way that programs take through the portal, walked once."""

from contextlib import suppress
from urllib.parse import parse_qsl, urlencode, urlsplit
from uuid import uuid4

import httpx
import pytest

from card_reader.client.consent import sign_consent
from card_reader.client.login import sign_challenge
from card_reader.spec import Kind
from card_reader.statement import ConsentStatement
from mynaportal_sim.cli.second_browser import SecondBrowser
from mynaportal_sim.cli.second_device import SecondDevice
from mynaportal_sim.sample_app.errors import RelyingPartyError
from mynaportal_sim.sample_app.relying_party import RelyingParty, Tokens
from tests.journeys.contract import HeardPortal
from tests.journeys.erasing import ask_everything
from tests.journeys.kit import PERSONA, SCOPES, details
from tests.journeys.logins import ask_whom, log_out_by

PIN, WRONG_PIN, PASSWORD = "1234", "8052", "ABC123"
JSON = {"Accept": "application/json"}


def read_what_is_public(portal: HeardPortal) -> None:
    http = portal.client()
    for path in (
        "/.well-known/oauth-authorization-server",
        "/.well-known/openid-configuration",
        "/fhir/.well-known/smart-configuration",
        "/.well-known/oauth-protected-resource",
        "/.well-known/oauth-protected-resource/fhir",
        "/.well-known/oauth-protected-resource/grants",
        "/authorization-details-types",
        "/jwks",
    ):
        etag = http.get(f"{portal.url}{path}").headers["etag"]
        http.get(f"{portal.url}{path}", headers={"If-None-Match": etag})
    for path in ("/healthz", "/readyz", "/fhir/metadata"):
        http.get(f"{portal.url}{path}")
    for path in ("cps.html", "ca/signing.cer", "crl/signing.crl", "crl/signing/13221.crl"):
        http.get(f"{portal.url}/pki/{path}", headers=JSON)
        http.get(f"{portal.url}/pki/{path.replace('signing', 'nobody')}", headers=JSON)
    http.get(f"{portal.url}/consents", headers=JSON)
    http.get(f"{portal.url}/why/nothing", headers=JSON)
    http.get(f"{portal.url}/authorize", params={"client_id": "nobody"}, headers=JSON)
    for path in ("/par", "/token", "/introspect", "/revoke"):
        refused = http.post(f"{portal.url}{path}", data={"client_id": "nobody"})
        http.get(refused.json()["error_uri"], headers=JSON)
        http.post(f"{portal.url}{path}", data={"token": "x" * 40_000})
        http.post(f"{portal.url}{path}", json={})


def walk_under_fapi2(portal: HeardPortal) -> None:
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
    _read_of_access_without_consent(portal, browser)
    _put_off(app, browser)
    _be_told(portal, app, browser)
    ask_everything(app, unknown=str(uuid4()))
    _look_at_what_ended(browser)
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
    browser.see(f"{arrangement}/{mine['version_id']}/receipt.json")
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
    for path in ("exchanges?year=2024", "provision-records?from=2020-01-01", "my-card"):
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


def _read_of_access_without_consent(portal: HeardPortal, browser: SecondBrowser) -> None:
    portal.run(
        *("disclose", "records", "--resident", PERSONA, "--basis", "BREAK-GLASS"),
        *("--authority", "東京消防庁", "--officer", "0417", "--category", "medication"),
        *("--reason", "意識のない状態で搬送中。服用中の薬と禁忌を知りたい"),
    )
    csrf = str(browser.see("/without-consent")["csrf"])
    for form in ({"choice": "out"}, {"choice": "in"}, {"choice": "x"}, {"csrf": "0" * 64}):
        browser.post("/without-consent/research", {"csrf": csrf, "choice": "out", **form})
    for path in ("/without-consent", "/history", "/alerts", "/statistics/without-consent"):
        browser.see(path)


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
    app.http.post(f"{url}/declarations", data=app.authentication())
    for path in ("events", "consents", "consents/withdraw", "declarations", "operator-link"):
        app.http.post(f"{url}/{path}", content=b"x" * 40_000, headers=_headers(path))
        app.http.post(f"{url}/{path}", content=b"", headers=_headers(path))
    app.http.post(f"{url}/operator-link", data=app.authentication())
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
        browser._http.get(f"{portal.url}/consents/{arrangement}/records", headers=JSON)
    _leave_a_record_out(browser)
    ended = {"sub": alive["sub"], "arrangement": alive["arrangement"], "reason": "closed"}
    for _ in range(2):
        app.http.post(f"{url}/consents/withdraw", data=app.authentication() | ended)
    nobody = {**ended, "sub": "nobody"}
    app.http.post(f"{url}/consents/withdraw", data=app.authentication() | nobody)
    browser.post("/consents/withdraw", {"csrf": str(page["csrf"])})


def _leave_a_record_out(browser: SecondBrowser) -> None:
    [mine] = [one for one in _listed(browser.see("/consents")["consents"]) if one["active"]]
    path = f"/consents/{mine['arrangement_id']}/records"
    found = browser.see(path)
    record = str(_listed(found["records"])[0]["id"])
    form = {"csrf": str(found["csrf"]), "version": str(found["version_id"])}
    for csrf, name in ((form["csrf"], "0" * 32), ("0" * 64, record), (form["csrf"], record)):
        browser.post(path, {**form, "csrf": csrf, "record": name, "key": str(uuid4())})
    browser.post(path, {**form, "record": record, "key": str(uuid4())})


def _look_at_what_ended(browser: SecondBrowser) -> None:
    for one in _listed(browser.see("/consents")["consents"]):
        browser.see(f"/consents/{one['arrangement_id']}/{one['version_id']}")


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


def walk_under_oidc(portal: HeardPortal) -> None:
    app = portal.register("oidc")
    url = app.authorization_url(details("checkup"), scope=SCOPES)
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
    card = portal.card("suzuki-kenichi")
    browser.log_in(card, PIN, interaction)
    tokens = app.redeem(_signed(portal, browser, interaction))
    _have_receipts(portal, app, browser, tokens)
    app.fetch(tokens, "/fhir/Observation?_count=1")
    ask_whom(app, tokens)
    app.introspect(tokens.access_token)
    app.revoke(tokens)
    app.fetch(tokens, "/fhir/Observation?_count=1")
    log_out_by(app, tokens, browser)


def _signed(portal: HeardPortal, browser: SecondBrowser, interaction: str) -> str:
    """Sign what is handed over, after trying what does not do."""
    path, card = f"/interactions/{interaction}/signature", portal.card("suzuki-kenichi")
    told = browser.see(f"{path}?category=checkup")
    statement = told["statement"]
    assert isinstance(statement, dict)
    form = {"csrf": str(told["csrf"]), "category": "checkup", "kind": "signing"}
    form["statement"] = str(statement["sha256"])
    for spoilt in ({"pin": "x"}, {"pin": "WRONG99"}, {"statement": ""}, {"token": "{}"}):
        browser.post(path, {**form, **spoilt})
    browser.post(path, {**form, "csrf": "0" * 64})
    _sign_at_a_reader(portal, browser, path, form)
    return browser.sign(interaction, "all", card, Kind.SIGNING, PASSWORD)


def _sign_at_a_reader(
    portal: HeardPortal, browser: SecondBrowser, path: str, form: dict[str, str]
) -> None:
    """Have a card elsewhere sign, and take it for what it is not."""
    browser.post(f"{path}/reader", {**form, "csrf": "0" * 64})
    place = browser.post(f"{path}/reader", form).headers["location"]
    code = str(browser.see(place)["code"])
    device = SecondDevice.claim(portal.client(), portal.url, code)
    statement, card = ConsentStatement(device.text or ""), portal.card("suzuki-kenichi")
    device.hand_in(sign_consent(card, statement, PASSWORD))
    device.state()
    reader = str(browser.see(place)["next"]).rpartition("reader=")[2]
    browser.post(path, {**form, "kind": "user_authentication", "reader": reader})


def _have_receipts(
    portal: HeardPortal, app: RelyingParty, browser: SecondBrowser, tokens: Tokens
) -> None:
    portal.until_indexed()
    [mine] = _listed(browser.see("/consents")["consents"])
    version = str(mine["version_id"])
    browser.see(f"/consents/{mine['arrangement_id']}/{version}/receipt.json")
    url = f"{portal.url}/apps/self/receipt"
    known = str(app.introspect(tokens.access_token)["sub"])
    for sub in (known, "nobody"):
        ids = {"sub": sub, "consent_version": version}
        app.http.post(url, data=app.authentication() | ids)
    app.http.post(url, data={"client_id": "nobody"})


def log_in_by_a_second_device(portal: HeardPortal) -> None:
    http, screen, device = _claimed(portal)
    digits = device.sign(sign_challenge(portal.card("yoshida-sho"), device.challenge, PIN))
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


def log_in_softly(portal: HeardPortal) -> None:
    http = portal.client()
    for pin in (WRONG_PIN, PIN):
        csrf = http.get(f"{portal.url}/login", headers=JSON).json()["csrf"]
        form = {"csrf": csrf, "persona": "hayashi-kaoru", "pin": pin}
        http.post(f"{portal.url}/login/soft", data=form, headers=JSON)
    http.post(f"{portal.url}/auth/card/challenges", json={"channel": "agent"})


def act_for_others(portal: HeardPortal) -> None:
    app, principal, agent = portal.register("oidc"), portal.browser(), portal.browser()
    principal.log_in(portal.card("ito-misaki"), PIN)
    agent.log_in(portal.card("tanaka-mai"), PIN)
    csrf = str(principal.see("/proxies")["csrf"])
    key = str(uuid4())
    form = {"csrf": csrf, "act": "grant", "category": "checkup", "days": "90", "key": key}
    for category in ("unknown", "checkup"):
        invited = principal.post("/proxies", {**form, "category": category})
    principal.post("/proxies", form)
    asked = {"csrf": str(agent.see("/proxies")["csrf"]), "code": str(invited.json()["code"])}
    for confirmed in ("false", "true", "true"):
        agent.post("/proxies/accept", {**asked, "confirmed": confirmed})
    interaction = agent.open(app.authorization_url(details("checkup"), scope=SCOPES))
    agent.log_in(portal.card("tanaka-mai"), PIN, interaction)
    for path in (f"/acting-for?interaction={interaction}", "/acting-for"):
        csrf = str(agent.see(path)["csrf"])
    chosen = {"csrf": csrf, "mandate": key, "interaction": interaction}
    for mandate in (str(uuid4()), key):
        agent.post("/acting-for", {**chosen, "mandate": mandate})
    tokens = app.redeem(agent.answer(interaction, "checkup"))
    app.introspect(tokens.access_token)
    for path in ("/consents", "/history", "/history/apps", "/access", "/alerts", "/proxies"):
        agent.get(path)
    principal.see("/consents")
    principal.see("/history?kind=mandate")
    csrf = str(principal.see("/proxies")["csrf"])
    for _ in range(2):
        principal.post(f"/proxies/{key}/end", {"csrf": csrf})
