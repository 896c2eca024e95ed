"""What apps certify to have erased: one keeps a copy, another had passed the data on."""

import json
from pathlib import Path
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric import ec

from mynaportal_sim.cli.second_browser import SecondBrowser
from mynaportal_sim.erasure.faults import TYPE
from mynaportal_sim.sample_app.relying_party import RelyingParty, Tokens, public_jwk
from tests.journeys.erasing import certify, claims, first_duty
from tests.journeys.kit import PERSONA, Portal, details

COUNT = "?_count=200"
PROCESSOR = "株式会社集計"


def test_an_app_that_keeps_a_copy_is_caught_by_what_was_planted_and_not_by_its_word(
    own_portal: Portal, tmp_path: Path
) -> None:
    honest, rogue = own_portal.register(), own_portal.register()
    for app in (honest, rogue):
        own_portal.run("canary", "plant", app.client_id, "--resident", PERSONA)
    files = {app.client_id: tmp_path / f"{app.client_id}.json" for app in (honest, rogue)}
    for app in (honest, rogue):
        browser, redirect = own_portal.walk(app, details("checkup"))
        tokens = app.redeem(redirect)
        files[app.client_id].write_text(json.dumps(_stripped(app, tokens)))
        receipt_path = _withdraw(browser)
        assert app.fetch(tokens, f"/fhir/Observation{COUNT}").status_code == 403
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

    alone = certify(app, duty, {"name": PROCESSOR})
    assert alone["status"] == "awaiting_recipients"
    shown: dict[str, Any] = dict(browser.see(receipt))
    [named] = shown["erasure"]["certified"]["passed_on"]
    assert (named["name"], named["state"]) == (PROCESSOR, "awaited")
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
