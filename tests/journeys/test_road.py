"""The road, walked over HTTP: exactly what was given flows, and not a moment longer."""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import jwt
import pytest
from sqlalchemy import MetaData, create_engine

from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.sample_app.errors import AuthorizationError, RelyingPartyError
from mynaportal_sim.settings import Settings
from tests.journeys.kit import PERSONA, Portal, details

PIN, WRONG_PIN = "1234", "8052"
A_PIN = re.compile(rf"(?<![\w.+/=-])({PIN}|{WRONG_PIN})(?![\w.+/=-])")  # no part of a number
BOTH = ("checkup", "medication")
ASKED_OF_ALL = ("/fhir/Observation", "/fhir/DiagnosticReport", "/fhir/MedicationDispense")


def test_an_app_gets_exactly_what_the_person_gave(portal: Portal) -> None:
    app = portal.register()
    _, redirect = portal.walk(app, details(*BOTH), consent="checkup")
    tokens = app.redeem(redirect)

    claims = jwt.decode(tokens.access_token, options={"verify_signature": False})
    [granted] = claims["authorization_details"]
    assert granted["categories"] == ["checkup"]
    statuses = {path: app.fetch(tokens, path).status_code for path in ASKED_OF_ALL}
    assert list(statuses.values()) == [200, 200, 403]


def test_who_has_said_the_same_before_is_not_asked_again(portal: Portal) -> None:
    app = portal.register()
    browser, _ = portal.walk(app, details("checkup"))
    again = browser.open(app.authorization_url(details("checkup")))
    tokens = app.redeem(browser.answer(again, "none"))
    assert app.fetch(tokens, "/fhir/Observation").status_code == 200


def test_who_refuses_sends_the_app_away_with_nothing(portal: Portal) -> None:
    app = portal.register()
    _, redirect = portal.walk(app, details(*BOTH), consent="none")
    with pytest.raises(AuthorizationError, match="access_denied"):
        app.redeem(redirect)


@pytest.mark.parametrize("profile", ["fapi2", "oidc"])
def test_a_withdrawn_consent_refuses_the_very_next_access(portal: Portal, profile: str) -> None:
    app = portal.register(profile)
    browser, redirect = portal.walk(app, details("checkup"))
    tokens = app.redeem(redirect)
    assert app.fetch(tokens, "/fhir/Observation").status_code == 200

    page = browser.see("/consents")
    consents = page["consents"]
    assert isinstance(consents, list)
    [mine] = [one for one in consents if one["app_id"] == app.client_id]
    form = {"csrf": str(page["csrf"]), "version": mine["version_id"]}
    answer = browser.post(f"/consents/{mine['arrangement_id']}/withdraw", form)
    assert answer.status_code == 303

    # Each of these may meet another worker process.
    refused = {app.fetch(tokens, "/fhir/Observation").status_code for _ in range(8)}
    assert refused == {403}
    with pytest.raises(RelyingPartyError, match="invalid_grant"):
        app.refresh(tokens)


def test_what_was_asked_for_once_is_had_with_one_token_and_asked_again(portal: Portal) -> None:
    app, once = portal.register(), [{**details("checkup")[0], "term": "once"}]
    for _ in range(2):
        browser, redirect = portal.walk(app, once)
        tokens = app.redeem(redirect)
        for _ in range(2):
            assert app.fetch(tokens, "/fhir/Observation").status_code == 200
        with pytest.raises(RelyingPartyError, match="invalid_grant"):
            app.refresh(tokens)
        consents = browser.see("/consents")["consents"]
        assert isinstance(consents, list)
        [mine] = [one for one in consents if one["app_id"] == app.client_id and one["active"]]
        assert (mine["once"], mine["state"]) == (True, "exhausted")


def test_a_changed_purpose_is_asked_again_before_the_next_fetch(portal: Portal) -> None:
    app = portal.register()
    _, redirect = portal.walk(app, details("checkup"))
    tokens = app.redeem(redirect)
    assert app.fetch(tokens, "/fhir/Observation").status_code == 200
    words = ("--purpose-text", "歩数と健診結果を並べて表示するため")
    portal.run("app", "declare", app.client_id, *words)
    refused = app.fetch(tokens, "/fhir/Observation")
    assert refused.status_code == 403
    assert "purpose_changed" in refused.text
    vague = portal.run(
        "app", "declare", app.client_id, "--purpose-text", "分析等のため", status=1
    )
    assert "name each thing" in vague
    _, again = portal.walk(app, details("checkup"))  # which shows the question once more
    assert app.fetch(app.redeem(again), "/fhir/Observation").status_code == 200


def test_scopes_of_smart_ask_for_the_same_categories(portal: Portal) -> None:
    app = portal.register("oidc")
    browser = portal.browser()
    interaction = browser.open(app.authorization_url(scope="patient/MedicationDispense.rs"))
    browser.log_in(portal.card(), "1234", interaction)
    tokens = app.redeem(browser.answer(interaction, "all"))
    assert app.fetch(tokens, "/fhir/MedicationDispense").json()["total"] > 0
    assert app.fetch(tokens, "/fhir/Observation").status_code == 403


def test_a_person_reads_who_saw_their_data_and_the_ledger_is_whole(portal: Portal) -> None:
    app = portal.register()
    browser, redirect = portal.walk(app, details("checkup"), persona="suzuki-kenichi")
    app.fetch(app.redeem(redirect), "/fhir/Observation")
    entries = browser.see("/history")["entries"]
    assert isinstance(entries, list)
    kinds = [entry["type"] for entry in entries]
    assert kinds[:5] == [
        "access.permitted",
        "token.issued",
        "consent.granted",
        "consent.requested",
        "login.accepted",
    ]
    assert "Whole: " in portal.run("ledger", "verify")


def test_a_person_reads_what_a_court_prohibited_one_app_and_lifted(portal: Portal) -> None:
    app = portal.register()
    browser, _ = portal.walk(app, details("checkup"))
    court = ("--resident", PERSONA, "--by", "court", "--json")
    of_one_app = ("--app", app.client_id, "--reason", "令和8年(ヨ)第1号 仮処分決定")
    placed = json.loads(portal.run("consent", "prohibit", *court, *of_one_app))
    portal.run("consent", "lift", placed["id"], *court)
    entries = browser.see("/history?kind=consent")["entries"]
    assert isinstance(entries, list)
    told = [(one["event"], one["by"], one["who"], one["app"]) for one in entries[:2]]
    rest = ("裁判所", "すこやか手帳", app.client_id)
    assert told == [
        ("提供の禁止が解除されました", *rest),
        ("情報の提供が禁止されました", *rest),
    ]


def test_an_app_may_ask_for_a_fresh_login_of_who_is_logged_in(portal: Portal) -> None:
    app = portal.register()
    browser = portal.browser()
    browser.log_in(portal.card(), "1234")
    portal.run("clock", "forward", "2s")
    interaction = browser.open(app.authorization_url(details("checkup"), prompt="login"))
    with pytest.raises(CommandError, match="login"):
        browser.answer(interaction, "all")
    browser.log_in(portal.card(), "1234", interaction)
    assert app.redeem(browser.answer(interaction, "all")).refresh_token


def test_headless_login_by_command_prints_where_the_browser_would_go(portal: Portal) -> None:
    app = portal.register()
    url = app.authorization_url(details(*BOTH))
    printed = portal.run(
        "app", "login", "--auth-url", url, "--persona", "sato-hanako", "--consent", "medication"
    )
    tokens = app.redeem(printed.strip())
    assert app.fetch(tokens, "/fhir/MedicationDispense").status_code == 200
    assert app.fetch(tokens, "/fhir/Observation").status_code == 403


def test_two_apps_share_no_identifier_of_a_person(portal: Portal) -> None:
    seen = []
    for _ in range(2):
        app = portal.register()
        _, redirect = portal.walk(app, details("checkup"), persona="suzuki-kenichi")
        tokens = app.redeem(redirect)
        bundle = app.fetch(tokens, "/fhir/Observation?_count=1000").json()
        claims = jwt.decode(tokens.access_token, options={"verify_signature": False})
        ids = {entry["resource"]["id"] for entry in bundle["entry"]}
        ids |= {entry["resource"]["subject"]["reference"] for entry in bundle["entry"]}
        seen.append(ids | {claims["sub"], claims["arrangement"], claims["consent_version"]})
    assert not seen[0] & seen[1]


def test_no_pin_is_left_anywhere(portal: Portal) -> None:
    browser = portal.browser()
    for pin, status in ((WRONG_PIN, 401), (PIN, 303)):
        form = {"csrf": str(browser.see("/login")["csrf"]), "persona": PERSONA, "pin": pin}
        assert browser.post("/login/soft", form).status_code == status
    assert not A_PIN.search(_without_table_of_personas(portal.log.read_text()))
    cells = list(_stored(Settings(data=portal.data, db=portal.db).database_url))
    assert "residents.profile" in {place for place, value in cells if A_PIN.search(value)}
    rest = map(_without_published_pin, cells)
    assert [place for place, value in rest if A_PIN.search(value)] == []


def _without_published_pin(cell: tuple[str, str]) -> tuple[str, str]:
    """The cell, less the test PIN that a resident's card is given."""
    place, value = cell
    if place != "residents.profile":
        return cell
    profile = json.loads(value)
    del profile["card"]["pin"]
    return place, json.dumps(profile)


def _stored(url: str) -> Iterator[tuple[str, str]]:
    """Every text and blob in the database, with its "table.column"."""
    engine = create_engine(url)
    tables = MetaData()
    tables.reflect(engine)
    with engine.connect() as connection:
        for table in tables.tables.values():
            for row in connection.execute(table.select()).mappings():
                for column, value in row.items():
                    if isinstance(value, str | bytes):
                        text = value if isinstance(value, str) else value.decode("latin-1")
                        yield f"{table.name}.{column}", text
    engine.dispose()


def _without_table_of_personas(log: str) -> str:
    return "\n".join(line for line in log.splitlines() if "  1234  " not in line)


def test_a_second_portal_on_the_same_directory_or_port_says_so(
    portal: Portal, tmp_path: Path
) -> None:
    same_port = portal.run("up", "--data", str(tmp_path), status=1)
    assert f"port {portal.port}" in same_port
    same_data = portal.run("up", "--port", str(portal.port + 1), status=1)
    assert "already runs" in same_data
