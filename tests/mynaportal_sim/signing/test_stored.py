"""Stored answers are what was answered, or somebody learns that they are not."""

import json
from typing import Any

import pytest
from sqlalchemy import Connection, insert, select, update
from typer.testing import CliRunner

from card_reader.spec import Kind
from consent.store.tables import consent_versions
from mynaportal_sim.cli.consent import app
from tests.mynaportal_sim.signing.kit import consents, sign
from tests.mynaportal_sim.web.kit import JSON, Browser, Form, Portal


def _check(portal: Portal, *arguments: str) -> tuple[int, list[dict[str, Any]]]:
    data = ("--data", str(portal.web.state.settings.data), "--json")
    done = CliRunner().invoke(app, ["check", *arguments, *data])
    found: list[dict[str, Any]] = json.loads(done.stdout)
    return done.exit_code, found


def _reduced(browser: Browser) -> None:
    [given] = browser.get("/consents", **JSON).json()["consents"]
    form: Form = {"csrf": browser.csrf("/consents"), "version": given["version_id"]}
    path = f"/consents/{given['arrangement_id']}/reduce"
    assert browser.post(path, form | {"category": ["medication"]}).status_code == 303


def test_whatever_happens_to_an_answer_it_stays_what_was_answered(portal: Portal) -> None:
    sign(portal, Kind.SIGNING)
    browser = portal.given("checkup", "medication", client_id=portal.register())
    for one in consents(browser):
        if one["signed_with"]:
            where = f"/consents/{one['arrangement_id']}/withdraw"
            form = {"csrf": browser.csrf("/consents"), "version": one["version_id"]}
            assert browser.post(where, form).status_code == 303
    code, [found] = _check(portal)
    assert (code, found["found"]) == (0, "2 are what was answered")


def test_a_part_that_was_taken_back_is_an_answer_of_its_own(portal: Portal) -> None:
    _reduced(portal.given("checkup", "medication"))
    code, [found] = _check(portal, "--resident", "sato-hanako")
    assert (code, found["found"]) == (0, "2 are what was answered")


def _widen(connection: Connection) -> None:
    terms = connection.execute(select(consent_versions.c.terms)).scalar_one()
    wider = terms.replace("2021-04-01", "1921-04-01")
    assert wider != terms
    connection.execute(update(consent_versions).values(terms=wider))


def _lend(connection: Connection) -> None:
    connection.execute(update(consent_versions).values(app_id="app-of-somebody-else"))


def _act(connection: Connection) -> None:
    connection.execute(update(consent_versions).values(granter_role="guardian"))


def _prolong(connection: Connection) -> None:
    longer = consent_versions.c.valid_until_at + 86_400
    connection.execute(update(consent_versions).values(valid_until_at=longer))


def _invent(connection: Connection) -> None:
    row = connection.execute(select(consent_versions)).mappings().one()
    new = {**row, "id": row["id"].__class__(int=1), "number": 2}
    connection.execute(insert(consent_versions), new)


@pytest.mark.parametrize(
    ("tamper", "said"),
    [
        (_widen, "was changed"),
        (_lend, "was changed"),
        (_act, "was changed"),
        (_prolong, "was changed"),
        (_invent, "has no entry"),
    ],
)
def test_what_somebody_did_to_the_database_is_found(
    portal: Portal, tamper: Any, said: str
) -> None:
    portal.given("checkup")
    portal.web.state.database.run(tamper)
    code, [found] = _check(portal)
    assert (code, found["well"]) == (1, False)
    assert said in found["found"]
