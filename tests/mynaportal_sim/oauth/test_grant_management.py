"""Grants: created, merged, replaced, asked about and ended by the app that has them."""

import json
from datetime import timedelta
from secrets import token_bytes
from urllib.parse import parse_qs, urlsplit
from uuid import uuid4

import jwt
import pytest
from sqlalchemy import Connection

from consent import service
from consent.errors import StaleVersionError
from consent.model import MYSELF, Evidence, Notice
from consent.service import Reduction
from mynaportal_sim.oauth import managed
from mynaportal_sim.oauth.grant_management import end

from .conftest import Portal
from .kit import DETAILS, NOW, QUERY_AND_REVOKE, AppKit

CHECKUP = "openid patient/Observation.rs"
MEDICATION = "patient/MedicationDispense.rs"
Json = dict[str, object]


def asking(*categories: str, **more: object) -> str:
    return json.dumps([{**DETAILS[0], "categories": list(categories), **more}])


@pytest.fixture(params=["oidc", "fapi2"])
def kit(request: pytest.FixtureRequest, portal: Portal) -> AppKit:
    return portal.register(profile=request.param)


def granted(portal: Portal, kit: AppKit, *categories: str, **asked: str) -> Json:
    """The tokens of a new grant, or of a changed one, for these categories."""
    usual = {"grant_management_action": "create", "scope": CHECKUP}
    wanted = {**usual, "authorization_details": asking(*categories), **asked}
    answered = portal.redeem(kit, portal.code(kit, "checkup", "medication", **wanted))
    assert answered.status_code == 200, answered.text
    tokens: Json = answered.json()
    return tokens


def told(portal: Portal, kit: AppKit, grant_id: object) -> Json:
    """What the app is told of a grant."""
    answered = portal.manage(kit, "GET", str(grant_id), portal.own_token(kit))
    assert answered.status_code == 200, answered.text
    assert "no-store" in answered.headers["cache-control"]
    said: Json = answered.json()
    return said


def categories_of(said: Json) -> list[str]:
    details = said["authorization_details"]
    assert isinstance(details, list)
    return sorted({category for one in details for category in one["categories"]})


def test_a_grant_is_created_merged_replaced_and_ended(portal: Portal, kit: AppKit) -> None:
    first = granted(portal, kit, "checkup")
    grant_id = first["grant_id"]
    created = int(NOW.timestamp())
    assert told(portal, kit, grant_id) == {
        "scopes": [{"scope": CHECKUP, "resource": ["http://localhost:8400/fhir"]}],
        "authorization_details": first["authorization_details"],
        "created_at": created,
        "last_updated": created,
        "expires_at": created + 90 * 86_400,
        "updated_by": "client",
    }

    portal.clock.time += timedelta(days=1)
    named = {"grant_id": str(grant_id), "scope": MEDICATION}
    merge = {"grant_management_action": "merge", **named}
    second = granted(portal, kit, "medication", **merge)
    assert second["grant_id"] == grant_id
    assert second["scope"] == f"{MEDICATION} patient/Observation.rs"
    assert "id_token" in first
    assert "id_token" not in second
    assert categories_of(second) == ["checkup", "medication"]
    assert portal.refresh(kit, str(first["refresh_token"])).json()["error"] == "invalid_grant"
    assert portal.introspect(kit, str(first["access_token"])) == {"active": False}
    now = told(portal, kit, grant_id)
    assert (now["created_at"], now["last_updated"]) == (created, created + 86_400)
    assert categories_of(now) == ["checkup", "medication"]

    replace = {"grant_management_action": "replace", **named}
    third = granted(portal, kit, "medication", **replace)
    assert (third["grant_id"], third["scope"]) == (grant_id, MEDICATION)
    assert categories_of(third) == categories_of(told(portal, kit, grant_id)) == ["medication"]
    assert portal.refresh(kit, str(second["refresh_token"])).json()["error"] == "invalid_grant"
    assert portal.refresh(kit, str(third["refresh_token"])).status_code == 200

    own = portal.own_token(kit)
    ended = portal.manage(kit, "DELETE", str(grant_id), own)
    assert (ended.status_code, ended.content) == (204, b"")
    assert portal.manage(kit, "GET", str(grant_id), own).status_code == 404
    assert portal.manage(kit, "DELETE", str(grant_id), own).status_code == 404
    assert portal.refresh(kit, str(third["refresh_token"])).json()["error"] == "invalid_grant"
    assert portal.introspect(kit, str(third["access_token"])) == {"active": False}
    [(_, withdrawn)] = [one for one in portal.ledger() if one[0] == "consent.withdrawn"]
    assert (withdrawn["channel"], withdrawn["by"]) == ("app", "app")


def test_a_persons_token_reaches_their_grant_where_it_has_the_scope(
    portal: Portal, kit: AppKit
) -> None:
    tokens = granted(portal, kit, "checkup", scope=f"{CHECKUP} {QUERY_AND_REVOKE}")
    grant_id, token = str(tokens["grant_id"]), str(tokens["access_token"])
    said = portal.manage(kit, "GET", grant_id, token)
    assert said.json()["scopes"][0]["scope"] == CHECKUP  # what is about grants is not of them
    assert portal.manage(kit, "DELETE", grant_id, token).status_code == 204
    assert portal.manage(kit, "GET", grant_id, token).status_code == 404


def test_each_token_names_its_grant_and_the_browser_never_sees_it(
    portal: Portal, kit: AppKit
) -> None:
    location = portal.allow(portal.interaction_id(kit))
    answered = parse_qs(urlsplit(location).query)
    assert set(answered) == {"code", "state", "iss"}
    tokens = portal.redeem(kit, answered["code"][0]).json()
    assert portal.refresh(kit, tokens["refresh_token"]).json()["grant_id"] == tokens["grant_id"]
    said = portal.introspect(kit, tokens["access_token"])
    assert said["grant_id"] == tokens["grant_id"]


def test_what_is_created_stands_beside_what_there_was(portal: Portal, oidc: AppKit) -> None:
    plain = portal.redeem(oidc, portal.code(oidc)).json()
    one, other = (granted(portal, oidc, "checkup") for _ in range(2))
    grants = {str(tokens["grant_id"]) for tokens in (plain, one, other)}
    assert len(grants) == 3
    portal.manage(oidc, "DELETE", str(one["grant_id"]), portal.own_token(oidc))
    alive = [portal.refresh(oidc, str(one["refresh_token"])) for one in (plain, one, other)]
    assert [answered.status_code for answered in alive] == [200, 400, 200]


def test_a_code_of_the_version_before_gives_nothing(portal: Portal, oidc: AppKit) -> None:
    grant_id = str(granted(portal, oidc, "checkup")["grant_id"])
    replace = {"grant_management_action": "replace", "grant_id": grant_id}
    code = portal.code(oidc, **replace)
    granted(portal, oidc, "checkup", **replace)
    assert portal.redeem(oidc, code).json()["error"] == "invalid_grant"


def test_a_grant_whose_code_nobody_redeemed_is_no_grant(portal: Portal, oidc: AppKit) -> None:
    code = portal.code(oidc, grant_management_action="create")

    def unclaimed(connection: Connection) -> str:
        known = service.in_force(connection, portal.resident_id, oidc.client_id, NOW)
        [version] = known
        return str(version.arrangement_id)

    grant_id, own = portal.server.database.run(unclaimed), portal.own_token(oidc)
    assert portal.manage(oidc, "GET", grant_id, own).status_code == 404
    assert portal.redeem(oidc, code).json()["grant_id"] == grant_id
    assert portal.manage(oidc, "GET", grant_id, own).status_code == 200


def test_what_the_person_takes_back_stands_in_the_grant(portal: Portal, oidc: AppKit) -> None:
    tokens = granted(portal, oidc, "checkup", "medication", scope=f"{CHECKUP} {MEDICATION}")
    grant_id = str(tokens["grant_id"])

    def unit(connection: Connection) -> None:
        now = portal.clock.now()
        [version] = service.in_force(connection, portal.resident_id, oidc.client_id, now)
        wish = Reduction(
            key=uuid4(),
            resident_id=portal.resident_id,
            arrangement_id=version.arrangement_id,
            version_id=version.id,
            stop=frozenset({"medication"}),
            notice=Notice("1", "ja"),
            evidence=Evidence("soft", "jpki"),
            holder=bytes(32),
            acting=MYSELF,
        )
        service.reduce(connection, wish, now, token_bytes)

    portal.server.database.run(unit)
    said = told(portal, oidc, grant_id)
    assert said["updated_by"] == "authorization_server"
    assert said["scopes"][0]["scope"] == CHECKUP  # type: ignore[index]  # a list
    assert categories_of(said) == ["checkup"]
    merge = {"grant_management_action": "merge", "grant_id": grant_id, "scope": MEDICATION}
    again = granted(portal, oidc, "medication", **merge)
    assert again["scope"] == f"{MEDICATION} patient/Observation.rs"


def test_a_grant_that_changed_while_the_person_read_is_not_changed_again(
    portal: Portal, oidc: AppKit
) -> None:
    grant_id = str(granted(portal, oidc, "checkup")["grant_id"])
    merge = {"grant_management_action": "merge", "grant_id": grant_id}
    read = portal.interaction_id(oidc, **merge)
    granted(portal, oidc, "medication", **merge, scope=MEDICATION)
    with pytest.raises(StaleVersionError):
        portal.allow(read)


def test_a_grant_is_ended_as_it_stands_though_it_changed_since_it_was_found(
    portal: Portal, oidc: AppKit
) -> None:
    grant_id = str(granted(portal, oidc, "checkup")["grant_id"])
    database, now = portal.server.database, portal.clock.now()
    found = database.run(managed.find, oidc.client_id, grant_id, now)
    assert found is not None
    merge = {"grant_management_action": "merge", "grant_id": grant_id, "scope": MEDICATION}
    granted(portal, oidc, "medication", **merge)

    def unit(connection: Connection) -> None:
        end(portal.server, now, connection, found)

    database.run(unit)
    own = portal.own_token(oidc)
    assert portal.manage(oidc, "GET", grant_id, own).status_code == 404


CREATE, MERGE = {"grant_management_action": "create"}, {"grant_management_action": "merge"}
UNKNOWN = "00000000-0000-4000-8000-000000000000"


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        pytest.param({"grant_management_action": "query"}, "invalid_request", id="unsupported"),
        pytest.param({"grant_management_action": "Merge"}, "invalid_request", id="other case"),
        pytest.param({**CREATE, "grant_id": UNKNOWN}, "invalid_request", id="id with create"),
        pytest.param({"grant_id": UNKNOWN}, "invalid_request", id="id without an action"),
        pytest.param(MERGE, "invalid_request", id="merge without an id"),
        pytest.param(
            {"grant_management_action": "replace"},
            "invalid_request",
            id="replace without an id",
        ),
        pytest.param({**MERGE, "grant_id": UNKNOWN}, "invalid_grant_id", id="unknown"),
        pytest.param({**MERGE, "grant_id": "x" * 32}, "invalid_grant_id", id="no id of ours"),
        pytest.param(
            {**MERGE, "authorization_details": asking("checkup", term="once")},
            "invalid_authorization_details",
            id="merging what is asked for once",
        ),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_request_that_manages_no_grant_is_refused_with(
    portal: Portal, oidc: AppKit, asked: dict[str, str], error: str
) -> None:
    if error == "invalid_authorization_details":
        asked = {**asked, "grant_id": str(granted(portal, oidc, "checkup")["grant_id"])}
    pushed = portal.post("/par", oidc.signed(oidc.request(**asked)))
    assert (pushed.status_code, pushed.json()["error"]) == (400, error)
    sent = portal.authorize(oidc.request(**asked)).headers["location"]
    assert parse_qs(urlsplit(sent).query)["error"] == [error]


def test_no_other_app_and_no_other_person_reaches_a_grant(portal: Portal, kit: AppKit) -> None:
    grant_id = str(granted(portal, kit, "checkup")["grant_id"])
    other = portal.register(profile=kit.app.profile)
    strangers = portal.own_token(other)
    merge = {"grant_management_action": "merge", "grant_id": grant_id}
    pushed = portal.post(
        "/par", other.signed(other.request(**merge)), other.proof("http://localhost:8400/par")
    )
    assert pushed.json()["error"] == "invalid_grant_id"
    portal.resident_id = uuid4()
    theirs = granted(portal, kit, "checkup", scope=f"{CHECKUP} {QUERY_AND_REVOKE}")
    with pytest.raises(StaleVersionError):
        portal.allow(portal.interaction_id(kit, **merge))
    for method in ("GET", "DELETE"):
        assert portal.manage(other, method, grant_id, strangers).status_code == 404
        token = str(theirs["access_token"])
        assert portal.manage(kit, method, grant_id, token).status_code == 404
    assert told(portal, kit, grant_id)["updated_by"] == "client"


@pytest.mark.parametrize(
    ("token", "status", "challenge"),
    [
        pytest.param("none", 401, "Bearer realm=", id="no token"),
        pytest.param("spoilt", 401, 'error="invalid_token"', id="a spoilt signature"),
        pytest.param("revoked", 401, 'error="invalid_token"', id="revoked"),
        pytest.param("expired", 401, 'error="invalid_token"', id="expired"),
        pytest.param("for data", 403, 'scope="grant_management_revoke"', id="another scope"),
        pytest.param("to query", 403, 'scope="grant_management_revoke"', id="only to query"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_grant_is_ended_by_nobody_whose_token_does_not_hold(
    portal: Portal, kit: AppKit, token: str, status: int, challenge: str
) -> None:
    tokens = granted(portal, kit, "checkup")
    grant_id, shown = str(tokens["grant_id"]), portal.own_token(kit)
    if token == "revoked":
        assert portal.post("/revoke", kit.signed({"token": shown})).status_code == 200
    if token == "expired":
        portal.clock.time += timedelta(seconds=301)
    if token == "for data":
        shown = str(tokens["access_token"])
    if token == "to query":
        shown = portal.own_token(kit, "grant_management_query")
    if token == "spoilt":
        shown = shown[:-8] + "AAAAAAAA"
    refused = (
        portal.send("DELETE", f"/grants/{grant_id}")
        if token == "none"
        else portal.manage(kit, "DELETE", grant_id, shown)
    )
    assert refused.status_code == status
    assert challenge in refused.headers["www-authenticate"]
    assert refused.headers["cache-control"] == "no-store"
    assert told(portal, kit, grant_id)


@pytest.mark.parametrize(
    "grant_id",
    [
        pytest.param(UNKNOWN, id="unknown"),
        pytest.param("%00", id="NUL"),
        pytest.param("%ff%fe", id="no UTF-8"),
        pytest.param("a%0d%0aSet-Cookie:%20x=y", id="CRLF"),
        pytest.param("x" * 4000, id="long"),
        pytest.param("urn:uuid:" + UNKNOWN, id="another spelling"),
    ],
)
@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_what_names_no_grant_is_not_found(portal: Portal, oidc: AppKit, grant_id: str) -> None:
    answered = portal.manage(oidc, "GET", grant_id, portal.own_token(oidc))
    assert answered.status_code == 404
    assert "set-cookie" not in answered.headers


def test_an_id_in_another_spelling_is_not_the_grants(portal: Portal, oidc: AppKit) -> None:
    grant_id = str(granted(portal, oidc, "checkup")["grant_id"])
    own = portal.own_token(oidc)
    for spelt in (grant_id.upper(), grant_id.replace("-", ""), f"{{{grant_id}}}"):
        if spelt != grant_id:
            assert portal.manage(oidc, "GET", spelt, own).status_code == 404


def test_a_suspended_grant_can_be_asked_about_and_ended_but_not_merged(
    portal: Portal, oidc: AppKit
) -> None:
    grant_id = str(granted(portal, oidc, "checkup")["grant_id"])
    portal.suspend(oidc)
    assert told(portal, oidc, grant_id)["updated_by"] == "authorization_server"
    asked = oidc.request(grant_management_action="merge", grant_id=grant_id)
    pushed = portal.post("/par", oidc.signed(asked))
    assert pushed.json()["error"] == "invalid_grant_id"
    assert portal.manage(oidc, "DELETE", grant_id, portal.own_token(oidc)).status_code == 204


def test_a_proof_is_used_up_by_a_call(portal: Portal, fapi: AppKit) -> None:
    grant_id = str(granted(portal, fapi, "checkup")["grant_id"])
    own = portal.own_token(fapi)
    url = f"http://localhost:8400/grants/{grant_id}"
    headers = {"Authorization": f"DPoP {own}", **fapi.proof(url, "GET", own)}
    assert portal.send("GET", f"/grants/{grant_id}", headers=headers).status_code == 200
    again = portal.send("GET", f"/grants/{grant_id}", headers=headers)
    assert again.status_code == 401
    assert 'error="invalid_dpop_proof"' in again.headers["www-authenticate"]


def test_an_app_gets_a_token_for_itself_that_opens_no_data(portal: Portal, kit: AppKit) -> None:
    own = portal.own_token(kit, "grant_management_query")
    claims = jwt.decode(own, options={"verify_signature": False})
    assert (claims["sub"], claims["aud"]) == (kit.client_id, "http://localhost:8400/grants")
    said = portal.introspect(kit, own)
    assert {name: said[name] for name in ("active", "sub", "scope")} == {
        "active": True, "sub": kit.client_id, "scope": "grant_management_query",
    }  # fmt: skip
    assert ("cnf" in said) == (kit.app.profile == "fapi2")
    other = portal.register(profile=kit.app.profile)
    assert portal.introspect(other, own) == {"active": False}
    scheme = "DPoP" if kit.app.profile == "fapi2" else "Bearer"
    proof = kit.proof("http://localhost:8400/fhir/Patient", "GET", own)
    assert portal.fetch(f"{scheme} {own}", **proof).status_code == 401
    portal.post("/revoke", other.signed({"token": own}))
    assert portal.introspect(kit, own)["active"] is True
    portal.post("/revoke", kit.signed({"token": own}))
    assert portal.introspect(kit, own) == {"active": False}
    kinds = [kind for kind, _ in portal.ledger()]
    assert kinds.count("token.issued_to_app") == kinds.count("token.revoked") == 1
