"""What an operator reads of the erasures that the app owes."""

import html
import json
import re
from datetime import timedelta

import jwt
import pytest

from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.console import inside, part
from tests.mynaportal_sim.web.ended import Ended, told, withdrawn
from tests.mynaportal_sim.web.kit import JSON, ORIGIN, Portal


@pytest.fixture
def ended(portal: Portal) -> Ended:
    return withdrawn(portal, Client.registered(portal))


def test_the_console_tells_what_to_erase_and_what_became_of_certificates(ended: Ended) -> None:
    operator = inside(ended.client, "en")
    assert "Nothing is certified yet" in part(operator, "/erasures?show=certified")
    owed = part(operator, "/erasures")
    for said in (
        "The app was asked to erase",
        "Delete all of it.",
        ended.duty["id"],
        "Nobody else",
    ):
        assert said in owed
    assert "was refused" not in owed
    refused = ended.certify(ended.certificate(counts={}))
    assert refused.json()["fault"] == "other_categories"
    owed = part(operator, "/erasures")
    assert "The last certificate was refused." in owed
    assert "other_categories" in owed
    assert ended.certify(ended.certificate()).status_code == 200
    assert "Nothing is to be erased" in part(operator, "/erasures")
    certified = part(operator, "/erasures?show=certified")
    assert "The app certifies that it has erased" in certified
    assert "was refused" not in certified


def test_the_certificate_that_the_console_spells_out_is_taken_once_signed(ended: Ended) -> None:
    page = html.unescape(part(inside(ended.client), "/erasures"))
    claims, header, endpoint = re.findall(
        r'<pre class="code"[^>]*><code>(.*?)</code>', page, re.DOTALL
    )
    signed = jwt.encode(json.loads(claims), ended.client.key, headers=json.loads(header))
    assert endpoint == f"POST {ORIGIN}/apps/self/erasures/{ended.duty['id']}/certificate"
    assert ended.certify(signed).status_code == 200


def test_the_console_shows_what_is_overdue_first(ended: Ended) -> None:
    portal = ended.client.portal
    operator = inside(ended.client, "en")
    assert "overdue" not in part(operator, "")
    portal.web.state.clock.forward(timedelta(days=31))
    again = portal.given("checkup", client_id=ended.client.client_id)
    [consent] = [
        one for one in again.get("/consents", **JSON).json()["consents"] if one["active"]
    ]
    form = {"csrf": again.csrf("/consents"), "version": consent["version_id"]}
    again.post(f"/consents/{consent['arrangement_id']}/withdraw", form)
    told(portal)
    operator = inside(ended.client, "en")
    assert "1 overdue" in part(operator, "")
    owed = part(operator, "/erasures")
    late, soon = owed.index("Erasure is overdue"), owed.index("The app was asked to erase")
    assert late < soon
