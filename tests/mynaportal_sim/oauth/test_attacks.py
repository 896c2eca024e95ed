"""Attacks on requests, codes and refresh tokens, by name."""

from dataclasses import replace
from hashlib import sha256
from secrets import token_bytes
from urllib.parse import parse_qs, urlencode, urlsplit

import pytest

from mynaportal_sim.apps.amending import amend
from mynaportal_sim.oauth import tables
from mynaportal_sim.oauth.errors import InteractionGoneError

from .conftest import Portal
from .kit import CALLBACK, ISSUER, AppKit

ENDPOINTS = ("/par", "/token", "/introspect", "/revoke", "/device_authorization")


def test_code_replay_ends_all_that_the_code_gave(portal: Portal, fapi: AppKit) -> None:
    code = portal.code(fapi)
    tokens = portal.redeem(fapi, code).json()
    assert portal.redeem(fapi, code).json()["error"] == "invalid_grant"
    assert portal.introspect(fapi, tokens["access_token"]) == {"active": False}
    assert portal.refresh(fapi, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    revoked = [fields for kind, fields in portal.ledger() if kind == "token.revoked"]
    assert [fields["reason"] for fields in revoked] == ["code_replayed"]


def test_code_injection_by_another_app_neither_works_nor_harms(portal: Portal) -> None:
    victim, thief = portal.register(), portal.register()
    thief.verifier = victim.verifier
    code = portal.code(victim)
    assert portal.redeem(thief, code).json()["error"] == "invalid_grant"
    assert portal.redeem(victim, code).status_code == 200
    assert portal.redeem(thief, code).json()["error"] == "invalid_grant"


@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param({"code_verifier": "v" * 43}, id="wrong verifier"),
        pytest.param({"code_verifier": "short"}, id="malformed verifier"),
        pytest.param({"redirect_uri": f"{CALLBACK}/"}, id="another redirect_uri"),
    ],
)
def test_a_code_offered_with_anything_wrong_is_burnt(
    portal: Portal, oidc: AppKit, spoilt: dict[str, str]
) -> None:
    code = portal.code(oidc)
    assert portal.redeem(oidc, code, **spoilt).json()["error"] == "invalid_grant"
    assert portal.redeem(oidc, code).json()["error"] == "invalid_grant"


def test_pkce_downgrade_is_no_way_in(portal: Portal, oidc: AppKit) -> None:
    form = oidc.redemption(portal.code(oidc))
    del form["code_verifier"]
    assert portal.post("/token", oidc.signed(form)).json()["error"] == "invalid_request"


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("spoilt", "error"),
    [
        pytest.param({"code_challenge": None}, "invalid_request", id="no challenge"),
        pytest.param({"code_challenge_method": "plain"}, "invalid_request", id="plain PKCE"),
        pytest.param({"code_challenge_method": None}, "invalid_request", id="PKCE default"),
        pytest.param({"code_challenge": "c" * 42}, "invalid_request", id="short challenge"),
        pytest.param({"response_type": "token"}, "unsupported_response_type", id="implicit"),
        pytest.param(
            {"response_type": "code id_token"}, "unsupported_response_type", id="hybrid"
        ),
        pytest.param({"response_type": None}, "invalid_request", id="no response_type"),
        pytest.param({"response_mode": "fragment"}, "invalid_request", id="fragment"),
        pytest.param({"request": "e30.e30."}, "request_not_supported", id="request object"),
        pytest.param({"scope": "patient/Patient.rs"}, "invalid_scope", id="scope of others"),
        pytest.param({"scope": "openid  openid"}, "invalid_scope", id="scope malformed"),
        pytest.param(
            {"scope": "openid", "authorization_details": None}, "invalid_scope", id="no data"
        ),
        pytest.param({"resource": "https://other.example"}, "invalid_target", id="resource"),
        pytest.param({"prompt": "none login"}, "invalid_request", id="prompt none and more"),
        pytest.param({"prompt": "create"}, "invalid_request", id="unknown prompt"),
        pytest.param({"max_age": "-1"}, "invalid_request", id="max_age"),
        pytest.param({"dpop_jkt": "x"}, "invalid_request", id="dpop_jkt"),
        pytest.param({"nonce": "n" * 1025}, "invalid_request", id="endless nonce"),
    ],
)
def test_a_bad_request_goes_back_to_the_app_with_issuer_and_state(
    portal: Portal, oidc: AppKit, spoilt: dict[str, str | None], error: str
) -> None:
    answered = portal.authorize(oidc.request(state="the state", **spoilt))
    query = parse_qs(urlsplit(answered.headers["location"]).query)
    assert answered.status_code == 303
    assert answered.headers["location"].startswith(f"{CALLBACK}?")
    assert (query["error"], query["iss"]) == ([error], [ISSUER])
    assert query["state"] == ["the state"]
    assert portal.post("/par", oidc.signed(oidc.request(**spoilt))).json()["error"] == error


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "spoilt",
    [
        pytest.param({"client_id": "app-nobody"}, id="unknown client"),
        pytest.param({"client_id": None}, id="no client"),
        pytest.param({"redirect_uri": None}, id="no redirect_uri"),
        pytest.param({"redirect_uri": f"{CALLBACK}.evil.example"}, id="prefix"),
        pytest.param({"redirect_uri": f"{CALLBACK}?next=1"}, id="query added"),
        pytest.param({"redirect_uri": CALLBACK.upper()}, id="other case"),
        pytest.param({"redirect_uri": "https://app.example:444/callback"}, id="other port"),
        pytest.param({"redirect_uri": "http://localhost:9000/cb?tenant=1"}, id="loopback name"),
        pytest.param(
            {"redirect_uri": "http://127.0.0.1:9001/cb?tenant=2"}, id="loopback query"
        ),
        pytest.param({"redirect_uri": "http://127.0.0.1:9001@x/cb?tenant=1"}, id="user name"),
        pytest.param({"redirect_uri": "http://127.0.0.1.x:90/cb?tenant=1"}, id="longer host"),
        pytest.param({"redirect_uri": "http://127.0.0.1:9001/cb?tenant=1#"}, id="fragment"),
    ],
)
def test_nobody_is_redirected_to_an_unverified_place(
    portal: Portal, oidc: AppKit, spoilt: dict[str, str | None]
) -> None:
    answered = portal.authorize(oidc.request(**spoilt))
    assert answered.status_code == 400
    assert "location" not in answered.headers


def test_repeated_parameters_are_refused_everywhere(portal: Portal, oidc: AppKit) -> None:
    doubled = urlencode([*oidc.request().items(), ("state", "again")])
    assert portal.send("GET", f"/authorize?{doubled}").status_code == 400
    for path in ENDPOINTS:
        pairs = urlencode([*oidc.signed({"token": "a"}).items(), ("token", "b")])
        headers = {"Content-Type": "application/x-www-form-urlencoded"}
        answered = portal.send("POST", path, content=pairs, headers=headers)
        assert (answered.status_code, answered.json()["error"]) == (400, "invalid_request")


def test_request_uri_of_another_client_is_unknown(portal: Portal, fapi: AppKit) -> None:
    other = portal.register(profile="fapi2")
    pushed = portal.post("/par", fapi.signed(fapi.request()), fapi.proof(f"{ISSUER}/par"))
    stolen = {"client_id": other.client_id, "request_uri": pushed.json()["request_uri"]}
    assert portal.authorize(stolen).status_code == 400


def test_request_uri_cannot_be_pushed(portal: Portal, fapi: AppKit) -> None:
    form = fapi.signed(fapi.request(request_uri="urn:ietf:params:oauth:request_uri:x"))
    assert portal.post("/par", form).json()["error"] == "invalid_request"


def test_fapi2_must_push(portal: Portal, fapi: AppKit) -> None:
    location = portal.authorize(fapi.request()).headers["location"]
    assert parse_qs(urlsplit(location).query)["error"] == ["invalid_request"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/par"),
        ("GET", "/token"),
        ("PUT", "/token"),
        ("GET", "/device_authorization"),
    ],
)
def test_wrong_methods(portal: Portal, method: str, path: str) -> None:
    assert portal.send(method, path).status_code == 405


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    ("content", "content_type", "status"),
    [
        pytest.param(b"{}", "application/json", 400, id="JSON"),
        pytest.param(b"a=%ff", "application/x-www-form-urlencoded", 400, id="no UTF-8"),
        pytest.param(b"a=%00", "application/x-www-form-urlencoded", 400, id="NUL"),
        pytest.param(b"a=%0d%0aX", "application/x-www-form-urlencoded", 400, id="CRLF"),
        pytest.param(b"a", "application/x-www-form-urlencoded", 400, id="no pair"),
        pytest.param(
            b"a=" + b"b" * 40_000, "application/x-www-form-urlencoded", 413, id="large"
        ),
    ],
)
def test_bodies_that_are_no_form(
    portal: Portal, content: bytes, content_type: str, status: int
) -> None:
    for path in ENDPOINTS:
        headers = {"Content-Type": content_type}
        assert portal.send("POST", path, content=content, headers=headers).status_code == status


def test_parameters_in_the_url_of_the_token_endpoint(portal: Portal, oidc: AppKit) -> None:
    query = urlencode(oidc.signed(oidc.redemption("x")))
    assert portal.post(f"/token?{query}", {"a": "b"}).json()["error"] == "invalid_request"


def test_unsupported_grants(portal: Portal, oidc: AppKit) -> None:
    for grant_type in ("password", "implicit", "urn:ietf:params:oauth:grant-type:saml2-bearer"):
        answered = portal.post("/token", oidc.signed({"grant_type": grant_type}))
        assert answered.json()["error"] == "unsupported_grant_type"


def test_a_refresh_token_is_its_apps_own(portal: Portal) -> None:
    owner, thief = portal.register(), portal.register()
    refresh_token = portal.redeem(owner, portal.code(owner)).json()["refresh_token"]
    assert portal.refresh(thief, refresh_token).json()["error"] == "invalid_grant"
    assert portal.refresh(owner, "bogus").json()["error"] == "invalid_grant"
    wider = portal.refresh(owner, refresh_token, scope="openid patient/Patient.rs")
    assert wider.json()["error"] == "invalid_scope"


def test_mix_up_every_response_names_its_issuer(portal: Portal, oidc: AppKit) -> None:
    refused = portal.authorize(oidc.request(response_type="token")).headers["location"]
    granted = portal.allow(portal.interaction_id(oidc))
    denied = portal.allow(portal.interaction_id(oidc), "none")
    for location in (refused, granted, denied):
        assert parse_qs(urlsplit(location).query)["iss"] == [ISSUER]


def test_codes_and_refresh_tokens_are_stored_hashed(portal: Portal, oidc: AppKit) -> None:
    code = portal.code(oidc)
    refresh_token = portal.redeem(oidc, code).json()["refresh_token"]
    with portal.server.database.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT * FROM token_families").all()
    stored = repr(rows)
    assert repr(sha256(code.encode()).digest()) in stored
    assert code not in stored
    assert refresh_token not in stored


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_an_app_is_told_to_come_again_where_the_database_does_not_answer(
    portal: Portal, oidc: AppKit
) -> None:
    portal.server.database.run(tables.interactions.drop)
    location = portal.authorize(oidc.request(state="mine")).headers["location"]
    query = parse_qs(urlsplit(location).query)
    assert location.startswith(f"{CALLBACK}?")
    assert query["error"] == ["temporarily_unavailable"]
    assert (query["state"], query["iss"]) == (["mine"], [ISSUER])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize("port", [pytest.param(":9000", id="the registered one"), ":49152", ""])
def test_a_program_on_the_persons_machine_takes_whatever_port_it_gets(
    portal: Portal, oidc: AppKit, port: str
) -> None:
    here = f"http://127.0.0.1{port}/cb?tenant=1"
    location = portal.allow(portal.interaction_id(oidc, redirect_uri=here))
    code = parse_qs(urlsplit(location).query)["code"][0]
    assert location.startswith(f"{here}&")
    assert portal.redeem(oidc, code, redirect_uri=here).status_code == 200


def test_no_answer_goes_where_the_app_is_no_more(portal: Portal, oidc: AppKit) -> None:
    left = portal.interaction_id(oidc)
    moved = replace(oidc.app, redirect_uris=("https://app.example/new",))
    portal.server.database.run(amend, oidc.app, moved, portal.clock.now(), token_bytes)
    with pytest.raises(InteractionGoneError):
        portal.allow(left)
