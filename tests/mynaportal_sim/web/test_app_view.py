"""An app that proves itself reads its own entries; nobody reads another's or a person's."""

from uuid import UUID

import pytest

from consent.ledger.entry import b64url
from consent.ledger.evidence import Evidence, Proven, judge
from consent.ledger.sequencer import sequence
from mynaportal_sim import keys
from tests.mynaportal_sim.web.client import HOLDER, SECRETS, Client
from tests.mynaportal_sim.web.kit import Portal

LISTINGS = ("accesses", "refusals", "receipts")


@pytest.fixture
def client(portal: Portal) -> Client:
    """An app of which the ledger knows something of everything."""
    client = Client.registered(portal)
    client.happened("access.permitted", request="GET Observation", count=2)
    client.happened("access.refused", request="GET Patient", reason="withdrawn")
    client.happened("token.refused", request="refresh_token", reason="invalid_grant")
    client.happened("consent.granted", arrangement="a", number=1)
    client.happened("consent.withdrawn", arrangement="a", number=1)
    client.happened("consent.requested")
    state = portal.web.state
    signer = keys.ledger_signer(state.settings.keys)
    while state.database.run(sequence, signer, state.clock.now()):
        pass
    return client


@pytest.mark.parametrize(
    ("listing", "types"),
    [
        pytest.param("accesses", ["access.permitted"], id="accesses"),
        pytest.param("refusals", ["token.refused", "access.refused"], id="refusals"),
        pytest.param("receipts", ["consent.withdrawn", "consent.granted"], id="receipts"),
    ],
)
def test_an_app_reads_its_own_newest_first(
    client: Client, listing: str, types: list[str]
) -> None:
    answer = client.ask(listing)
    assert answer.headers["cache-control"] == "no-store"
    assert [entry["type"] for entry in answer.json()["entries"]] == types
    assert answer.json()["older"] is None


def test_each_row_is_proven_in_the_apps_copy(client: Client) -> None:
    [row] = client.ask("accesses").json()["entries"]
    evidence = Evidence.parse(row["proof"].encode())
    signer = keys.ledger_signer(client.portal.web.state.settings.keys)
    assert isinstance(judge(evidence, signer.verifier), Proven)
    assert evidence.index == row["index"]
    shown = {name: opening.value for name, opening in evidence.shown.items()}
    assert shown.pop("at") == row["at"]
    assert shown == row["fields"]


@pytest.mark.parametrize("listing", LISTINGS)
def test_nothing_of_the_person_is_in_an_answer(client: Client, listing: str) -> None:
    text = client.ask(listing).text
    for secret in (*SECRETS.values(), b64url(HOLDER), HOLDER.hex()):
        assert f'"{secret}"' not in text
    for name in ("holder", *SECRETS):
        assert f'"{name}":{{' not in text


def test_an_app_reads_that_another_consented_for_the_person_and_by_no_mandate(
    client: Client,
) -> None:
    client.happened("access.permitted", granter_role="guardian", mandate=str(UUID(int=5)))
    row = client.ask("accesses", limit="1").json()["entries"][0]
    assert row["fields"]["granter_role"] == "guardian"
    assert "mandate" not in row["fields"]
    assert str(UUID(int=5)) not in str(row)


@pytest.mark.parametrize("listing", LISTINGS)
def test_another_app_reads_nothing_of_it(client: Client, listing: str) -> None:
    other = Client.registered(client.portal)
    assert other.ask(listing).json() == {"entries": [], "older": None}
    assert other.ask(listing, client_id=client.client_id).status_code == 401
    stolen = other.assertion(iss=client.client_id, sub=client.client_id)
    assert other.ask(listing, stolen).json()["error"] == "invalid_client"


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param({"iss": "nobody", "sub": "nobody"}, id="an unknown app"),
        pytest.param({"aud": "https://elsewhere.example"}, id="another audience"),
        pytest.param({"exp": 1}, id="an expired assertion"),
    ],
)
def test_who_is_not_proven_reads_nothing(client: Client, spoilt: dict[str, object]) -> None:
    answer = client.ask("accesses", client.assertion(**spoilt))
    assert answer.status_code == 401
    assert answer.json()["error"] == "invalid_client"


def test_an_assertion_serves_once_and_for_one_listing(client: Client) -> None:
    assertion = client.assertion()
    assert client.ask("accesses", assertion).status_code == 200
    for listing in LISTINGS:
        assert client.ask(listing, assertion).json()["error"] == "invalid_client"


def test_a_long_list_comes_in_pages(client: Client) -> None:
    for number in range(300):
        client.happened("token.issued", token=str(number))
    for number in range(5):
        client.happened("access.permitted", request=str(number))
    seen: list[str] = []
    before: dict[str, str] = {}
    while True:
        page = client.ask("accesses", limit="2", **before).json()
        seen += [entry["fields"]["request"] for entry in page["entries"]]
        if page["older"] is None:
            break
        before = {"before": str(page["older"])}
    assert seen == ["4", "3", "2", "1", "0", "GET Observation"]


@pytest.mark.parametrize("text", ["0", "-1", "101", "x", "1" * 30, "٣"])
def test_a_limit_that_is_none_is_refused(client: Client, text: str) -> None:
    assert client.ask("accesses", limit=text).json()["error"] == "invalid_request"


def test_nothing_is_asked_by_address(client: Client) -> None:
    assert client.ask("accesses?limit=1").json()["error"] == "invalid_request"
    assert client.portal.browser().get("/apps/self/accesses").status_code == 405
