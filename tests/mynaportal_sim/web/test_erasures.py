"""From the end of a consent to the app's certificate, and what its person is shown of it."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest

from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.ended import Ended, told, withdrawn
from tests.mynaportal_sim.web.kit import JSON, Portal, events_of


@pytest.fixture
def ended(portal: Portal) -> Ended:
    return withdrawn(portal, Client.registered(portal))


def test_a_duty_arises_at_the_end_and_is_done_by_a_certificate(ended: Ended) -> None:
    duty = ended.duty
    assert (duty["status"], duty["ended"], duty["on_end"]) == (
        "requested",
        "withdrawn",
        "delete",
    )
    assert duty["categories"] == ["checkup"]
    assert ended.shown["state"] == "requested"
    for _ in range(2):
        told = ended.client.ask(f"erasures/{duty['id']}/acknowledge")
        assert (told.status_code, told.json()["status"]) == (200, "acknowledged")
    certificate = ended.certificate()
    for _ in range(2):
        taken = ended.certify(certificate)
        assert (taken.status_code, taken.json()["status"]) == (200, "attested")
    assert ended.client.ask("erasures").json() == {"erasures": [], "after": None}
    said = ended.shown["certified"]
    assert said["token"] == certificate
    assert [one["records"] for one in said["counts"]] == [12]
    page = ended.browser.get(ended.path).text
    assert certificate in page
    assert "12" in page
    assert events_of(ended.browser)[:3] == [
        "erasure.attested",
        "erasure.acknowledged",
        "erasure.requested",
    ]


def test_what_is_taken_back_in_part_is_erased_in_part(portal: Portal) -> None:
    client = Client.registered(portal)
    browser = portal.given("checkup", "medication", client_id=client.client_id)
    [given] = browser.get("/consents", **JSON).json()["consents"]
    form = {"csrf": browser.csrf("/consents"), "version": given["version_id"]}
    own = f"/consents/{given['arrangement_id']}"
    assert browser.post(f"{own}/reduce", {**form, "category": "medication"}).is_redirect
    told(portal)
    [duty] = client.ask("erasures").json()["erasures"]
    assert (duty["ended"], duty["categories"]) == ("superseded", ["medication"])
    part = Ended(client, browser, f"{own}/{given['version_id']}")
    assert part.certify(part.certificate()).json()["fault"] == "other_categories"
    assert part.certify(part.certificate(counts={"medication": 3})).status_code == 200
    assert part.shown["state"] == "attested"
    [now] = [
        one for one in browser.get("/consents", **JSON).json()["consents"] if one["active"]
    ]
    assert (now["categories"], now["erasure"]) == (["健診結果"], None)


@pytest.mark.parametrize(
    ("choice", "categories"),
    [
        pytest.param({"category": ["checkup", "medication"]}, [], id="the same again"),
        pytest.param({"category": ["checkup"]}, ["medication"], id="one kind less"),
        pytest.param(
            {"category": ["checkup", "medication"], "since": "2024-01-01"},
            ["checkup", "medication"],
            id="fewer days",
        ),
        pytest.param({"category": [], "decision": "deny"}, [], id="refused"),
    ],
)
def test_a_new_answer_has_that_erased_of_which_it_gives_less(
    portal: Portal, choice: dict[str, Any], categories: list[str]
) -> None:
    client = Client.registered(portal)
    browser = portal.given("checkup", "medication", client_id=client.client_id)
    path = portal.ask(browser, client.client_id, prompt="consent").headers["location"]
    form = {"csrf": browser.csrf(path), "decision": "allow", **choice}
    assert browser.post(path, form).is_redirect
    told(portal)
    duties = client.ask("erasures").json()["erasures"]
    assert [one["categories"] for one in duties] == ([categories] if categories else [])


def test_what_was_certified_once_is_not_certified_otherwise(ended: Ended) -> None:
    first, second = ended.certificate(), ended.certificate(counts={"checkup": 0})
    assert ended.certify(first).status_code == 200
    again = ended.certify(second)
    assert (again.status_code, again.json()["error"]) == (409, "erasure_settled")
    assert "attested" in again.json()["error_description"]
    late = ended.client.ask(f"erasures/{ended.path.rpartition('/')[2]}/acknowledge")
    assert late.status_code == 409


def test_a_certificate_that_is_not_taken_says_why_and_changes_nothing(ended: Ended) -> None:
    refused = ended.certify(ended.certificate(counts={}))
    assert refused.status_code == 400
    said = refused.json()
    assert (said["error"], said["fault"]) == ("invalid_certificate", "other_categories")
    assert ended.shown["state"] == "requested"


def test_another_app_sees_and_settles_nothing_of_it(portal: Portal, ended: Ended) -> None:
    other = Client.registered(portal)
    assert other.ask("erasures").json()["erasures"] == []
    id_, certificate = ended.duty["id"], ended.certificate()
    told = other.ask(f"erasures/{id_}/certificate", certificate=certificate)
    assert (told.status_code, told.json()["error"]) == (404, "unknown_erasure")
    assert other.ask(f"erasures/{uuid4()}/acknowledge").status_code == 404
    assert other.ask("erasures/x/acknowledge").status_code == 400


def test_what_is_not_certified_in_time_is_overdue_for_all_to_see(
    portal: Portal, ended: Ended
) -> None:
    portal.web.state.clock.forward(timedelta(days=31))
    assert ended.duty["status"] == "overdue"
    ended.browser.log_in()
    assert ended.shown["state"] == "overdue"
    assert "期限を過ぎ" in ended.browser.get("/consents").text


def test_what_has_run_out_is_to_be_erased_and_stays_to_be_read(portal: Portal) -> None:
    client = Client.registered(portal)
    browser = portal.given("checkup", client_id=client.client_id)
    portal.web.state.clock.forward(timedelta(days=91))
    for _ in range(2):
        told(portal)
    browser.log_in()
    [consent] = browser.get("/consents", **JSON).json()["consents"]
    ended = Ended(
        client, browser, f"/consents/{consent['arrangement_id']}/{consent['version_id']}"
    )
    assert (ended.duty["ended"], ended.shown["state"]) == ("expired", "requested")
    assert (consent["state"], consent["active"]) == ("expired", False)
    assert browser.get(ended.path).status_code == 200
    assert ended.certify(ended.certificate()).json()["status"] == "attested"


def test_what_goes_on_need_not_be_erased(portal: Portal) -> None:
    client = Client.registered(portal)
    browser = portal.given("checkup", client_id=client.client_id)
    portal.given("checkup", client_id=client.client_id)
    [consent] = [
        one for one in browser.get("/consents", **JSON).json()["consents"] if one["active"]
    ]
    form = {"csrf": browser.csrf("/consents"), "version": consent["version_id"]}
    browser.post(f"/consents/{consent['arrangement_id']}/suspend", form)
    told(portal)
    assert client.ask("erasures").json()["erasures"] == []
