"""A developer reads what was looked at in a refused request, and nobody reads a secret."""

import json
import re
from datetime import timedelta
from urllib.parse import urlsplit

import jwt
import pytest
from jwt.algorithms import ECAlgorithm

from mynaportal_sim.inspector.store import KEPT_FOR, KEPT_OF_EACH
from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.console import inside, part
from tests.mynaportal_sim.web.kit import Form, Portal

JSON = {"accept": "application/json"}
NAMED = "佐藤花子"
SECRETS = ("c0de-secret", "verifier-" + "s" * 43, "access-secret")


@pytest.fixture
def client(portal: Portal) -> Client:
    return Client.registered(portal)


def _refused(client: Client, **form: str) -> str:
    """Where the portal says that it tells why it refused a request for tokens."""
    given: Form = {**client.proof, "grant_type": "authorization_code", **form}
    answer = client.portal.browser().post("/token", given, accept="*/*")
    assert answer.status_code == 400, answer.text
    return urlsplit(str(answer.json()["error_uri"])).path


def _with_secrets(client: Client) -> str:
    code, verifier, _ = SECRETS
    return _refused(client, code=code, code_verifier=verifier, redirect_uri="https://x.example")


def test_each_check_is_told_with_what_a_specification_asks(client: Client) -> None:
    told = client.portal.browser().get(_with_secrets(client), **JSON).json()
    results = {one["name"]: one["result"] for one in told["checks"]}
    assert results["assertion_is_signed"] == "held"
    assert results["code_is_live"] == "refused"
    [refused] = [one for one in told["checks"] if one["result"] == "refused"]
    assert refused["source"] == "RFC 6749 4.1.2"
    assert (told["client_id"], told["proven"]) == (client.client_id, True)
    assert told["received"]["parameters"]["redirect_uri"] == "https://x.example"


def test_no_secret_is_kept(client: Client) -> None:
    place = _with_secrets(client)
    browser = client.portal.browser()
    for page in (browser.get(place).text, browser.get(place, **JSON).text):
        assert "grant_type" in page
        assert client.client_id in page
        for secret in SECRETS:
            assert secret not in page
        assert not re.search(r"[\w-]{20,}\.[\w-]{20,}\.[\w-]{20,}", page)  # a whole JWT


def test_a_token_that_is_refused_is_not_shown(client: Client) -> None:
    browser = client.portal.browser()
    answer = browser.get("/fhir/Patient", authorization=f"Bearer {SECRETS[2]}", accept="*/*")
    challenge = re.search(r'error_uri="([^"]+)"', answer.headers["www-authenticate"])
    assert challenge
    assert challenge[1] in answer.json()["issue"][0]["diagnostics"]
    told = browser.get(urlsplit(challenge[1]).path, **JSON)
    assert told.json()["received"]["headers"]["authorization"] == "Bearer •••• (13 characters)"
    assert SECRETS[2] not in told.text


@pytest.mark.parametrize(
    ("sent", "shown"),
    [
        pytest.param("Basic YTpi", "Basic •••• (4 characters)", id="by a scheme"),
        pytest.param("dpop access-secret", "dpop •••• (13 characters)", id="in small letters"),
        pytest.param("access-secret", "•••• (13 characters)", id="without a scheme"),
        pytest.param("access-secret x", "•••• (15 characters)", id="in the scheme's place"),
    ],
)
def test_of_credentials_only_a_known_scheme_is_shown(
    client: Client, sent: str, shown: str
) -> None:
    browser = client.portal.browser()
    form: Form = {**client.proof, "grant_type": "authorization_code"}
    answer = browser.post("/token", form, accept="*/*", authorization=sent)
    told = browser.get(urlsplit(answer.json()["error_uri"]).path, **JSON)
    assert told.json()["received"]["headers"]["authorization"] == shown


def test_a_private_key_that_an_app_sends_by_mistake_is_not_shown(client: Client) -> None:
    whole = json.loads(ECAlgorithm.to_jwk(client.key))
    header = {"typ": "dpop+jwt", "jwk": whole}
    proof = jwt.encode({"keys": [whole]}, client.key, "ES256", header)
    browser = client.portal.browser()
    form: Form = {**client.proof, "grant_type": "authorization_code", "code": "c0de"}
    form |= {"code_verifier": "verifier", "redirect_uri": "https://x.example"}
    answer = browser.post("/token", form, accept="*/*", dpop=proof)
    assert answer.json()["error"] == "invalid_dpop_proof"
    told = browser.get(urlsplit(answer.json()["error_uri"]).path, **JSON).text
    assert whole["x"] in told
    assert whole["d"] not in told


@pytest.mark.parametrize(
    ("body", "said"),
    [
        pytest.param({NAMED: 1}, "at /*: ", id="unknown"),
        pytest.param({"setErrs": {NAMED: {"err": ""}}}, "at /setErrs/*/err: ", id="a jti"),
        pytest.param({"ack": ["x", 1]}, "at /ack/1: ", id="known"),
    ],
)
def test_a_name_in_a_body_that_the_app_made_up_is_not_told(
    client: Client, body: dict[str, object], said: str
) -> None:
    browser = client.portal.browser()
    answer = browser.send("POST", "/apps/self/events", json=body)
    assert answer.json()["error_description"].startswith(said)
    told = browser.get(urlsplit(answer.json()["error_uri"]).path, **JSON).text
    assert NAMED not in told


@pytest.mark.parametrize("language", ["ja", "en"])
def test_who_was_to_be_sent_on_reads_for_whom_the_fault_is(
    portal: Portal, client: Client, language: str
) -> None:
    browser = portal.browser()
    browser.language = language
    uri = "https%3A%2F%2Fx.example%2F%3Cx%3E"
    page = browser.get(f"/authorize?client_id={client.client_id}&redirect_uri={uri}")
    assert page.status_code == 400
    told = {"ja": "アプリからのリクエストに誤りがある", "en": "request is not in order"}
    assert told[language] in page.text
    place = re.search(r'href="[^"]*(/why/[\w-]{22})"', page.text)
    assert place
    shown = browser.get(place[1]).text
    assert "redirect_uri_is_registered" in shown
    assert "https://x.example/&lt;x&gt;" in shown
    assert {"ja": "未認証", "en": "not proven"}[language] in shown


def test_the_console_lists_what_was_refused_to_this_app_and_to_no_other(
    portal: Portal, client: Client
) -> None:
    other, place = Client.registered(portal), _refused(client)
    unproven: Form = {"grant_type": "authorization_code", "client_id": client.client_id}
    theirs = portal.browser().post("/token", unproven, accept="*/*").json()["error_uri"]
    listed = part(inside(client), "/requests")
    assert f'href="{place}"' in listed
    assert "POST /token" in listed
    assert urlsplit(str(theirs)).path not in listed
    assert place not in part(inside(other), "/requests")


def test_a_refusal_is_forgotten_after_a_week(client: Client) -> None:
    place, browser = _refused(client), client.portal.browser()
    client.portal.web.state.clock.forward(KEPT_FOR - timedelta(minutes=1))
    assert browser.get(place, **JSON).status_code == 200
    client.portal.web.state.clock.forward(timedelta(minutes=2))
    gone = browser.get(place, **JSON)
    assert (gone.status_code, gone.json()["code"]) == (404, "no_such_refusal")


def test_who_proves_nothing_pushes_no_app_s_refusals_out(client: Client) -> None:
    place, browser = _refused(client), client.portal.browser()
    unproven: Form = {"grant_type": "authorization_code", "client_id": client.client_id}
    first = browser.post("/token", unproven, accept="*/*").json()["error_uri"]
    for _ in range(KEPT_OF_EACH):
        browser.post("/token", unproven, accept="*/*")
    assert browser.get(place, **JSON).status_code == 200
    assert browser.get(urlsplit(first).path, **JSON).status_code == 404
