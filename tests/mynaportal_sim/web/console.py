"""The console of an app, as whoever operates it comes in and reads it."""

from datetime import timedelta

import httpx

from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.kit import JSON, ORIGIN, PORT, Browser, Form, Portal

OPERATOR_COOKIE = f"mynasim-operator-{PORT}"
ENTRANCE = "/apps/console/open"
"""The console's pages, behind its address."""


def link(client: Client) -> str:
    """A new link to an app's console, as the app itself has it made."""
    answer = client.ask("operator-link")
    assert answer.status_code == 200, answer.text
    return str(answer.json()["url"])


def token_of(url: str) -> str:
    address, _, token = url.partition("#")
    assert address == f"{ORIGIN}{ENTRANCE}"
    return token


def follow(browser: Browser, token: str, **headers: str) -> httpx.Response:
    return browser.post(ENTRANCE, {"token": token}, **headers)


def inside(client: Client, language: str = "ja") -> Browser:
    """A browser in an app's console."""
    browser = client.portal.browser(language)
    entered = follow(browser, token_of(link(client)))
    assert (entered.status_code, entered.headers["location"]) == (303, "/apps/console")
    return browser


def part(browser: Browser, path: str) -> str:
    """The text of a page of the console."""
    answer = browser.get(f"/apps/console{path}")
    assert answer.status_code == 200, (path, answer.status_code, answer.text)
    return answer.text


def forward(portal: Portal, by: timedelta) -> None:
    portal.web.state.clock.forward(by)


def arrangement(client: Client) -> dict[str, str]:
    """The app's only arrangement, as the app reads it."""
    [found] = client.ask("consents").json()["consents"]
    assert isinstance(found, dict)
    return found


def change(person: Browser, what: str) -> None:
    [consent] = person.get("/consents", **JSON).json()["consents"]
    form: Form = {"csrf": person.csrf("/consents"), "version": consent["version_id"]}
    person.post(f"/consents/{consent['arrangement_id']}/{what}", form)
