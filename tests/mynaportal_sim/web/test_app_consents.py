"""What an app polls for, how its consents stand, and how it gives one back."""

from hashlib import sha256
from os import urandom
from time import sleep
from uuid import UUID, uuid4

import httpx
import jwt
import pytest

from consent.instants import rfc3339
from mynaportal_sim.apps import service as apps
from mynaportal_sim.delivery.sender import take_up
from mynaportal_sim.oauth.keys import service as signing_keys
from mynaportal_sim.oauth.keys.files import KeyFiles
from mynaportal_sim.oauth.keys.following import LOOK_EVERY
from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.kit import ORIGIN, Browser, Form, Portal

JSON = {"accept": "application/json"}


@pytest.fixture
def client(portal: Portal) -> Client:
    return Client.registered(portal)


@pytest.fixture
def browser(portal: Portal, client: Client) -> Browser:
    """A person who has consented to check-ups."""
    return portal.given("checkup", client_id=client.client_id)


def poll(client: Client, **said: object) -> dict[str, object]:
    """What waits for the app, once what has happened is on its way."""
    state = client.portal.web.state
    sign, now = client.portal.runner.run(state.token_keys.fresh()).sign, state.clock.now()
    state.database.run(take_up, ORIGIN, sign, now, urandom)
    answer = _polled(client, **said)
    assert answer.status_code == 200, answer.text
    found: dict[str, object] = answer.json()
    return found


def _polled(client: Client, **said: object) -> httpx.Response:
    browser = client.portal.browser()
    return browser.send("POST", "/apps/self/events", json={**client.proof, **said})


def test_an_event_comes_until_it_is_acknowledged_by_the_app_it_is_for(
    portal: Portal, client: Client, browser: Browser
) -> None:
    found = poll(client)
    sets = found["sets"]
    assert isinstance(sets, dict)
    [jti] = sets
    assert poll(client) == found
    other = Client.registered(portal)
    assert poll(other, ack=[jti]) == {"sets": {}, "moreAvailable": False}
    assert poll(client, setErrs={jti: {"err": "jws", "description": "?"}}) == found
    assert _polled(client, setErrs={jti: {"err": " "}}).status_code == 400  # no fault named
    assert poll(client) == found
    assert poll(client, ack=[jti, "no uuid", str(uuid4())])["sets"] == {}
    assert browser.get("/consents", **JSON).status_code == 200


def test_an_event_that_waits_while_the_keys_change_comes_by_the_key_that_signs_then(
    portal: Portal, client: Client, browser: Browser
) -> None:
    def waiting() -> tuple[str, dict[str, object]]:
        sets = poll(client)["sets"]
        assert isinstance(sets, dict)
        [token] = sets.values()
        keys = jwt.PyJWKSet.from_dict(browser.get("/jwks").json())
        kid = jwt.get_unverified_header(token)["kid"]
        options: jwt.types.Options = {"verify_aud": False, "verify_iat": False}
        assert jwt.get_unverified_header(token)["typ"] == "secevent+jwt"
        return kid, jwt.decode(token, keys[kid], ["ES256"], options)

    signed_by, said = waiting()
    state = portal.web.state
    files = KeyFiles(state.settings.keys)
    act = signing_keys.Act("leaked", state.clock.now(), urandom)
    coming = state.database.run(signing_keys.publish, files.make(), act)
    state.database.run(signing_keys.remove, signed_by, act)
    sleep(LOOK_EVERY)
    assert waiting() == (coming.kid, said)


def test_no_more_events_come_than_are_asked_for(client: Client, browser: Browser) -> None:
    [consent] = browser.get("/consents", **JSON).json()["consents"]
    form = {"csrf": browser.csrf("/consents"), "version": consent["version_id"]}
    for what in ("suspend", "resume"):
        browser.post(f"/consents/{consent['arrangement_id']}/{what}", form)
    first = poll(client, maxEvents=2)
    assert first["moreAvailable"] is True
    assert isinstance(first["sets"], dict)
    last = poll(client, maxEvents=2, ack=list(first["sets"]))
    assert last["moreAvailable"] is False
    assert len(last["sets"]) == 1 if isinstance(last["sets"], dict) else False
    assert poll(client, maxEvents=0)["sets"] == {}


@pytest.mark.parametrize(
    ("said", "error"),
    [
        pytest.param({"maxEvents": -1}, "invalid_request", id="fewer than none"),
        pytest.param({"maxEvents": "2"}, "invalid_request", id="text for a number"),
        pytest.param({"colour": "blue"}, "invalid_request", id="unknown member"),
        pytest.param({"client_assertion": "x"}, "invalid_client", id="no proof"),
    ],
)
def test_what_is_no_poll_is_refused(
    client: Client, said: dict[str, object], error: str
) -> None:
    answer = _polled(client, **said)
    assert answer.json()["error"] == error


def _known(client: Client) -> dict[str, str]:
    """The app's only consent, as the app reads it."""
    answer = client.ask("consents").json()
    assert answer["purpose"]["version"] == 1
    [found] = answer["consents"]
    assert isinstance(found, dict)
    return found


def test_an_app_reads_how_it_stands_and_gives_back_what_it_needs_no_more(
    client: Client, browser: Browser
) -> None:
    found = _known(client)
    assert (found["status"], found["by"]) == ("granted", "person")
    assert "resident" not in str(found)
    key = str(uuid4())
    wish = {"sub": found["sub"], "arrangement": found["arrangement"], "reason": "サービス終了"}
    for _ in range(2):  # the same wish twice is one event
        ended = client.ask("consents/withdraw", key=key, **wish)
        assert ended.status_code == 200, ended.text
        assert (ended.json()["status"], ended.json()["by"]) == ("withdrawn", "app")
    again = client.ask("consents/withdraw", **wish)
    assert (again.status_code, again.json()["error"]) == (409, "consent_ended")
    assert "withdrawn" in again.json()["error_description"]
    [newest, *_] = browser.get("/history", **JSON).json()["entries"]
    assert (newest["type"], newest["reason"]) == ("consent.withdrawn", "サービス終了")
    assert (newest["event"], newest["by"]) == ("同意が撤回されました", "アプリ")


@pytest.mark.parametrize(
    ("changed", "status"),
    [
        pytest.param({"sub": "somebody-else"}, 404, id="a person it does not know"),
        pytest.param({"arrangement": str(UUID(int=1))}, 404, id="an arrangement it has not"),
        pytest.param({"arrangement": "x"}, 400, id="no arrangement at all"),
        pytest.param({"key": "x"}, 400, id="no key"),
        pytest.param({"consent_version": "x"}, 400, id="no version"),
        pytest.param({"reason": "\u202e"}, 400, id="a reason of no letters"),
        pytest.param({"reason": "長" * 201}, 400, id="an endless reason"),
    ],
)
def test_an_app_ends_nothing_but_its_own(
    client: Client, browser: Browser, changed: dict[str, str], status: int
) -> None:
    found = _known(client)
    wish = {"sub": found["sub"], "arrangement": found["arrangement"], **changed}
    assert client.ask("consents/withdraw", **wish).status_code == status
    assert _known(client)["status"] == "granted"
    assert browser.get("/consents", **JSON).json()["consents"][0]["active"]


def test_an_app_ends_the_version_that_it_means_and_no_newer_one(
    portal: Portal, client: Client
) -> None:
    browser = portal.given("checkup", "medication", client_id=client.client_id)
    before = _known(client)
    fewer: Form = {
        "csrf": browser.csrf("/consents"),
        "version": before["consent_version"],
        "key": str(uuid4()),
        "category": ["medication"],
    }
    browser.post(f"/consents/{before['arrangement']}/reduce", fewer)
    after = _known(client)
    assert after["arrangement"] == before["arrangement"]
    wish = {"sub": after["sub"], "arrangement": after["arrangement"]}
    for stale in (before["consent_version"], str(uuid4())):
        answer = client.ask("consents/withdraw", consent_version=stale, **wish)
        assert (answer.status_code, answer.json()["error"]) == (409, "stale_version")
        assert _known(client) == after
    meant = {"consent_version": after["consent_version"], "key": str(uuid4()), **wish}
    for _ in range(2):  # the same wish twice is one event
        assert client.ask("consents/withdraw", **meant).json()["status"] == "withdrawn"
    again = client.ask("consents/withdraw", **(meant | {"key": str(uuid4())}))
    assert (again.status_code, again.json()["error"]) == (409, "consent_ended")


def test_another_app_neither_sees_nor_ends_it(portal: Portal, client: Client) -> None:
    portal.given("checkup", client_id=client.client_id)
    other = Client.registered(portal)
    portal.given("medication", client_id=other.client_id)
    mine, theirs = _known(client), _known(other)
    assert mine["sub"] != theirs["sub"]
    for sub in (mine["sub"], theirs["sub"]):
        wish = {"sub": sub, "arrangement": mine["arrangement"]}
        assert other.ask("consents/withdraw", **wish).status_code == 404
    assert _known(client)["status"] == "granted"


@pytest.mark.usefixtures("browser")
def test_an_app_tells_by_the_hash_who_agreed_to_other_words(client: Client) -> None:
    def hashes() -> tuple[str, str]:
        answer = client.ask("consents").json()
        [consent] = answer["consents"]
        said = answer["purpose"]
        assert said["text_sha256"] == sha256(said["text"].encode()).hexdigest()
        return consent["purpose_text_sha256"], said["text_sha256"]

    agreed, declared = hashes()
    assert agreed == declared
    state = client.portal.web.state
    wish = apps.Declaration(client.client_id, "self-care", "推移をグラフで見るため")
    state.database.run(apps.declare, wish, state.clock.now(), urandom)
    assert hashes()[0] == agreed
    assert hashes()[1] != agreed


@pytest.mark.usefixtures("browser")
def test_an_app_reads_the_words_that_each_of_its_consents_was_given_to(
    portal: Portal, client: Client
) -> None:
    def declared() -> dict[int, dict[str, object]]:
        answer = client.ask("declarations")
        assert answer.status_code == 200, answer.text
        return {one["version"]: one for one in answer.json()["declarations"]}

    def agreed() -> dict[str, object]:
        found = client.ask("consents").json()
        [consent] = found["consents"]
        assert declared()[found["purpose"]["version"]].items() >= found["purpose"].items()
        words = declared()[consent["purpose_version"]]
        assert words["text_sha256"] == consent["purpose_text_sha256"]
        return words

    first = agreed()
    assert (first["version"], first["text"], first["reviewer"]) == (1, "推移を見るため", None)
    state = portal.web.state
    now = state.clock.now()
    state.database.run(apps.review, client.client_id, 1, "模擬審査会", now, urandom)
    wish = apps.Declaration(client.client_id, "self-care", "推移をグラフで見るため")
    state.database.run(apps.declare, wish, now, urandom)
    at = rfc3339(now)
    assert agreed() == {**first, "reviewer": "模擬審査会", "reviewed_at": at}
    newest = declared()[2]
    assert (newest["text"], newest["declared_at"], newest["reviewer"]) == (wish.text, at, None)
    assert list(declared()) == [1, 2]


def test_an_app_reads_no_declaration_of_another_nor_without_proof(client: Client) -> None:
    other = Client.registered(client.portal)
    wish = apps.Declaration(other.client_id, "self-care", "推移をグラフで見るため")
    state = client.portal.web.state
    state.database.run(apps.declare, wish, state.clock.now(), urandom)
    mine = client.ask("declarations", client_id=client.client_id).json()["declarations"]
    assert [one["version"] for one in mine] == [1]
    stolen = client.ask("declarations", client_id=other.client_id)
    assert stolen.json()["error"] == "invalid_client"
    once = client.assertion()
    answers = [client.ask("declarations", assertion=once).status_code for _ in range(2)]
    assert answers == [200, 401]
