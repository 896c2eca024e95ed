"""PyPI's fhirpy reads the data with a token, page by page."""

import asyncio

import pytest
from fhirpy import AsyncFHIRClient, SyncFHIRClient
from fhirpy.base.exceptions import AuthorizationError, ForbiddenError, ResourceNotFound

from mynaportal_sim.sample_app.relying_party import RelyingParty, Tokens
from tests.journeys.kit import Portal, details

pytestmark = pytest.mark.clients
PAGE = 5


@pytest.fixture(scope="module")
def given(portal: Portal) -> tuple[RelyingParty, Tokens]:
    """An app, and its tokens for check-ups but not for medication."""
    app = portal.register("oidc")
    _, redirect = portal.walk(app, details("checkup", "medication"), "checkup")
    return app, app.redeem(redirect)


@pytest.fixture(scope="module")
def fhir(portal: Portal, given: tuple[RelyingParty, Tokens]) -> SyncFHIRClient:
    _, tokens = given
    return SyncFHIRClient(f"{portal.url}/fhir", authorization=f"Bearer {tokens.access_token}")


def test_all_pages_are_found_by_following_links(fhir: SyncFHIRClient) -> None:
    search = fhir.resources("Observation").limit(PAGE)
    everything = search.fetch_all()
    assert len(everything) > 2 * PAGE
    assert len(search.fetch()) == PAGE
    assert len({one.id for one in everything}) == len(everything)


def test_a_resource_is_read_by_its_reference(fhir: SyncFHIRClient) -> None:
    first = fhir.resources("Observation").limit(1).fetch()[0]
    again = fhir.reference("Observation", first.id).to_resource()
    assert dict(again) == dict(first)


def test_search_parameters_narrow_what_is_found(fhir: SyncFHIRClient) -> None:
    some = fhir.resources("Observation").fetch()[-1]
    day = some["effectiveDateTime"][:10]
    that_day = fhir.resources("Observation").search(date=day).fetch_all()
    assert some.id in {one.id for one in that_day}
    assert {one["effectiveDateTime"][:10] for one in that_day} == {day}
    code = some["code"]["coding"][0]
    coded = fhir.resources("Observation").search(code=f"{code['system']}|{code['code']}")
    assert {one["code"]["coding"][0]["code"] for one in coded.fetch_all()} == {code["code"]}


def test_what_was_not_granted_is_refused_in_fhirs_own_words(fhir: SyncFHIRClient) -> None:
    with pytest.raises(ForbiddenError, match="OperationOutcome"):
        fhir.resources("MedicationDispense").fetch()


def test_what_does_not_exist_is_not_found(fhir: SyncFHIRClient) -> None:
    with pytest.raises(ResourceNotFound):
        fhir.reference("Observation", "unknown").to_resource()


def test_a_token_that_was_given_back_reads_nothing(portal: Portal) -> None:
    app = portal.register("oidc")
    _, redirect = portal.walk(app, details("checkup"), persona="suzuki-kenichi")
    tokens = app.redeem(redirect)
    bearer = f"Bearer {tokens.access_token}"
    client = SyncFHIRClient(f"{portal.url}/fhir", authorization=bearer)
    assert client.resources("Observation").limit(1).fetch()
    app.revoke(tokens)
    with pytest.raises(AuthorizationError, match="revoked"):
        client.resources("Observation").fetch()


def test_the_asynchronous_client_reads_the_same(
    portal: Portal, given: tuple[RelyingParty, Tokens], fhir: SyncFHIRClient
) -> None:
    _, tokens = given
    bearer = f"Bearer {tokens.access_token}"

    async def everything() -> set[str]:
        client = AsyncFHIRClient(f"{portal.url}/fhir", authorization=bearer)
        return {one.id for one in await client.resources("Observation").fetch_all()}

    found = fhir.resources("Observation").fetch_all()
    assert asyncio.run(everything()) == {one.id for one in found}
