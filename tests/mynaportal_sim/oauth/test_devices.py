"""Devices without a browser ask by a code that a person types elsewhere (RFC 8628)."""

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynaportal_sim.login.assurance import CARD, SOFT_CARD
from mynaportal_sim.oauth import devices
from mynaportal_sim.oauth.devices import LETTERS
from mynaportal_sim.oauth.errors import InteractionGoneError
from mynaportal_sim.oauth.grants.device_code import NAME

from .conftest import Portal
from .devices import Device, asking, on_devices
from .kit import ISSUER
from .test_logins import UNKNOWN, essential

UNMET = "unmet_authentication_requirements"


def test_a_device_gets_what_the_person_allows_elsewhere(portal: Portal) -> None:
    device = asking(portal)
    told = dict(device.told)
    code = told["user_code"]
    assert re.fullmatch(f"[{LETTERS}]{{4}}-[{LETTERS}]{{4}}", code)
    assert len(told.pop("device_code")) == 43
    assert told == {
        "user_code": code,
        "verification_uri": f"{ISSUER}/device",
        "verification_uri_complete": f"{ISSUER}/device?user_code={code}",
        "expires_in": 600,
        "interval": 5,
    }
    pending = device.poll()
    assert pending.headers["cache-control"] == "no-store"
    assert pending.json() == {
        "error": "authorization_pending",
        "error_description": "the person has not answered yet",
    }
    assert device.allowed("checkup") == "/device/done?outcome=issued"
    tokens = device.poll().json()
    assert tokens["token_type"] == "Bearer"
    assert tokens["scope"] == "openid patient/Observation.rs"
    [detail] = tokens["authorization_details"]
    assert detail["categories"] == ["checkup"]
    assert portal.fetch(f"Bearer {tokens['access_token']}").status_code == 204
    assert portal.refresh(device.kit, tokens["refresh_token"]).status_code == 200
    kinds = [entry for entry in portal.ledger() if entry[0] != "key.activated"]
    assert [kind for kind, _ in kinds] == ["app.registered", "consent.granted"] + [
        "token.issued"
    ] * 2
    assert [fields["request"] for _, fields in kinds[2:]] == [NAME, "refresh_token"]
    portal.withdraw(device.kit)
    assert portal.introspect(device.kit, tokens["access_token"]) == {"active": False}
    assert portal.refresh(device.kit, tokens["refresh_token"]).status_code == 400


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("at", "answers"),
    [
        pytest.param([0], "p", id="the first poll is free"),
        pytest.param([0, 5, 10], "ppp", id="as was said"),
        pytest.param([0, 4], "ps", id="too soon"),
        pytest.param([0, 4, 13, 28], "pssp", id="each time five seconds longer"),
        pytest.param([0, 4, 14, 19], "psps", id="and for good"),
    ],
)
def test_a_device_that_asks_too_often_is_slowed_down(
    portal: Portal, at: list[int], answers: str
) -> None:
    device, begun = asking(portal), portal.clock.now()
    said = {"p": "authorization_pending", "s": "slow_down"}
    for seconds, expected in zip(at, answers, strict=True):
        portal.clock.time = begun + timedelta(seconds=seconds)
        assert device.error() == said[expected], seconds
    assert "token.refused" not in [kind for kind, _ in portal.ledger()]
    device.allowed()
    assert device.poll().status_code == 200, "whoever is answered need not wait"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("events", "came_of_it", "error"),
    [
        pytest.param("", "", "authorization_pending", id="nothing"),
        pytest.param("take_up", "yes", "authorization_pending", id="typed"),
        pytest.param("take_up take_up", "yes no", "authorization_pending", id="typed twice"),
        pytest.param("away", "yes", "access_denied", id="turned away"),
        pytest.param("away away", "yes no", "access_denied", id="turned away twice"),
        pytest.param("away take_up", "yes no", "access_denied", id="typed after all"),
        pytest.param("take_up away", "yes no", "authorization_pending", id="away too late"),
        pytest.param("take_up deny", "yes yes", "access_denied", id="denied"),
        pytest.param("take_up deny allow", "yes yes no", "access_denied", id="one answer"),
        pytest.param("take_up deny take_up", "yes yes no", "access_denied", id="no other try"),
        pytest.param("take_up allow", "yes yes", "", id="allowed"),
        pytest.param("take_up allow deny", "yes yes no", "", id="denied too late"),
        pytest.param("take_up allow take_up away", "yes yes no no", "", id="typed too late"),
        pytest.param("wait", "yes", "expired_token", id="run out"),
        pytest.param("wait take_up", "yes no", "expired_token", id="run out, then typed"),
        pytest.param("wait away", "yes no", "expired_token", id="run out, then turned away"),
        pytest.param("take_up wait", "yes yes", "expired_token", id="run out unanswered"),
        pytest.param("take_up wait allow", "yes yes no", "expired_token", id="answered late"),
        pytest.param("away wait", "yes yes", "access_denied", id="refused, then run out"),
    ],
)
def test_a_code_lives_once(portal: Portal, events: str, came_of_it: str, error: str) -> None:
    device, interaction = asking(portal), None
    came = []
    for event in events.split():
        if event == "wait":
            portal.clock.time += timedelta(minutes=10)
            came.append("yes")
        elif event == "away":
            came.append("yes" if device.turned_away() else "no")
        elif event == "take_up":
            found = device.taken_up()
            interaction = interaction or found
            came.append("yes" if found else "no")
        else:
            assert interaction is not None
            try:
                portal.allow(interaction, "checkup" if event == "allow" else "nothing")
            except InteractionGoneError:
                came.append("no")
            else:
                came.append("yes")
    assert " ".join(came) == came_of_it
    answered = device.poll()
    assert answered.json().get("error", "") == error


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_was_allowed_in_time_can_be_fetched_a_moment_later(portal: Portal) -> None:
    device = asking(portal)
    portal.clock.time += timedelta(minutes=9, seconds=59)
    device.allowed()
    portal.clock.time += timedelta(seconds=5)
    assert device.poll().status_code == 200


def test_a_device_code_serves_once_and_a_replay_ends_what_it_gave(portal: Portal) -> None:
    device = asking(portal)
    device.allowed()
    tokens = device.poll().json()
    assert device.error() == "invalid_grant"
    assert portal.introspect(device.kit, tokens["access_token"]) == {"active": False}
    assert portal.refresh(device.kit, tokens["refresh_token"]).status_code == 400
    [revoked] = [fields for kind, fields in portal.ledger() if kind == "token.revoked"]
    assert revoked["reason"] == "code_replayed"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_another_app_neither_gets_nor_spoils_it(portal: Portal) -> None:
    device = asking(portal)
    thief = Device(portal, on_devices(portal), told=device.told)
    assert thief.error() == "invalid_grant"
    device.allowed()
    assert thief.error() == "invalid_grant"
    assert device.poll().status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_neither_kind_of_code_serves_as_the_other(portal: Portal) -> None:
    device = asking(portal)
    code = portal.code(device.kit)
    assert device.error(device_code=code) == "invalid_grant"
    assert portal.redeem(device.kit, code).status_code == 200
    device.allowed()
    stolen = portal.redeem(device.kit, device.told["device_code"])
    assert stolen.json()["error"] == "invalid_grant"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("at_first", "at_last", "outcome"),
    [
        pytest.param("key", "key", "DPoP", id="the same key"),
        pytest.param("", "key", "DPoP", id="a key at last"),
        pytest.param("key", "", "invalid_grant", id="none at last"),
        pytest.param("key", "another", "invalid_grant", id="another key"),
    ],
)
def test_a_key_shown_first_is_the_key_of_the_tokens(
    portal: Portal, at_first: str, at_last: str, outcome: str
) -> None:
    device = Device(portal, on_devices(portal), proves=bool(at_first))
    assert device.ask().status_code == 200
    device.allowed()
    device.proves = bool(at_last)
    if at_last == "another":
        device.kit.dpop_key = device.kit.key
    told = device.poll().json()
    assert told.get("token_type", told.get("error")) == outcome


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("spoilt", "error"),
    [
        pytest.param({"scope": "patient/Patient.rs"}, "invalid_scope", id="scope of others"),
        pytest.param(
            {"scope": "openid", "authorization_details": None}, "invalid_scope", id="no data"
        ),
        pytest.param(
            {"authorization_details": "[]"}, "invalid_authorization_details", id="no details"
        ),
        pytest.param({"resource": "https://other.example"}, "invalid_target", id="resource"),
        pytest.param({"request": "e30.e30."}, "request_not_supported", id="request object"),
        pytest.param({"request_uri": "urn:x"}, "invalid_request", id="request_uri"),
        pytest.param({"max_age": "soon"}, "invalid_request", id="max_age"),
        pytest.param({"dpop_jkt": "short"}, "invalid_request", id="dpop_jkt"),
        pytest.param(
            {"grant_management_action": "merge", "grant_id": "x"},
            "invalid_grant_id",
            id="unknown grant",
        ),
        pytest.param({"client_assertion": "x"}, "invalid_client", id="no client"),
        pytest.param({"prompt": "none"}, "invalid_request", id="that nobody is asked"),
        pytest.param({"prompt": "consent none"}, "invalid_request", id="none and another"),
        pytest.param({"claims": essential(UNKNOWN)}, UNMET, id="a login of no known class"),
    ],
)
def test_what_a_device_may_not_ask_is_refused_at_once(
    portal: Portal, spoilt: dict[str, str | None], error: str
) -> None:
    device = Device(portal, on_devices(portal))
    answered = device.ask(**spoilt)
    assert answered.json()["error"] == error
    assert answered.json()["error_uri"].startswith(f"{ISSUER}/why/")


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("strict", "acr", "error"),
    [
        pytest.param(False, (SOFT_CARD,), None, id="by a soft card"),
        pytest.param(True, (SOFT_CARD,), UNMET, id="by a soft card, which a strict one lacks"),
        pytest.param(True, (SOFT_CARD, CARD), None, id="by any card"),
        pytest.param(False, (UNKNOWN, CARD), None, id="one of them known"),
    ],
)
def test_a_device_may_demand_a_login_that_there_can_be(
    portal: Portal, strict: bool, acr: tuple[str, ...], error: str | None
) -> None:
    portal.web.state.server = replace(portal.server, strict=strict)
    device = Device(portal, on_devices(portal))
    assert device.ask(claims=essential(*acr)).json().get("error") == error


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_device_may_ask_that_the_person_is_asked(portal: Portal) -> None:
    assert Device(portal, on_devices(portal)).ask(prompt="consent").status_code == 200


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("profile", "registered", "error"),
    [
        pytest.param("oidc", True, None, id="oidc"),
        pytest.param("oidc", False, "unauthorized_client", id="oidc, not registered"),
        pytest.param("lenient", True, None, id="lenient"),
        pytest.param("lenient", False, "unauthorized_client", id="lenient, not registered"),
        pytest.param("fapi2", False, "unauthorized_client", id="fapi2"),
        pytest.param("smart", False, "unauthorized_client", id="smart"),
    ],
)
def test_only_an_app_that_runs_on_devices_asks_by_a_code(
    portal: Portal, profile: str, registered: bool, error: str | None
) -> None:
    kit = portal.register(profile=profile, devices=registered)
    device = Device(portal, kit, proves=True)
    assert device.ask().json().get("error") == error
    device.told.setdefault("device_code", "invented")
    assert device.error() == (error or "authorization_pending")


def test_a_consent_that_stands_does_not_answer_for_a_device(portal: Portal) -> None:
    """It may be a stranger's who has the code typed (5.4), so a person is always asked."""
    device = asking(portal)
    device.allowed()
    before = [kind for kind, _ in portal.ledger()].count("consent.granted")
    second = Device(portal, device.kit)
    second.ask()
    second.allowed()
    assert [kind for kind, _ in portal.ledger()].count("consent.granted") == before + 1


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_login_that_does_not_serve_hands_nothing_to_a_device(portal: Portal) -> None:
    device = asking(portal, max_age="1")
    with pytest.raises(InteractionGoneError):
        device.allowed()
    assert device.error() == "authorization_pending"


def test_neither_code_is_stored_as_it_is(portal: Portal) -> None:
    device = asking(portal)
    with portal.server.database.engine.connect() as connection:
        stored = repr(connection.exec_driver_sql("SELECT * FROM device_codes").all())
    typed = device.told["user_code"]
    for secret in (device.told["device_code"], typed, typed.replace("-", "")):
        assert secret not in stored


_BLANK = st.text(st.sampled_from(" -\u2010\u2212\u3000\t_\uff0d\u30fc"), max_size=2)
_WIDE = {ord(letter): ord(letter) + 0xFEE0 for letter in LETTERS}


@given(
    st.text(st.sampled_from(LETTERS), min_size=8, max_size=8),
    st.lists(_BLANK, min_size=9, max_size=9),
    st.sampled_from([str.upper, str.lower, lambda text: text.translate(_WIDE)]),
)
def test_a_code_is_read_however_it_is_typed(
    typed: str, blanks: list[str], written: Callable[[str], str]
) -> None:
    letters = zip(blanks, [*written(typed), ""], strict=True)
    spread = "".join(blank + letter for blank, letter in letters)
    assert devices.read(spread) == devices.read(devices.shown(typed)) == typed


@given(st.text())
def test_any_text_is_a_code_or_none(text: str) -> None:
    found = devices.read(text)
    assert found is None or (len(found) == 8 and set(found) <= set(LETTERS))
