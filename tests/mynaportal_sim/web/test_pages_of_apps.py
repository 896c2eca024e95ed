"""What an app says of itself is shown where it helps somebody, and fetched by nobody."""

from collections.abc import Iterator
from datetime import timedelta
from secrets import token_bytes

import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from mynaportal_sim.apps import invites, key_sets
from mynaportal_sim.operators import links
from mynaportal_sim.operators.links import Way
from mynaportal_sim.sample_app.relying_party import public_jwk
from tests.mynaportal_sim.delivery.kit import Endpoint
from tests.mynaportal_sim.web.console import follow, part
from tests.mynaportal_sim.web.kit import CALLBACK, JSON, SCOPES, Browser, Portal


@pytest.fixture
def served() -> Iterator[Endpoint]:
    """The app's server."""
    with Endpoint() as endpoint:
        yield endpoint


def registered(portal: Portal, **said: object) -> str:
    """The client_id of an app that registered itself."""
    state = portal.web.state
    terms = ("", 1, timedelta(days=1), state.clock.now(), token_bytes)
    token = state.database.run(invites.issue, *terms).token
    key = ec.generate_private_key(ec.SECP256R1())
    metadata = {
        "client_name": "すこやか手帳",
        "redirect_uris": [CALLBACK],
        "scope": " ".join(SCOPES),
        "jwks": {"keys": [public_jwk(key)]},
        "mynasim_purpose_text": "推移を見るため",
        **said,
    }
    sent = {name: value for name, value in metadata.items() if value is not None}
    bearer = {"Authorization": f"Bearer {token}", **JSON}
    answer = portal.browser().send("POST", "/register", bearer, json=sent)
    assert answer.status_code == 201, answer.text
    return str(answer.json()["client_id"])


def console(portal: Portal, client_id: str) -> Browser:
    """A browser in the console of an app."""
    state = portal.web.state
    app = portal.runner.run(state.server.app(client_id))
    issued = (app, Way.COMMAND, state.clock.now(), token_bytes)
    browser = portal.browser()
    follow(browser, state.database.run(links.issue, *issued).token)
    return browser


@pytest.mark.parametrize(
    ("member", "label"),
    [
        pytest.param("policy_uri", "プライバシーポリシー", id="oidcc-registration-policy-uri"),
        pytest.param("tos_uri", "利用規約", id="oidcc-registration-tos-uri"),
    ],
)
def test_a_page_of_the_apps_own_is_offered_before_a_person_decides(
    portal: Portal, served: Endpoint, member: str, label: str
) -> None:
    uri = f"http://127.0.0.1:{served.port}/page"
    browser, path = portal.asked(registered(portal, **{member: uri}))
    page = browser.get(path).text
    link = f'<a href="{uri}" target="_blank" rel="noopener noreferrer">{label}</a>'
    assert link in page
    assert f"127.0.0.1:{served.port}</span>" in page  # where it leads, in the portal's words
    assert page.count('target="_blank"') == 1
    assert browser.get(path, **JSON).json()["app"][member] == uri
    assert served.got == []


def test_no_page_is_offered_where_none_is_named(portal: Portal) -> None:
    browser, path = portal.asked(registered(portal))
    assert "アプリのページ" not in browser.get(path).text


def test_oidcc_registration_logo_uri(portal: Portal, served: Endpoint) -> None:
    """A logo is kept and told to the app's operator as text: nobody fetches or shows it."""
    uri = f"http://127.0.0.1:{served.port}/logo.png"
    client_id = registered(portal, logo_uri=uri, contacts=["dev@app.example"])
    shown = part(console(portal, client_id), "")
    assert uri in shown
    assert "dev@app.example" in shown
    assert "<img" not in shown
    browser, path = portal.asked(client_id)
    assert uri not in browser.get(path).text
    assert served.got == []


def test_an_operator_reads_where_keys_stand_and_what_went_wrong(
    portal: Portal, served: Endpoint
) -> None:
    served.serve({"keys": [public_jwk(ec.generate_private_key(ec.SECP256R1()))]})
    client_id = registered(portal, jwks=None, jwks_uri=served.jwks_uri)
    browser = console(portal, client_id)
    assert served.jwks_uri in part(browser, "")
    assert "前回は読み取れませんでした" not in part(browser, "")
    portal.web.state.database.run(
        key_sets.failed, client_id, "jwks_uri: answered with HTTP 404"
    )
    assert "前回は読み取れませんでした" in part(browser, "")
    assert "HTTP 404" in part(browser, "")
