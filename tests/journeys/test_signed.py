"""What is signed by the card is verified from files, also when every server is gone."""

import json
import shutil
from base64 import b64decode
from pathlib import Path

import pytest

from card_reader.document.format import Format
from card_reader.spec import Kind
from tests.journeys.conftest import mostly_on
from tests.journeys.documents import DOCUMENT, ask_to_sign
from tests.journeys.kit import PERSONA, Portal, Screen, details, until_witnessed, witness

SECRETS = {Kind.SIGNING: "ABC123", Kind.USER_AUTHENTICATION: "1234"}


def _receipts(portal: Portal, kind: Kind) -> tuple[str, str]:
    """What the person saves and what the app saves of one signed consent."""
    app = portal.register()
    browser = portal.browser()
    interaction = browser.open(app.authorization_url(details("checkup")))
    card = portal.card()
    browser.log_in(card, "1234", interaction)
    tokens = app.redeem(browser.sign(interaction, "checkup", card, kind, SECRETS[kind]))
    assert app.fetch(tokens, "/fhir/Observation").status_code == 200
    until_witnessed(portal)
    consents = browser.see("/consents")["consents"]
    assert isinstance(consents, list)
    [mine] = [one for one in consents if one["app_id"] == app.client_id]
    address = f"/consents/{mine['arrangement_id']}/{mine['version_id']}/receipt.json"
    told = app.introspect(tokens.access_token)
    ids = {"sub": str(told["sub"]), "consent_version": mine["version_id"]}
    its = app.http.post(f"{portal.url}/apps/self/receipt", data=app.authentication() | ids)
    return json.dumps(browser.see(address)), its.text


@mostly_on("sqlite")
@pytest.mark.parametrize("kind", list(Kind))
def test_a_receipt_is_verified_with_every_server_stopped(
    own_portal: Portal, tmp_path: Path, kind: Kind
) -> None:
    own_portal.stop()
    with witness(own_portal, tmp_path / "witness") as place:
        own_portal.witnesses = place
        own_portal.start()
        copies = dict(zip(("person", "app"), _receipts(own_portal, kind), strict=True))
        roots, key = own_portal.run("consent", "roots"), own_portal.run("ledger", "key").strip()
        own_portal.stop()
    (tmp_path / "roots.pem").write_text(roots)
    shutil.rmtree(own_portal.data)
    trust = ("--roots", str(tmp_path / "roots.pem"), "--key", key, "--witness", place)
    for name, saved in copies.items():
        file = tmp_path / f"{name}.json"
        file.write_text(saved)
        found = json.loads(own_portal.run("consent", "verify", str(file), *trust, "--json"))
        assert all(one["well"] for one in found)
    assert "✓ revocation" in own_portal.run(
        "consent", "verify", str(tmp_path / "person.json"), *trust
    )
    spoilt = tmp_path / "spoilt.json"
    spoilt.write_text(copies["person"].replace("checkup", "medication"))
    told = own_portal.run("consent", "verify", str(spoilt), *trust, status=1)
    assert "✗ agreement" in told
    own_portal.run("consent", "verify", str(tmp_path / "roots.pem"), *trust, status=1)


def test_a_command_signs_with_the_card(portal: Portal) -> None:
    app = portal.register()
    url = app.authorization_url(details("checkup"))
    options = ("--auth-url", url, "--persona", PERSONA, "--sign", "signing")
    tokens = app.redeem(portal.run("app", "login", *options).strip())
    assert app.fetch(tokens, "/fhir/Observation").status_code == 200


@pytest.mark.parametrize("kind", list(Kind))
def test_a_card_in_a_reader_signs_what_a_browser_shows(portal: Portal, kind: Kind) -> None:
    app, browser, card = portal.register(), portal.browser(), portal.card()
    interaction = browser.open(app.authorization_url(details("checkup")))
    browser.log_in(card, "1234", interaction)
    path = f"/interactions/{interaction}/signature"
    asked = browser.see(f"{path}?category=checkup")
    statement = asked["statement"]
    assert isinstance(statement, dict)
    form = {
        "csrf": str(asked["csrf"]),
        "category": "checkup",
        "statement": str(statement["sha256"]),
        "kind": kind.value,
    }
    place = browser.post(f"{path}/reader", form).headers["location"]
    code = str(browser.see(place)["code"])
    file = portal.data / "cards" / f"{PERSONA}.json"
    usual = ("--portal", portal.url, "--code", code, "--card", str(file), "--yes", "--no-wait")
    told = portal.run("sign", *usual, "--pin", SECRETS[kind])
    assert "Go back to the browser" in told
    waiting = browser.see(place)
    assert waiting["state"] == "signed"
    reader = place.rpartition("/")[2]
    sent_back = browser.post(path, form | {"reader": reader}).headers["location"]
    assert app.fetch(app.redeem(sent_back), "/fhir/Observation").status_code == 200
    assert SECRETS[Kind.SIGNING] not in portal.log.read_text()


@pytest.mark.parametrize("form", Format)
def test_a_document_is_signed_by_the_command_and_verified_by_another(
    portal: Portal, tmp_path: Path, form: Format
) -> None:
    app = portal.register()
    browser, redirect = portal.walk(app, details("checkup"))
    sub = str(app.introspect(app.redeem(redirect).access_token)["sub"])
    path = f"/documents/{(asked := ask_to_sign(app, sub, format=form.value))}"
    csrf = str(browser.see(path)["csrf"])
    place = browser.post(f"{path}/reader", {"csrf": csrf}).headers["location"]
    file = portal.data / "cards" / f"{PERSONA}.json"
    where = ("--portal", portal.url, "--code", str(browser.see(place)["code"]))
    told = portal.run(
        "sign",
        *where,
        "--card",
        str(file),
        "--yes",
        "--no-wait",
        "--pin",
        SECRETS[Kind.SIGNING],
    )
    assert "Go back to the browser" in told
    reader = str(browser.see(place)["next"]).rpartition("=")[2]
    browser.post(f"{path}/signature", {"csrf": csrf, "reader": reader})
    result = app.ask("/apps/self/documents/result", id=asked)
    (tmp_path / "document").write_bytes(DOCUMENT)
    (tmp_path / "signature").write_bytes(b64decode(str(result["signature"])))
    files = (str(tmp_path / "document"), "--signature", str(tmp_path / "signature"))
    found = json.loads(portal.run("document", "verify", *files, "--json"))
    assert [one["well"] for one in found] == [True] * 6, found


def test_each_command_sends_the_others_code_away_and_the_browser_learns_of_it(
    portal: Portal,
) -> None:
    screen = Screen(portal)
    file = str(portal.data / "cards" / f"{PERSONA}.json")
    usual = ("--portal", portal.url, "--card", file, "--yes", "--pin", "1234")
    told = portal.run("sign", *usual, "--code", screen.code, status=1)
    assert "`mynasim login` takes it" in told
    assert "said no at the card reader" in screen.read()
