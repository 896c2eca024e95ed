"""A dev portal lets pass what does no harm, and says so; a strict one does not."""

from collections.abc import Mapping
from dataclasses import replace

import httpx
import pytest

from mynaportal_sim.inspector import store
from mynaportal_sim.inspector.model import Result
from mynaportal_sim.oauth.profiles import PROFILES

from .conftest import Portal
from .kit import ISSUER, AppKit, ahead

Spoilt = tuple[dict[str, object], dict[str, str | None]]
LET_PASS: dict[str, Spoilt] = {
    "audience_is_this_server": ({"aud": "https://other.example"}, {}),
    "assertion_is_not_of_later": ({"iat": 2**33}, {}),
    "pkce_by_s256": ({}, {"code_challenge": None, "code_challenge_method": None}),
    "state_is_short": ({}, {"state": "s" * 4097}),
    "nonce_is_short": ({}, {"nonce": "n" * 1025}),
    "prompt_is_known": ({}, {"prompt": "none login"}),
    "resource_is_ours": ({}, {"resource": "https://other.example"}),
}
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def kit(portal: Portal) -> AppKit:
    return portal.register(profile="lenient")


def _pushed(
    portal: Portal, kit: AppKit, claims: Mapping[str, object], of: Mapping[str, str | None]
) -> httpx.Response:
    return portal.post("/par", kit.signed(kit.request(**of), kit.assertion(**claims)))


@sqlite
@pytest.mark.parametrize("name", LET_PASS)
def test_it_is_let_pass_named_and_kept(portal: Portal, kit: AppKit, name: str) -> None:
    answer = _pushed(portal, kit, *LET_PASS[name])
    assert answer.status_code == 201
    [warning] = answer.headers.get_list("warning")
    assert warning.startswith(f'299 - "lenient: {name}: ')
    trace = warning.removesuffix('"').rpartition("/why/")[2]
    kept = portal.server.database.run(store.find, trace, portal.clock.now())
    assert kept is not None
    assert kept.error == ""
    let = [one.name for one in kept.looked if one.result is Result.LET_PASS]
    assert let == [name]


@sqlite
@pytest.mark.parametrize("name", LET_PASS)
def test_a_strict_portal_lets_nothing_pass(portal: Portal, kit: AppKit, name: str) -> None:
    portal.web.state.server = replace(portal.server, strict=True)
    answer = _pushed(portal, kit, *LET_PASS[name])
    assert answer.status_code in {400, 401}
    assert "warning" not in answer.headers


def test_each_leniency_is_one_of_these() -> None:
    lists = PROFILES["lenient"]  # type: ignore[index]
    lenient = {
        one.name for list_ in (lists.assertion, lists.request) for one in list_ if one.lenient
    }
    assert lenient == set(LET_PASS)
    assert [one.name for one in lists.token if one.lenient] == ["sends_a_verifier"]


def test_who_does_what_is_asked_is_not_warned(portal: Portal, kit: AppKit) -> None:
    assert "warning" not in _pushed(portal, kit, {}, {}).headers


def test_a_client_without_pkce_gets_through_and_is_warned_each_time(
    portal: Portal, kit: AppKit
) -> None:
    form = kit.redemption(
        portal.code(kit, code_challenge=None, code_challenge_method=None), code_verifier=""
    )
    answer = portal.post("/token", kit.signed(form))
    assert answer.status_code == 200
    assert '"lenient: sends_a_verifier: ' in answer.headers["warning"]


@sqlite
@pytest.mark.parametrize(
    ("of", "verifier"),
    [
        pytest.param({}, "", id="none for a challenge"),
        pytest.param({}, "v" * 43, id="another's"),
        pytest.param(
            {"code_challenge": None, "code_challenge_method": None},
            "v" * 43,
            id="one without a challenge (RFC 9700 4.8.2)",
        ),
    ],
)
def test_a_verifier_that_does_not_fit_is_never_let_pass(
    portal: Portal, kit: AppKit, of: dict[str, str | None], verifier: str
) -> None:
    form = kit.redemption(portal.code(kit, **of), code_verifier=verifier)
    answer = portal.post("/token", kit.signed(form))
    assert (answer.status_code, answer.json()["error"]) == (400, "invalid_grant")


@sqlite
@pytest.mark.parametrize(
    "claims",
    [
        pytest.param({"exp": 1}, id="an assertion that has ended"),
        pytest.param({"exp": None}, id="one without an end"),
        pytest.param({"jti": None}, id="one without an id"),
        pytest.param({"iss": "someone"}, id="another's"),
    ],
)
def test_what_could_harm_somebody_is_refused(
    portal: Portal, kit: AppKit, claims: dict[str, object]
) -> None:
    assert _pushed(portal, kit, claims, {}).status_code == 401


def test_a_code_and_an_assertion_serve_once(portal: Portal, kit: AppKit) -> None:
    code, assertion = portal.code(kit), kit.assertion()
    form = kit.signed(kit.redemption(code), assertion)
    assert portal.post("/token", form).status_code == 200
    assert portal.post("/token", form).json()["error"] == "invalid_client"
    assert portal.redeem(kit, code).json()["error"] == "invalid_grant"


def test_clocks_far_apart_are_told_of(portal: Portal, kit: AppKit) -> None:
    answer = _pushed(portal, kit, {"iat": ahead(kit, 600), "aud": f"{ISSUER}/revoke"}, {})
    named = [one.split(": ")[1] for one in answer.headers.get_list("warning")]
    assert named == ["audience_is_this_server", "assertion_is_not_of_later"]
