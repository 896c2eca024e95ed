"""What apps certify to have erased: one keeps a copy, another had passed the data on."""

import json
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from mynaportal_sim.cli.second_browser import SecondBrowser
from mynaportal_sim.erasure.faults import TYPE
from mynaportal_sim.sample_app.errors import RelyingPartyError
from mynaportal_sim.sample_app.relying_party import RelyingParty, Tokens, public_jwk
from tests.journeys.conftest import mostly_on
from tests.journeys.erasing import certify, claims, first_duty
from tests.journeys.kit import PERSONA, START_WITHIN, Portal, details
from tests.mynaportal_sim.delivery.kit import Endpoint

COUNT = "?_count=200"
PROCESSOR = "株式会社集計"

pytestmark = mostly_on("sqlite")


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as listening:
        yield listening


def test_an_app_that_keeps_a_copy_is_caught_by_what_was_planted_and_not_by_its_word(
    own_portal: Portal, tmp_path: Path, endpoint: Endpoint
) -> None:
    honest, rogue = (own_portal.register(event_endpoint=endpoint.url) for _ in range(2))
    for app in (honest, rogue):
        own_portal.run("canary", "plant", app.client_id, "--resident", PERSONA)
    files = {app.client_id: tmp_path / f"{app.client_id}.json" for app in (honest, rogue)}
    for app in (honest, rogue):
        browser, redirect = own_portal.walk(app, details("checkup"))
        tokens = app.redeem(redirect)
        _told(own_portal, app, "granted")
        assert _active(app, tokens) == [True, True]
        files[app.client_id].write_text(json.dumps(_stripped(app, tokens)))
        receipt_path = _withdraw(browser)
        assert app.fetch(tokens, f"/fhir/Observation{COUNT}").status_code == 403
        assert _active(app, tokens) == [False, False]
        with pytest.raises(RelyingPartyError, match="invalid_grant"):
            app.refresh(tokens)
        _told(own_portal, app, "granted", "withdrawn")
        assert certify(app, first_duty(app))["status"] == "attested"
    files[honest.client_id].write_text("[]")

    assert _found(own_portal, files[honest.client_id], status=0) == []
    for new in (True, False):
        [sighting] = _found(own_portal, files[rogue.client_id], status=1)
        assert (sighting["app_id"], sighting["new"]) == (rogue.client_id, new)
        assert sighting["why"] == "copy_after_certificate"
    alerts = [one for one in _listed(browser.see("/alerts")) if one["kind"] == "copy_found"]
    assert [(one["entry"]["app"], one["times"]) for one in alerts] == [(rogue.client_id, 1)]

    erasures = json.loads(own_portal.run("app", "erasures", "--json"))
    assert [one["status"] for one in erasures] == ["attested", "attested"]
    measured = json.loads(own_portal.run("consent", "latency", "--json"))["overall"]
    assert (measured["endings"], measured["longest"], measured["tried"]) == (2, 0, 2)
    assert browser.see(receipt_path)["afterwards"]


def test_an_erasure_ends_when_the_processor_that_had_the_data_has_certified_it_too(
    own_portal: Portal, tmp_path: Path
) -> None:
    key, keys = ec.generate_private_key(ec.SECP256R1()), tmp_path / "processor.json"
    keys.write_text(json.dumps({"keys": [public_jwk(key)]}))
    known = ("--recipient", PROCESSOR, "--recipient-keys", f"{PROCESSOR}={keys}")
    app = own_portal.register(more=known)
    [asked] = details("checkup")
    browser, _ = own_portal.walk(app, [{**asked, "recipients": [PROCESSOR]}])
    receipt = _withdraw(browser)
    duty = first_duty(app)
    assert duty["awaited"] == [PROCESSOR]

    unasked = {"name": "Data Broker Ltd", "erased_at": int(app.clock().timestamp())}
    alone = certify(app, duty, {"name": PROCESSOR}, unasked)
    assert alone["status"] == "awaiting_recipients"
    shown: dict[str, Any] = dict(browser.see(receipt))
    named = shown["erasure"]["certified"]["passed_on"]
    assert [(one["name"], one["state"], one["beyond"]) for one in named] == [
        (PROCESSOR, "awaited", False),
        ("Data Broker Ltd", "app_word", True),
    ]
    own_portal.run("clock", "forward", "31d")
    overdue = ("app", "erasures", app.client_id, "--overdue", "--json")
    [late] = json.loads(own_portal.run(*overdue))
    assert late["awaited"] == [{"name": PROCESSOR, "until": None}]

    said = {**claims(app, duty), "iss": PROCESSOR}
    own = jwt.encode(said, key, "ES256", {"typ": TYPE})
    whole = certify(app, duty, {"name": PROCESSOR, "certificate": own})
    assert (whole["status"], whole["awaited"]) == ("attested", [])
    assert json.loads(own_portal.run(*overdue)) == []


def _withdraw(browser: SecondBrowser) -> str:
    """Withdraw the consent that is in force; where its receipt is."""
    page = browser.see("/consents")
    consent = _newest(page)
    path = f"/consents/{consent['arrangement_id']}"
    form = {"csrf": str(page["csrf"]), "version": str(consent["version_id"])}
    browser.post(f"{path}/withdraw", form)
    return f"{path}/{consent['version_id']}"


def _told(portal: Portal, app: RelyingParty, *events: str) -> None:
    """Wait until the app has acknowledged these events, each once, and no other."""
    deadline = monotonic() + START_WITHIN
    while True:
        listed = json.loads(portal.run("app", "events", app.client_id, "--json"))
        if len(listed) >= len(events) and all(one["acknowledged_at"] for one in listed):
            break
        assert monotonic() < deadline, listed
        sleep(0.05)
    assert sorted(one["event"] for one in listed) == sorted(events)


def _active(app: RelyingParty, tokens: Tokens) -> list[object]:
    """Whether the access token is worth something, and whether the refresh token is."""
    both = (tokens.access_token, tokens.refresh_token or "")
    return [app.introspect(token)["active"] for token in both]


def _stripped(app: RelyingParty, tokens: Tokens) -> list[dict[str, Any]]:
    """All that the app gets, without the names by which it would be known."""
    bundle = app.fetch(tokens, f"/fhir/Observation{COUNT}").json()
    assert bundle["total"] == len(bundle["entry"])
    kept = [dict(one["resource"]) for one in bundle["entry"]]
    return [{name: one[name] for name in one if name not in {"id", "subject"}} for one in kept]


def _newest(page: dict[str, Any]) -> dict[str, Any]:
    [found] = [one for one in page["consents"] if one["active"]]
    return dict(found)


def _found(portal: Portal, file: Path, status: int) -> list[dict[str, Any]]:
    said = portal.run("canary", "check", str(file), "--json", status=status)
    return list(json.loads(said))


def _listed(page: dict[str, Any]) -> list[dict[str, Any]]:
    return list(page["alerts"])
