"""What whoever operates an app sees of it."""

import re
from os import urandom

import pytest

from mynaportal_sim.apps import registration
from mynaportal_sim.apps import service as apps
from mynaportal_sim.apps import store as known_apps
from mynaportal_sim.apps.registration import Registration
from mynaportal_sim.apps.service import Declaration
from mynaportal_sim.disclosure import arrangements
from mynaportal_sim.operators import links
from mynaportal_sim.operators.links import Way
from mynaportal_sim.web import console_arrangements
from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.console import (
    arrangement,
    change,
    follow,
    inside,
    part,
    token_of,
)
from tests.mynaportal_sim.web.ended import told
from tests.mynaportal_sim.web.kit import KENICHI, ORIGIN, Browser, Form, Portal, decide


@pytest.fixture
def client(portal: Portal) -> Client:
    return Client.registered(portal)


@pytest.fixture
def person(portal: Portal, client: Client) -> Browser:
    """A person who has consented to check-ups."""
    return portal.given("checkup", client_id=client.client_id)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        pytest.param("", "まだだれも連携していません", id="nobody connected"),
        pytest.param("/purposes", "中断される同意はありません", id="nobody agreed"),
        pytest.param("/arrangements", "認可リクエスト", id="no arrangement"),
        pytest.param(
            "/arrangements?status=granted", "この状態の同意はありません", id="none so"
        ),
        pytest.param("/erasures", "消去を求められている情報はありません", id="no erasure"),
        pytest.param("/erasures?show=certified", "証明済みの消去はまだ", id="no certificate"),
        pytest.param("/events", "通知はまだありません", id="no event"),
        pytest.param("/events?show=waiting", "すべての通知が受領", id="nothing waits"),
        pytest.param("/accesses", "まだ何も提供されていません", id="no access"),
        pytest.param(
            "/accesses?show=refusals", "拒否されたリクエストはありません", id="no refusal"
        ),
        pytest.param("/requests", "拒否されたリクエストはありません", id="no refused request"),
    ],
)
def test_an_empty_page_says_what_will_be_there(client: Client, path: str, said: str) -> None:
    assert said in part(inside(client), path)


def test_the_overview_shows_the_app_as_registered(client: Client) -> None:
    shown = part(inside(client, "en"), "")
    app = client.portal.web.state.database.run(known_apps.find, client.client_id)
    assert app is not None
    for told_of in (
        app.name, app.organisation, app.client_id, *app.redirect_uris, app.supervisor,
        app.keys[0].thumbprint, "Nobody yet", "polls",
    ):  # fmt: skip
        assert told_of in shown


@pytest.mark.parametrize(
    ("what", "state", "shown"),
    [
        pytest.param(None, "granted", "In force", id="in force"),
        pytest.param("suspend", "suspended", "Suspended", id="suspended"),
        pytest.param("withdraw", "withdrawn", "Withdrawn", id="withdrawn"),
    ],
)
def test_arrangements_are_found_by_how_they_stand(
    client: Client, person: Browser, what: str | None, state: str, shown: str
) -> None:
    if what is not None:
        change(person, what)
    sub, browser = arrangement(client)["sub"], inside(client, "en")
    for status in ("granted", "suspended", "withdrawn"):
        assert (sub in part(browser, f"/arrangements?status={status}")) is (status == state)
    rows = re.findall(r"<tr>.*?</tr>", part(browser, "/arrangements"), re.DOTALL)
    assert len(rows) == 1 + 1
    assert f">{shown}</span>" in rows[1]
    assert "No limit" in rows[1]
    assert browser.get("/apps/console/arrangements?status=x").status_code == 400


def test_what_is_declared_anew_must_be_asked_again(client: Client, person: Browser) -> None:
    assert person.get("/consents").status_code == 200
    browser, mine = inside(client, "en"), arrangement(client)
    address = f"/arrangements/{mine['sub']}/{mine['arrangement']}"
    for path in ("/purposes", "/arrangements", address):
        assert "Must ask again" not in part(browser, path)
    state = client.portal.web.state
    wish = Declaration(client.client_id, "self-care", "通院の目安を示すため")
    state.database.run(apps.declare, wish, state.clock.now(), urandom)
    for path in ("/purposes", "/arrangements", address):
        assert "Must ask again" in part(browser, path), path
    purposes = part(browser, "/purposes")
    newest, before = purposes.index("通院の目安を示すため"), purposes.index("推移を見るため")
    assert newest < before
    assert "Accesses under 1 of them are refused" in purposes
    assert "purpose_changed" in part(browser, address)


def test_an_arrangement_is_shown_with_the_answers_before_it(
    portal: Portal, client: Client, person: Browser
) -> None:
    path = portal.ask(person, client.client_id, prompt="consent").headers["location"]
    wanted: Form = {
        "csrf": person.csrf(path),
        "decision": "allow",
        "category": ["checkup", "medication"],
    }
    assert person.post(path, wanted).status_code == 303
    mine = arrangement(client)
    shown = part(inside(client, "en"), f"/arrangements/{mine['sub']}/{mine['arrangement']}")
    assert "Number 2" in shown
    assert shown.index("Number 2") < shown.index("Number 1")
    assert mine["consent_version"] in shown


def test_events_show_what_waits_and_what_is_wrong_with_it(
    portal: Portal, client: Client, person: Browser
) -> None:
    assert person.get("/consents").status_code == 200
    told(portal)
    browser = inside(client, "en")
    assert ">Waits</span>" in part(browser, "/events")
    poll = {**client.proof, "maxEvents": 1}
    [jti] = client.portal.browser().send("POST", "/apps/self/events", json=poll).json()["sets"]
    fault = {"setErrs": {jti: {"err": "jws", "description": "the key is unknown"}}}
    portal.browser().send("POST", "/apps/self/events", json={**client.proof, **fault})
    failing = part(browser, "/events?show=waiting")
    for said in (">Fails</span>", "the key is unknown", jti, "--resend JTI"):
        assert said in failing
    heard = {**client.proof, "ack": [jti]}
    portal.browser().send("POST", "/apps/self/events", json=heard)
    assert ">Acknowledged</span>" in part(browser, "/events")
    assert jti not in part(browser, "/events?show=waiting")


def test_accesses_and_refusals_are_shown_with_their_reasons(client: Client) -> None:
    client.happened("access.permitted", request="GET /fhir/Observation", count=3)
    client.happened("access.refused", request="GET /fhir/Patient", reason="withdrawn")
    browser = inside(client, "en")
    given, refused = part(browser, "/accesses"), part(browser, "/accesses?show=refusals")
    assert "GET /fhir/Observation" in given
    assert "GET /fhir/Patient" not in given
    for said in ("GET /fhir/Patient", "The consent was withdrawn.", "withdrawn"):
        assert said in refused


def test_older_entries_are_on_a_page_behind(client: Client) -> None:
    for number in range(30):
        client.happened("access.permitted", request=f"GET /number/{number}.", count=1)
    browser = inside(client, "en")
    first = part(browser, "/accesses")
    assert "/number/29." in first
    assert "/number/0." not in first
    older = re.findall(r'href="/apps/console(/accesses\?[^"]*before=\d+)"', first)
    assert "/number/0." in part(browser, older[0].replace("&amp;", "&"))


@pytest.fixture
def two(portal: Portal, client: Client) -> list[str]:
    """How the app names two people who have consented, in the order of a list."""
    portal.given("checkup", client_id=client.client_id)
    browser, path = portal.asked(client.client_id, persona=KENICHI)
    assert decide(browser, path, "allow", "checkup").status_code == 303
    return sorted(str(one["sub"]) for one in client.ask("consents").json()["consents"])


def next_of(page: str) -> str:
    """Where a page of arrangements says that it goes on; empty at the end."""
    found = re.search(r'button second" href="/apps/console(/[^"]*after=[^"]+)"', page)
    return found[1].replace("&amp;", "&") if found else ""


def test_arrangements_come_page_by_page(
    client: Client, two: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(console_arrangements, "PAGE_LENGTH", 1)
    browser = inside(client)
    first = part(browser, "/arrangements?status=granted")
    second = part(browser, next_of(first))
    shown = [[f"<code>{sub}</code>" in page for sub in two] for page in (first, second)]
    assert shown == [
        [True, False],
        [False, True],
    ]
    assert next_of(second) == ""
    assert 'value="granted" selected' in second


def test_no_page_looks_through_more_people_than_it_may(
    client: Client, two: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("LOOKED_MAX", "_STEP"):
        monkeypatch.setattr(arrangements, name, 1)
    browser = inside(client, "en")
    first = part(browser, "/arrangements?status=withdrawn")
    assert "No arrangement fits so far" in first
    last = part(browser, next_of(first))
    assert "No arrangement of the app stands so." in last
    assert next_of(last) == ""
    for path in ("", "/purposes"):
        assert "Counted among the first 1 people" in part(browser, path)
    assert len(two) == 2


@pytest.mark.parametrize(
    ("language", "said"),
    [("en", "it cannot prove who it is"), ("ja", "なりすましでないことを証明できません")],
)
def test_a_public_client_has_a_console_that_says_so(
    portal: Portal, language: str, said: str
) -> None:
    state = portal.web.state
    wanted = Registration(
        name="歩く手帳",
        organisation="歩く手帳株式会社",
        redirect_uris=("http://127.0.0.1:9/back",),
        jwks="",
        scopes=("patient/Observation.rs",),
        profile="smart",
        supervisor="田中一郎",
        purpose="self-care",
        purpose_text="推移を見るため",
        public=True,
    )
    now, known = state.clock.now(), state.catalogue.purposes
    app = registration.check(wanted, "app-public", wanted.scopes, known, now)
    state.database.run(apps.register, app, now, urandom)
    link = state.database.run(links.issue, app, Way.COMMAND, now, urandom)
    browser = portal.browser(language)
    assert follow(browser, token_of(link.url(ORIGIN))).status_code == 303
    overview = part(browser, "")
    assert said in overview
    assert "/apps/self/events" not in overview
    assert part(browser, "/erasures")
    settings = part(browser, "/registered")
    assert "TOKEN_ENDPOINT_AUTH_METHOD=none</code>" in settings
    assert "KEY_ID" not in settings
