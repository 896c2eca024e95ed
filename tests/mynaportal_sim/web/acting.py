"""Browsers of those who act for others, and what they do there."""

from secrets import token_bytes
from typing import Any
from uuid import UUID, uuid4

from consent import service
from consent.mandate import Mandate, MandateState, Scope
from consent.model import Role
from mynaportal_sim.residents import store as residents
from tests.mynaportal_sim.web.kit import Browser, Form, Portal

YUI, MAI = "tanaka-yui", "tanaka-mai"
HIKARI, SHIORI, TETSUYA = "mori-hikari", "mori-shiori", "ogawa-tetsuya"
CHIYO, KAORU = "watanabe-chiyo", "hayashi-kaoru"
EVERYBODY = (YUI, MAI, HIKARI, SHIORI, TETSUYA, CHIYO, KAORU)


def logged_in(portal: Portal, persona: str) -> Browser:
    browser = portal.browser()
    assert browser.log_in(persona).status_code == 303
    return browser


def read(browser: Browser, path: str) -> dict[str, object]:
    answer = browser.get(path, accept="application/json")
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


# Any: what a program reads is as deep as it is.
def listed(browser: Browser, path: str, name: str) -> list[dict[str, Any]]:
    found = read(browser, path)[name]
    assert isinstance(found, list)
    return found


def mandates(browser: Browser) -> list[dict[str, Any]]:
    return listed(browser, "/acting-for", "mandates")


def act(browser: Browser, interaction: str = "") -> None:
    """Act for the one whom this person can act for."""
    [mandate] = mandates(browser)
    form: Form = {"csrf": browser.csrf("/acting-for"), "mandate": str(mandate["id"])}
    assert browser.post("/acting-for", form | {"interaction": interaction}).status_code == 303


def acting(portal: Portal, agent: str) -> Browser:
    browser = logged_in(portal, agent)
    act(browser)
    return browser


def ask(portal: Portal, browser: Browser, **changed: str) -> str:
    path = portal.ask(browser, portal.register(), **changed).headers["location"]
    assert path.startswith("/interactions/")
    return str(path)


def allow(browser: Browser, path: str) -> str:
    form: Form = {"csrf": browser.csrf(path), "decision": "allow", "category": ["checkup"]}
    answer = browser.post(path, form)
    assert answer.status_code == 303, answer.text
    return str(answer.headers["location"])


def refused(browser: Browser, path: str, form: Form | None = None) -> str:
    """The named error of a request that is not allowed."""
    json = {"accept": "application/json"}
    answer = browser.get(path, **json) if form is None else browser.post(path, form, **json)
    assert answer.status_code == 403, answer.text
    code: str = answer.json()["code"]
    return code


def id_of(portal: Portal, persona: str) -> UUID:
    found = portal.web.state.database.run(residents.by_persona, persona)
    assert found is not None
    return UUID(str(found.id))


def entrust(portal: Portal, scope: Scope) -> Mandate:
    """Let Mai act for Chiyo within a scope, as for Yui no more."""
    now = portal.web.state.clock.now()
    mandate = Mandate(
        uuid4(), id_of(portal, CHIYO), id_of(portal, TETSUYA), Role.PROXY, scope, now, None,
        None, "", MandateState.ACTIVE, now,
    )  # fmt: skip
    args = (mandate, portal.holder(CHIYO), now, token_bytes)
    assert portal.web.state.database.run(service.register, *args)
    return mandate


def of_an_age_to_decide(portal: Portal) -> None:
    """Let minors of any age decide some things alone, as from the next request on."""
    bands = {"minors_assent_from": 1, "minors_decide_from": 2}
    settings = portal.web.state.settings
    portal.web.state.settings = settings.model_copy(update=bands)
