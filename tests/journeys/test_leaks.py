"""Each way round the check that was found elsewhere (HAPI #2012, PR6854, PR5387 and others).

An app that was given check-ups of one year asks in each of them for what it was not given.
"""

import json

import httpx
import pytest

from mynaportal_sim.clock import Clock
from mynaportal_sim.sample_app.relying_party import RelyingParty, Tokens
from tests.journeys.conftest import mostly_on
from tests.journeys.kit import Details, Portal, details

pytestmark = mostly_on("sqlite", "portal")

PERSONA = "watanabe-chiyo"


@pytest.fixture(scope="module")
def narrow(portal: Portal) -> tuple[RelyingParty, Tokens, str]:
    """An app that was given check-ups of last year only; the first day of that year."""
    year = Clock().now().year - 1
    asked: Details = details("checkup")
    asked[0]["period"] = {"from": f"{year}-01-01", "to": f"{year}-12-31"}
    app = portal.register("oidc")
    _, redirect = portal.walk(app, asked, persona=PERSONA)
    return app, app.redeem(redirect), f"{year}-01-01"


@pytest.fixture(scope="module")
def wide(portal: Portal) -> dict[str, set[str]]:
    """What another app, which was given everything, knows: days and medicines."""
    app = portal.register("oidc")
    _, redirect = portal.walk(app, details("checkup", "medication"), persona=PERSONA)
    tokens = app.redeem(redirect)
    observations = app.fetch(tokens, "/fhir/Observation?_count=1000").json()
    medicines = app.fetch(tokens, "/fhir/MedicationDispense?_count=1000").json()
    days = {one["resource"]["effectiveDateTime"] for one in observations["entry"]}
    return {"days": days, "medicines": {one["resource"]["id"] for one in medicines["entry"]}}


def _outside(wide: dict[str, set[str]], begin: str) -> set[str]:
    """Days of records that the narrow app was not given."""
    year = begin[:4]
    return {day for day in wide["days"] if not day.startswith(year)}


@pytest.mark.parametrize(
    "path",
    [
        pytest.param("/fhir/Observation?_count=1", id="Bundle.total, and links to more"),
        pytest.param("/fhir/Observation?_count=0", id="a count of all"),
        pytest.param("/fhir/Observation?_summary=count", id="a summary"),
        pytest.param("/fhir/DiagnosticReport?_count=1000", id="references of what was given"),
        pytest.param("/fhir/DiagnosticReport?_include=DiagnosticReport:result", id="_include"),
        pytest.param("/fhir/Patient?_revinclude=Observation:patient", id="_revinclude"),
        pytest.param("/fhir/Observation/_history", id="history of a type"),
        pytest.param("/fhir/Patient/$everything", id="$everything"),
        pytest.param("/fhir/$export", id="$export"),
        pytest.param("/fhir/Observation?date=lt2000-01-01", id="an older period"),
        pytest.param("/fhir/Observation?_lastUpdated=gt2000-01-01", id="_lastUpdated"),
        pytest.param("/fhir/MedicationDispense?_count=1000", id="another kind"),
        pytest.param("/fhir/Observation?_sort=-date&_elements=subject", id="_elements"),
    ],
)
def test_nothing_tells_of_what_was_not_given(
    narrow: tuple[RelyingParty, Tokens, str], wide: dict[str, set[str]], path: str
) -> None:
    app, tokens, begin = narrow
    answer = app.fetch(tokens, path)
    outside = _outside(wide, begin)
    assert outside
    for text in _pages(app, tokens, answer):
        assert not [day for day in outside if day in text]
        assert not [one for one in wide["medicines"] if one in text]
    if answer.is_success and answer.json().get("resourceType") == "Bundle":
        given = app.fetch(tokens, path.partition("?")[0] + "?_count=1000").json()
        assert answer.json().get("total", 0) <= len(given.get("entry", []))
    else:
        assert answer.status_code in {400, 403, 404}
        assert answer.json()["resourceType"] == "OperationOutcome"


def _pages(app: RelyingParty, tokens: Tokens, answer: httpx.Response) -> list[str]:
    """The text of an answer, and of each page that it leads to."""
    found = [answer.text]
    while answer.is_success:
        links = {one["relation"]: one["url"] for one in answer.json().get("link", ())}
        if "next" not in links or len(found) > 100:
            break
        answer = app.fetch(tokens, links["next"])
        found.append(answer.text)
    return found


def test_no_cache_and_no_condition_keeps_what_is_no_longer_given(portal: Portal) -> None:
    app = portal.register("oidc")
    browser, redirect = portal.walk(app, details("checkup"), persona=PERSONA)
    tokens = app.redeem(redirect)
    first = app.fetch(tokens, "/fhir/Observation?_count=1")
    assert first.headers["cache-control"] == "no-store"
    one = first.json()["entry"][0]["resource"]["id"]
    page = browser.see("/consents")
    consents = page["consents"]
    assert isinstance(consents, list)
    [mine] = [one for one in consents if one["app_id"] == app.client_id]
    form = {"csrf": str(page["csrf"]), "version": mine["version_id"]}
    browser.post(f"/consents/{mine['arrangement_id']}/withdraw", form)
    known = {"Authorization": f"Bearer {tokens.access_token}"}
    for condition in (
        {"If-None-Match": first.headers.get("etag", "*")},
        {"If-Modified-Since": "Thu, 01 Jan 2099 00:00:00 GMT"},
    ):
        for path in (f"/fhir/Observation/{one}", "/fhir/Observation?_count=1"):
            answer = app.http.get(f"{portal.url}{path}", headers={**known, **condition})
            assert answer.status_code == 403
            assert one not in json.dumps(answer.json())
