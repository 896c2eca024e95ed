"""A developer registers an app on a page, by the rule that the command and programs have."""

import html
import json
import re
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from secrets import token_bytes

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from typer.testing import CliRunner

from consent.ledger import store as ledger
from consent.ledger.entry import read_body, read_leaf
from mynaportal_sim.apps import invites, store
from mynaportal_sim.apps.errors import RegistrationError
from mynaportal_sim.apps.model import App, Profile
from mynaportal_sim.apps.registration import DEFAULT_SCOPES
from mynaportal_sim.cli.app import app as command
from mynaportal_sim.domains.catalogue import catalogue
from mynaportal_sim.oauth.server import TRIES
from mynaportal_sim.sample_app.relying_party import public_jwk
from mynaportal_sim.web.registration_form import PROFILES
from tests.mynaportal_sim.delivery.kit import Endpoint
from tests.mynaportal_sim.web.console import OPERATOR_COOKIE
from tests.mynaportal_sim.web.kit import JSON, Browser, Form, Portal

PAGE, DONE = "/apps/register", "/apps/console/registered"
SECRET = "c2VjcmV0LXNlY3JldA"
PURPOSE = "健診結果の推移をグラフで表示するため"


@dataclass
class Desk:
    """A developer's browser before the form."""

    portal: Portal
    browser: Browser
    jwk: dict[str, str] = field(
        default_factory=lambda: public_jwk(ec.generate_private_key(ec.SECP256R1()))
    )

    def invited(self, organisation: str = "", uses: int = 1) -> str:
        state = self.portal.web.state
        terms = (organisation, uses, timedelta(days=1), state.clock.now(), token_bytes)
        token: str = state.database.run(invites.issue, *terms).token
        return token

    def form(self, **changed: str | list[str]) -> Form:
        typed: Form = {
            "name": "健康ノート",
            "redirect_uris": "http://127.0.0.1:9000/cb\r\nhttps://app.example/cb",
            "scope": list(DEFAULT_SCOPES),
            "purpose": "self-care",
            "purpose_text": PURPOSE,
            "profile": "fapi2",
            "jwks": json.dumps({"keys": [self.jwk]}),
        }
        return typed | changed

    def send(self, token: str | None = None, **changed: str | list[str]) -> httpx.Response:
        given = self.invited() if token is None else token
        return self.browser.post(PAGE, {"token": given, **self.form(**changed)})

    def apps(self) -> list[App]:
        found: list[App] = self.portal.web.state.database.run(store.every)
        return found


@pytest.fixture
def desk(portal: Portal, browser: Browser) -> Desk:
    return Desk(portal, browser)


def test_who_fills_in_the_form_has_an_app_and_is_told_its_settings(desk: Desk) -> None:
    token = desk.invited()
    for _ in range(2):  # to look uses nothing up
        assert desk.browser.get(PAGE).status_code == 200
    answer = desk.send(token, policy_uri="https://app.example/privacy")
    assert (answer.status_code, answer.headers["location"]) == (303, DONE)
    [app] = desk.apps()
    assert (app.name, app.organisation, app.supervisor) == ("健康ノート",) * 3
    assert app.redirect_uris == ("http://127.0.0.1:9000/cb", "https://app.example/cb")
    assert (app.profile, app.purpose.text) == (Profile.FAPI2, PURPOSE)
    assert app.about.policy_uri == "https://app.example/privacy"
    told = desk.browser.get(DONE).text
    for setting in (app.client_id, app.redirect_uris[0], str(app.keys[0].kid), "/par"):
        assert setting in told
    assert app.client_id in desk.browser.get("/apps/console").text
    entries = desk.portal.web.state.database.run(ledger.newest, 2)
    opened, registered = ({**read_body(one.body or b"")} for one in entries)
    assert [read_leaf(one.leaf).type for one in entries] == [
        "app.console_opened",
        "app.registered",
    ]
    assert opened["way"].value == "registration"
    assert str(registered["invite"].value).startswith("invite-")


def test_an_app_says_whether_it_runs_on_devices(desk: Desk) -> None:
    for given in ({}, {"devices": "yes"}):
        assert desk.send(profile="oidc", **given).status_code == 303
    assert sorted(app.devices for app in desk.apps()) == [False, True]


def test_an_invitation_opens_the_form_once_and_a_second_wish_is_told_so(desk: Desk) -> None:
    token = desk.invited()
    assert desk.send(token).status_code == 303
    again = desk.send(token)
    assert again.status_code == 422
    assert "このコードは使用済みです" in again.text
    assert len(desk.apps()) == 1


def test_one_invitation_has_the_portal_look_up_keys_a_few_times_at_once(desk: Desk) -> None:
    token = desk.invited()
    with Endpoint() as endpoint:
        endpoint.serve({})
        said = [
            desk.send(token, jwks="", jwks_uri=endpoint.jwks_uri).status_code
            for _ in range(TRIES + 1)
        ]
        assert said == [422] * TRIES + [429]
        assert len(endpoint.got) == TRIES
    assert desk.send().status_code == 303


WRONG = [
    pytest.param({"name": " "}, "name", "1文字以上", id="no name"),
    pytest.param({"name": "\u202e帳"}, "name", "文字の向き", id="a name that misleads"),
    pytest.param({"organisation": "a" * 101}, "organisation", "100文字以内", id="endless"),
    pytest.param({"redirect_uris": ""}, "redirect_uris", "1件から", id="nowhere to go"),
    pytest.param(
        {"redirect_uris": "http://app.example/cb"}, "redirect_uris", "https", id="http"
    ),
    pytest.param({"scope": []}, "scope", "1つ以上", id="nothing asked for"),
    pytest.param({"scope": ["user/*.cruds"]}, "scope", "使えません", id="unknown scope"),
    pytest.param({"purpose": "world"}, "purpose", "使えません", id="unknown purpose"),
    pytest.param({"purpose_text": ""}, "purpose_text", "1文字以上", id="no words"),
    pytest.param(
        {"purpose_text": "結果の表示その他のため"}, "purpose_text", "「その他」", id="catch-all"
    ),
    pytest.param(
        {"purpose_text": "サービスの向上のため"},
        "purpose_text",
        "どのアプリにも当てはまる",
        id="whatever",
    ),
    pytest.param({"profile": "loose"}, "profile", "使えません", id="unknown profile"),
    pytest.param({"devices": "yes"}, "devices", "oidcで登録", id="devices under FAPI 2.0"),
    pytest.param({"jwks": ""}, "jwks", "公開鍵", id="no key"),
    pytest.param({"jwks": "{"}, "jwks", "鍵として読み取れません。", id="no JSON"),
    pytest.param({"tos_uri": "javascript:a"}, "tos_uri", "ホスト名", id="script as a page"),
]


@pytest.mark.parametrize(("typed", "where", "said"), WRONG)
def test_what_is_wrong_stands_beside_its_field_and_nothing_typed_is_lost(
    desk: Desk, typed: dict[str, str | list[str]], where: str, said: str
) -> None:
    token = desk.invited()
    refused = desk.send(token, **typed)
    assert refused.status_code == 422
    beside = dict(re.findall(r'class="problem" id="(\w+)-fault">([^<]+)<', refused.text))
    assert list(beside) == [where]
    assert said in html.unescape(beside[where])
    assert f"{where}-fault" in refused.text.partition('class="problem"')[0]
    shown = html.unescape(refused.text)
    for name, value in desk.form(**typed).items():
        if isinstance(value, str) and name not in {"profile", "purpose"}:
            assert value.strip() in shown, name
    for scope in set(desk.form(**typed)["scope"]) & set(DEFAULT_SCOPES):
        assert f'value="{scope}" checked' in shown
    assert token in shown
    assert desk.apps() == []
    assert desk.send(token).status_code == 303


def test_all_that_is_wrong_is_told_at_once_also_in_english(desk: Desk) -> None:
    browser = desk.portal.browser("en")
    form = desk.form(name="", purpose_text="to improve our services", redirect_uris="x")
    refused = browser.post(PAGE, {"token": desk.invited(), **form})
    found = re.findall(r'class="problem" id="(\w+)-fault">([^<]+)<', refused.text)
    assert [where for where, _ in found] == ["name", "purpose_text", "redirect_uris"]
    assert found[0][1] == "Give 1 to 100 characters."
    assert "say what the person gets from it" in found[1][1]


@pytest.mark.parametrize(
    ("language", "told"),
    [
        pytest.param("en", "Cannot be read as keys: not JSON.</p>", id="in English"),
        pytest.param(
            "ja", "公開鍵として読み取れません。 <code>not JSON</code></p>", id="apart"
        ),
    ],
)
def test_why_a_program_could_not_read_something_stands_apart_from_japanese(
    desk: Desk, language: str, told: str
) -> None:
    browser = desk.portal.browser(language)
    assert told in browser.post(PAGE, {"token": desk.invited(), **desk.form(jwks="{")}).text


def test_a_private_key_is_refused_and_shown_to_nobody_again(desk: Desk) -> None:
    leaked = json.dumps({"keys": [{**desk.jwk, "d": SECRET}]})
    refused = desk.send(jwks=leaked)
    assert refused.status_code == 422
    assert "漏えいしたものとして" in refused.text
    assert SECRET not in refused.text
    data = desk.portal.web.state.settings.data
    assert SECRET.encode() not in b"".join(
        path.read_bytes() for path in data.glob("portal.sqlite3*")
    )


def test_keys_are_read_where_they_stand_for_the_invited_alone(desk: Desk) -> None:
    with Endpoint() as endpoint:
        endpoint.serve({"keys": [desk.jwk]})
        by_address = {"jwks": "", "jwks_uri": endpoint.jwks_uri}
        assert desk.send("invented", **by_address).status_code == 422
        assert endpoint.got == []
        endpoint.answer = (404, b"", {})
        gone = desk.send(**by_address)
        assert "HTTP 404" in gone.text
        assert gone.text.count('class="problem"') == 1
        both = desk.send(jwks_uri=endpoint.jwks_uri)
        assert "どちらか一方" in both.text
        endpoint.serve({"keys": [desk.jwk]})
        assert desk.send(**by_address).status_code == 303
    [app] = desk.apps()
    assert (app.jwks_uri, app.keys[0].kid) == (endpoint.jwks_uri, desk.jwk["kid"])


def test_an_invitation_for_an_organisation_is_for_its_apps_alone(desk: Desk) -> None:
    token = desk.invited("健康ノート株式会社")
    assert "この招待で登録できるのは" in desk.send(token, organisation="別の会社").text
    assert desk.send(token).status_code == 303
    assert desk.apps()[0].organisation == "健康ノート株式会社"


@pytest.mark.parametrize(
    "headers",
    [
        pytest.param({"sec_fetch_site": "cross-site"}, id="another site's form"),
        pytest.param({"origin": "https://evil.example"}, id="another origin"),
    ],
)
def test_no_other_site_registers_an_app(desk: Desk, headers: dict[str, str]) -> None:
    sent = {name.replace("_", "-"): value for name, value in headers.items()}
    form = {"token": desk.invited(), **desk.form()}
    assert desk.browser.post(PAGE, form, **sent).status_code == 403
    assert OPERATOR_COOKIE not in desk.browser.cookies
    assert desk.apps() == []


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"a" * 32_769, 413, id="oversized"),
        pytest.param(b"\xff=1", 400, id="not ASCII"),
        pytest.param(b"name=%ff", 400, id="not UTF-8"),
        pytest.param(b"&".join([b"scope=openid"] * 100), 400, id="too many fields"),
    ],
)
def test_what_is_no_form_is_refused(desk: Desk, body: bytes, status: int) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert desk.browser.send("POST", PAGE, form, content=body).status_code == status
    assert desk.browser.send("POST", PAGE, content=b"name=x").status_code == 400


def test_every_profile_and_purpose_is_told_in_words(desk: Desk) -> None:
    assert PROFILES.keys() == set(Profile)
    page = html.unescape(desk.browser.get(PAGE).text)
    for purpose in catalogue().purposes.values():
        assert purpose.label_ja in page
    for category in catalogue().categories.values():
        assert category.explanation_ja in page


ONE_RULE = [
    pytest.param({"name": "\u202e帳"}, "name", id="name"),
    pytest.param({"redirect_uris": "http://app.example/cb"}, "redirect URI", id="redirect URI"),
    pytest.param({"scope": "user/*.cruds"}, "scope", id="scope"),
    pytest.param({"purpose": "world"}, "purpose", id="purpose"),
    pytest.param({"purpose_text": "結果の表示などのため"}, "purpose text", id="catch-all"),
    pytest.param({"jwks": '{"keys":[]}'}, "jwks", id="no key"),
]


@pytest.mark.parametrize(("typed", "where"), ONE_RULE)
def test_what_one_door_refuses_the_others_refuse_for_the_same_reason(
    desk: Desk, tmp_path: Path, typed: dict[str, str], where: str
) -> None:
    form = desk.form(scope="openid", redirect_uris="https://app.example/cb") | typed
    said = {name: str(value) for name, value in form.items()}
    keys = tmp_path / "keys.json"
    keys.write_text(said["jwks"])
    options = {"scope": said["scope"], "purpose": said["purpose"], "name": said["name"]}
    options |= {"redirect-uri": said["redirect_uris"], "purpose-text": said["purpose_text"]}
    options |= {"jwks": str(keys), "data": str(desk.portal.web.state.settings.data)}
    given = [part for name, value in options.items() for part in (f"--{name}", value)]
    by_command = CliRunner().invoke(command, ["register", *given]).exception
    assert isinstance(by_command, RegistrationError)
    assert by_command.field == where
    reason = by_command.fault % by_command.values
    english = desk.portal.browser("en")
    page = html.unescape(english.post(PAGE, {"token": desk.invited(), **said}).text)
    assert f"{reason[:1].upper()}{reason[1:]}." in page
    metadata = {
        "client_name": said["name"],
        "redirect_uris": [said["redirect_uris"]],
        "scope": said["scope"],
        "jwks": json.loads(said["jwks"]),
        "mynasim_purpose": said["purpose"],
        "mynasim_purpose_text": said["purpose_text"],
    }
    bearer = {"Authorization": f"Bearer {desk.invited()}", **JSON}
    by_program = desk.browser.send("POST", "/register", bearer, json=metadata)
    assert by_program.json()["reason"] == reason
    assert desk.apps() == []
