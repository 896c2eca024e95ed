"""From a request to tokens, and what each step refuses."""

import json
from datetime import timedelta
from urllib.parse import parse_qs, urlsplit
from uuid import UUID, uuid4

import jwt
import pytest
from sqlalchemy import Connection

from consent.model import Recipient, Relation
from mynaportal_sim.oauth import interaction, tables
from mynaportal_sim.oauth.errors import InteractionGoneError

from .conftest import Portal
from .kit import CALLBACK, DETAILS, ISSUER, AppKit


@pytest.fixture(params=["oidc", "fapi2"])
def kit(request: pytest.FixtureRequest, portal: Portal) -> AppKit:
    return portal.register(profile=request.param)


def test_an_app_gets_what_the_person_allowed_and_no_more(portal: Portal, kit: AppKit) -> None:
    location = portal.allow(portal.interaction_id(kit), "checkup")
    query = parse_qs(urlsplit(location).query)
    assert location.startswith(f"{CALLBACK}?")
    assert query["iss"] == [ISSUER]
    assert query["state"] == ["s" * 1500]

    answered = portal.redeem(kit, query["code"][0])
    tokens = answered.json()
    assert answered.status_code == 200, tokens
    assert answered.headers["cache-control"] == "no-store"
    assert tokens["expires_in"] == 300
    assert tokens["token_type"] == ("DPoP" if kit.app.profile == "fapi2" else "Bearer")
    assert tokens["scope"] == "openid patient/Observation.rs"
    assert tokens["authorization_details"] == [{**DETAILS[0], "categories": ["checkup"]}]

    claims = jwt.decode(tokens["access_token"], options={"verify_signature": False})
    assert (claims["aud"], claims["iss"]) == (f"{ISSUER}/fhir", ISSUER)
    assert ("cnf" in claims) == (kit.app.profile == "fapi2")
    key_set = jwt.PyJWKSet.from_dict(portal.send("GET", "/jwks").json())
    kid = jwt.get_unverified_header(tokens["id_token"])["kid"]
    identity = jwt.decode(
        tokens["id_token"],
        key_set[kid],
        ["ES256"],
        audience=kit.client_id,
        options={"verify_exp": False, "verify_iat": False},
    )
    assert identity["sub"] == claims["sub"] != str(portal.resident_id)
    assert identity["nonce"] == "n" * 64
    assert [kind for kind, _ in portal.ledger()] == [
        "key.activated",
        "app.registered",
        "consent.granted",
        "token.issued",
    ]


@pytest.mark.parametrize(
    "more",
    [
        pytest.param({"codes": ["urn:oid:1.2|A", "urn:oid:1.2|B"]}, id="codes"),
        pytest.param({"labels": ["urn:x|PSY"]}, id="labels"),
        pytest.param(
            {"period": {"from": "2022-01-01", "to": "2026-12-31", "rolling_days": 365}},
            id="rolling period",
        ),
        pytest.param({"recipients": ["健康ノート株式会社", "Example Ltd"]}, id="recipients"),
        pytest.param({"usage": {"max_uses": 12, "min_interval": 604800}}, id="usage"),
        pytest.param({"actions": ["derive", "store", "view"]}, id="actions"),
        pytest.param({"research_terms": ["DUO:0000021", "DUO:0000046"]}, id="research terms"),
        pytest.param({"minimum_cell": 10}, id="minimum cell"),
        pytest.param(
            {
                "retention": {
                    "erase_after_days": 365,
                    "on_withdrawal": "deidentify",
                    "deadline_days": 7,
                }
            },
            id="retention",
        ),
    ],
)
def test_each_term_an_app_can_ask_for_stands_in_token_and_introspection(
    portal: Portal, more: dict[str, object]
) -> None:
    abroad = Recipient("Example Ltd", "US", Relation.PROCESSOR)
    kit = portal.register(recipients=(abroad,))
    asked = {**DETAILS[0], "categories": ["checkup", "medication"], **more}
    code = portal.code(kit, "checkup", "medication", authorization_details=json.dumps([asked]))
    answer = portal.redeem(kit, code).json()
    assert answer["authorization_details"] == [asked]
    assert portal.introspect(kit, answer["access_token"])["authorization_details"] == [asked]
    assert portal.introspect(kit, answer["refresh_token"])["authorization_details"] == [asked]


def test_two_apps_know_one_person_by_two_names(portal: Portal) -> None:
    subs = set()
    for kit in (portal.register(), portal.register()):
        token = portal.redeem(kit, portal.code(kit)).json()["access_token"]
        subs.add(jwt.decode(token, options={"verify_signature": False})["sub"])
    assert len(subs) == 2


def test_a_denial_reaches_the_app_with_issuer_and_state(portal: Portal, kit: AppKit) -> None:
    location = portal.allow(portal.interaction_id(kit), "nothing at all")
    query = parse_qs(urlsplit(location).query)
    assert query["error"] == ["access_denied"]
    assert query["iss"] == [ISSUER]


def test_a_refresh_token_lives_as_long_as_its_consent(portal: Portal, kit: AppKit) -> None:
    refresh_token = portal.redeem(kit, portal.code(kit)).json()["refresh_token"]
    for _ in range(2):
        portal.clock.time += timedelta(days=44)
        again = portal.refresh(kit, refresh_token)
        assert again.status_code == 200, again.text
        assert "refresh_token" not in again.json()
    portal.clock.time += timedelta(days=3)
    assert portal.refresh(kit, refresh_token).json()["error"] == "invalid_grant"


def test_a_token_never_outlives_its_consent(portal: Portal, kit: AppKit) -> None:
    refresh_token = portal.redeem(kit, portal.code(kit)).json()["refresh_token"]
    portal.clock.time += timedelta(days=90, seconds=-100)
    assert portal.refresh(kit, refresh_token).json()["expires_in"] == 100


def test_a_withdrawn_consent_takes_every_token_with_it(portal: Portal, kit: AppKit) -> None:
    tokens = portal.redeem(kit, portal.code(kit)).json()
    for name in ("access_token", "refresh_token"):
        assert portal.introspect(kit, tokens[name])["active"] is True
    portal.withdraw(kit)
    for name in ("access_token", "refresh_token"):
        assert portal.introspect(kit, tokens[name]) == {"active": False}
    assert portal.refresh(kit, tokens["refresh_token"]).json()["error"] == "invalid_grant"


def test_introspection_says_what_was_granted(portal: Portal, kit: AppKit) -> None:
    tokens = portal.redeem(kit, portal.code(kit)).json()
    said = portal.introspect(kit, tokens["access_token"])
    assert said["authorization_details"] == tokens["authorization_details"]
    assert said["client_id"] == kit.client_id
    assert portal.introspect(kit, "never issued") == {"active": False}


def test_introspection_tells_nothing_of_another_apps_tokens(portal: Portal) -> None:
    owner, other = portal.register(), portal.register()
    tokens = portal.redeem(owner, portal.code(owner)).json()
    for name in ("access_token", "refresh_token"):
        assert portal.introspect(other, tokens[name]) == {"active": False}


def test_revoking_a_refresh_token_ends_its_family(portal: Portal, kit: AppKit) -> None:
    tokens = portal.redeem(kit, portal.code(kit)).json()
    for _ in range(2):
        done = portal.post("/revoke", kit.signed({"token": tokens["refresh_token"]}))
        assert done.status_code == 200
    assert portal.introspect(kit, tokens["access_token"]) == {"active": False}
    assert portal.refresh(kit, tokens["refresh_token"]).json()["error"] == "invalid_grant"
    assert [kind for kind, _ in portal.ledger()].count("token.revoked") == 1


def test_revoking_an_access_token_leaves_its_family(portal: Portal, kit: AppKit) -> None:
    tokens = portal.redeem(kit, portal.code(kit)).json()
    portal.post("/revoke", kit.signed({"token": tokens["access_token"]}))
    assert portal.introspect(kit, tokens["access_token"]) == {"active": False}
    assert portal.refresh(kit, tokens["refresh_token"]).status_code == 200


def test_an_app_cannot_revoke_anothers_token(portal: Portal) -> None:
    owner, other = portal.register(), portal.register()
    tokens = portal.redeem(owner, portal.code(owner)).json()
    for name in ("access_token", "refresh_token"):
        done = portal.post("/revoke", other.signed({"token": tokens[name]}))
        assert done.status_code == 200
        assert portal.introspect(owner, tokens[name])["active"] is True


def test_scopes_alone_ask_for_the_categories_they_stand_for(portal: Portal) -> None:
    kit = portal.register()
    details = {"authorization_details": None, "scope": "patient/MedicationDispense.rs"}
    code = portal.code(kit, "medication", **details)
    granted = portal.redeem(kit, code).json()["authorization_details"]
    assert granted[0]["categories"] == ["medication"]
    assert granted[0]["period"] == {"from": "2021-01-01", "to": "2027-12-31"}


def test_a_code_dies_after_a_minute(portal: Portal, kit: AppKit) -> None:
    code = portal.code(kit)
    portal.clock.time += timedelta(seconds=60)
    assert portal.redeem(kit, code).json()["error"] == "invalid_grant"


def test_a_page_may_be_loaded_twice_but_is_answered_once(portal: Portal, kit: AppKit) -> None:
    interaction_id = portal.interaction_id(kit)
    database, session = portal.server.database, portal.session()
    names = portal.server.pseudonyms
    for _ in range(2):
        database.run(interaction.take_up, interaction_id, session, portal.clock.now(), names)
    portal.allow(interaction_id)
    with pytest.raises(InteractionGoneError):
        portal.allow(interaction_id)


def test_a_pushed_request_is_used_up_by_the_answer_not_by_the_page(portal: Portal) -> None:
    kit = portal.register(profile="fapi2")
    pushed = portal.post("/par", kit.signed(kit.request()), kit.proof(f"{ISSUER}/par")).json()
    assert pushed["expires_in"] < 600
    reference = {"client_id": kit.client_id, "request_uri": pushed["request_uri"]}
    first, second = (
        UUID(portal.authorize(reference).headers["location"].rpartition("/")[2])
        for _ in range(2)
    )
    portal.allow(first)
    with pytest.raises(InteractionGoneError):
        portal.allow(second)
    assert portal.authorize(reference).status_code == 400


def test_an_expired_request_uri_begins_nothing(portal: Portal) -> None:
    kit = portal.register(profile="fapi2")
    pushed = portal.post("/par", kit.signed(kit.request()), kit.proof(f"{ISSUER}/par")).json()
    portal.clock.time += timedelta(seconds=91)
    reference = {"client_id": kit.client_id, "request_uri": pushed["request_uri"]}
    assert portal.authorize(reference).status_code == 400


def test_an_interaction_is_one_sessions_once_a_person_is_logged_in(portal: Portal) -> None:
    interaction_id = portal.interaction_id(portal.register())
    portal.server.database.run(
        interaction.take_up,
        interaction_id,
        portal.session(),
        portal.clock.now(),
        portal.server.pseudonyms,
    )

    def taken_by_another(connection: Connection) -> None:
        interaction.take_up(
            connection, interaction_id, None, portal.clock.now(), portal.server.pseudonyms
        )

    with pytest.raises(InteractionGoneError):
        portal.server.database.run(taken_by_another)


def test_an_unknown_or_expired_interaction_says_so(portal: Portal) -> None:
    begun = portal.interaction_id(portal.register())
    portal.clock.time += timedelta(minutes=10)
    for interaction_id in (begun, uuid4()):
        with pytest.raises(InteractionGoneError):
            portal.allow(interaction_id)


def test_metadata_and_discovery_are_one_document(portal: Portal) -> None:
    first = portal.send("GET", "/.well-known/oauth-authorization-server")
    second = portal.send("GET", "/.well-known/openid-configuration")
    assert first.content == second.content
    told = json.loads(first.content)
    assert told["issuer"] == ISSUER
    for name, url in told.items():
        if name.endswith(("_endpoint", "_uri")):
            path = url.removeprefix(ISSUER)
            path += "/unknown" if name == "grant_management_endpoint" else ""
            found = {portal.send(method, path).status_code for method in ("GET", "POST")}
            assert found != {404}, name
    etag = {"If-None-Match": first.headers["etag"]}
    same = portal.send("GET", "/.well-known/openid-configuration", headers=etag)
    assert same.status_code == 304


def test_every_refusal_of_an_authenticated_app_is_in_the_ledger(portal: Portal) -> None:
    kit = portal.register()
    portal.redeem(kit, "never issued")
    kind, fields = portal.ledger()[-1]
    assert (kind, fields["reason"]) == ("token.refused", "invalid_grant")


def test_only_what_is_of_no_use_is_forgotten(portal: Portal) -> None:
    kit = portal.register(profile="fapi2")
    tokens = portal.redeem(kit, portal.code(kit)).json()
    portal.post("/revoke", kit.signed({"token": tokens["access_token"]}))
    database = portal.server.database
    assert database.run(tables.forget_expired, portal.clock.now()) == 0
    portal.clock.time += timedelta(days=89)
    assert database.run(tables.forget_expired, portal.clock.now()) == 3
    assert portal.refresh(kit, tokens["refresh_token"]).status_code == 200
    portal.clock.time += timedelta(days=2)
    assert database.run(tables.forget_expired, portal.clock.now()) == 1


def test_an_introspection_is_signed_for_who_wants_it(portal: Portal, oidc: AppKit) -> None:
    token = portal.redeem(oidc, portal.code(oidc)).json()["access_token"]
    for text in (token, "invented"):
        form = oidc.signed({"token": text})
        wanted = {"Accept": "application/token-introspection+jwt"}
        answer = portal.post("/introspect", form, wanted)
        assert answer.headers["content-type"] == "application/token-introspection+jwt"
        key_set = jwt.PyJWKSet.from_dict(portal.send("GET", "/jwks").json())
        key = key_set[jwt.get_unverified_header(answer.text)["kid"]]
        said = jwt.decode(answer.text, key, ["ES256"], audience=oidc.client_id, issuer=ISSUER)
        assert jwt.get_unverified_header(answer.text)["typ"] == "token-introspection+jwt"
        assert said["token_introspection"] == portal.introspect(oidc, text)
        assert {"sub", "exp"}.isdisjoint(said)  # RFC 9701 5
        assert said["iat"] == int(portal.clock.now().timestamp())
