"""What a person sees of grants that an app manages: what is added, and what stands beside."""

import pytest

from tests.mynaportal_sim.web.acting import logged_in
from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.kit import (
    JSON,
    Browser,
    Portal,
    decide,
    sent_back,
)


@pytest.fixture
def client(portal: Portal) -> Client:
    return Client.registered(portal)


@pytest.fixture
def grant_id(client: Client) -> str:
    """The grant by which a person gave check-ups."""
    browser, path = client.portal.asked(client.client_id)
    return client.redeemed(browser, path, "checkup")


def active(browser: Browser) -> list[str]:
    """The grants that a person sees in force."""
    consents = browser.get("/consents", **JSON).json()["consents"]
    return [one["arrangement_id"] for one in consents if one["active"]]


def test_a_person_sees_what_is_added_to_what_they_gave(
    portal: Portal, client: Client, grant_id: str
) -> None:
    browser = logged_in(portal, "sato-hanako")
    path = client.merging(browser, grant_id)
    told = browser.get(path, **JSON).json()
    assert {one["code"]: one["added"] for one in told["categories"]} == {
        "checkup": False, "medication": True,
    }  # fmt: skip
    assert told["addition"] == "under"
    [changed] = [one for one in told["replaces"]["differences"] if not one["before"]]
    assert changed["about"]
    page = browser.get(path).text
    assert page.count('<span class="tag">追加</span>') == 1
    assert "下で選ばなかったものは、提供が終わります" in page
    assert client.redeemed(browser, path, "checkup", "medication") == grant_id
    assert active(browser) == [grant_id]


def test_a_person_may_refuse_what_is_added_and_keep_what_there_is(
    portal: Portal, client: Client, grant_id: str
) -> None:
    browser = logged_in(portal, "sato-hanako")
    path = client.merging(browser, grant_id)
    assert sent_back(decide(browser, path, "deny"))["error"] == ["access_denied"]
    assert active(browser) == [grant_id]


def test_another_person_is_sent_back_from_a_grant_that_is_not_theirs(
    portal: Portal, client: Client, grant_id: str
) -> None:
    browser = logged_in(portal, "suzuki-kenichi")
    said = sent_back(browser.get(client.merging(browser, grant_id)))
    assert (said["error"], said["state"]) == (["invalid_grant_id"], ["st"])


def test_a_grant_that_changed_while_the_person_read_is_asked_about_anew(
    portal: Portal, client: Client, grant_id: str
) -> None:
    browser = logged_in(portal, "sato-hanako")
    first, second = (client.merging(browser, grant_id) for _ in range(2))
    csrf = browser.csrf(first)
    assert decide(browser, second, "allow", "medication").status_code == 303
    form = {"csrf": csrf, "decision": "allow", "category": ["checkup", "medication"]}
    assert browser.post(first, form).status_code == 409  # type: ignore[arg-type]  # a form
    assert sent_back(browser.get(first))["error"] == ["invalid_grant_id"]


def test_what_is_created_is_shown_as_a_consent_beside_the_others(
    portal: Portal, client: Client, grant_id: str
) -> None:
    browser = logged_in(portal, "sato-hanako")
    create = {"grant_management_action": "create"}
    path = str(portal.ask(browser, client.client_id, **create).headers["location"])
    assert browser.get(path, **JSON).json()["addition"] == "beside"
    page = browser.get(path).text
    assert "このアプリへの、もう一つの同意になります" in page
    assert "変わること" not in page
    other = client.redeemed(browser, path, "checkup")
    assert sorted(active(browser)) == sorted([grant_id, other])
