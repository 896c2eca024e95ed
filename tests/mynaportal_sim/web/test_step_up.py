"""Data may take a fresher or a stronger login than the token came of (RFC 9470)."""

import asyncio
import re
import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from consent.ledger.entry import read_body, read_leaf
from consent.ledger.store import newest
from mynaportal_sim.app import create_app
from mynaportal_sim.login.assurance import CARD
from mynaportal_sim.login.demands import UnknownDataError
from mynaportal_sim.setting_names import variable
from mynaportal_sim.settings import Settings
from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.kit import (
    PORT,
    Browser,
    Portal,
    decide,
)

OLD = timedelta(seconds=601)
_NAMED = re.compile(r'(\w+)="([^"]*)"')


@pytest.fixture
def settings(request: pytest.FixtureRequest) -> tuple[str, ...]:
    given: tuple[str, ...] = request.param
    return given


@pytest.fixture
def portal(prepared: Path, tmp_path: Path, settings: tuple[str, ...]) -> Iterator[Portal]:
    """A portal where some data take more of a login."""
    data = tmp_path / "data"
    shutil.copytree(prepared, data)
    web = create_app(Settings(data=data, port=PORT, step_up=settings))
    with asyncio.Runner() as runner:
        yield Portal(web, runner)
    web.state.database.close()


def redeemed(client: Client, answer: httpx.Response) -> str:
    """The access token for the code that an answer bears."""
    return client.tokens(answer)["access_token"]


def fetched(portal: Portal, token: str, kind: str = "Observation") -> httpx.Response:
    headers = {"authorization": f"Bearer {token}", "accept": "application/fhir+json"}
    return portal.browser().get(f"/fhir/{kind}?_count=1", **headers)


def challenge(answer: httpx.Response) -> dict[str, str]:
    """What a refusal says that another login would have to be."""
    assert answer.status_code == 401, answer.text
    said = dict(_NAMED.findall(answer.headers["www-authenticate"]))
    assert said.pop("error") == "insufficient_user_authentication"
    assert answer.json()["issue"][0]["details"]["coding"][0]["code"] == (
        "insufficient_user_authentication"
    )
    return {name: said[name] for name in ("acr_values", "max_age") if name in said}


def allowed(portal: Portal, client: Client) -> tuple[Browser, str]:
    """A person who has given both kinds of data, and a token for them."""
    browser, path = portal.asked(client.client_id)
    return browser, redeemed(client, decide(browser, path, "allow", "checkup", "medication"))


@pytest.mark.parametrize("settings", [("checkup=600",)], indirect=True)
def test_an_app_that_asks_as_it_is_told_gets_the_data(portal: Portal) -> None:
    client = Client.registered(portal)
    browser, token = allowed(portal, client)
    assert fetched(portal, token).status_code == 200

    portal.web.state.clock.forward(timedelta(seconds=200))
    browser.get("/consents")
    portal.web.state.clock.forward(OLD - timedelta(seconds=200))
    token = redeemed(client, go_on(portal, browser, client))
    assert fetched(portal, token, "MedicationDispense").status_code == 200
    wanted = challenge(fetched(portal, token))
    assert wanted == {"max_age": "600"}

    asked = portal.ask(browser, client.client_id, **wanted)
    path = str(asked.headers["location"])
    assert browser.get(path).headers["location"].startswith("/login?")
    back = browser.log_in(interaction=path.removeprefix("/interactions/"))
    assert back.headers["location"] == path
    token = redeemed(client, browser.get(path))
    assert fetched(portal, token).status_code == 200
    assert refusals(portal) == ["insufficient_user_authentication"]


def go_on(portal: Portal, browser: Browser, client: Client) -> httpx.Response:
    """What a person is sent back with who gave all that is asked before."""
    return browser.get(str(portal.ask(browser, client.client_id).headers["location"]))


def refusals(portal: Portal) -> list[object]:
    """The reasons for which data were refused, as the ledger has them."""
    entries = portal.web.state.database.run(newest, 100)
    return [
        read_body(entry.body)["reason"].value
        for entry in entries
        if entry.body is not None and read_leaf(entry.leaf).type == "access.refused"
    ]


@pytest.mark.parametrize(
    ("settings", "wanted"),
    [
        pytest.param((), {}, id="off"),
        pytest.param(("checkup=card",), {"acr_values": CARD}, id="by card"),
        pytest.param(
            ("checkup=card", "checkup=9"), {"acr_values": CARD}, id="by card, and new"
        ),
        pytest.param(("basic=card", "medication=card"), {}, id="other data"),
    ],
    indirect=["settings"],
)
def test_what_is_set_for_a_kind_of_data_holds_for_it_alone(
    portal: Portal, wanted: dict[str, str]
) -> None:
    client = Client.registered(portal)
    _, token = allowed(portal, client)
    answer = fetched(portal, token)
    if not wanted:
        assert answer.status_code == 200, answer.text
        return
    assert wanted.items() <= challenge(answer).items()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("checkup", id="nothing of the login"),
        pytest.param("checkup=soon", id="no number"),
        pytest.param("=600", id="no data"),
        pytest.param("checkup=-1", id="before"),
    ],
)
def test_a_setting_that_says_nothing_is_refused(
    monkeypatch: pytest.MonkeyPatch, text: str
) -> None:
    monkeypatch.setenv(variable("step_up"), "checkup=600, medication=card")
    assert Settings().step_up == ("checkup=600", "medication=card")
    monkeypatch.setenv(variable("step_up"), text)
    with pytest.raises(ValueError, match="step_up"):
        Settings()


def test_no_portal_starts_that_would_protect_data_that_there_are_not(prepared: Path) -> None:
    settings = Settings(data=prepared, port=PORT, step_up=("checkup=9", "chekcup=600"))
    with pytest.raises(UnknownDataError, match=r"chekcup.*choose of basic, checkup"):
        create_app(settings)
