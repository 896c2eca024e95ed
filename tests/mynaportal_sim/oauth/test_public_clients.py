"""An app that can keep no key: let in by a policy alone, known again by what it was given."""

from datetime import timedelta
from typing import Any

import pytest

from mynaportal_sim.oauth.tables import forget_expired

from .conftest import Portal
from .kit import CALLBACK, ISSUER, AppKit, Form

TOKEN = f"{ISSUER}/token"
SCOPES = ("offline_access", "patient/Observation.rs")
SCOPE = " ".join(SCOPES)
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def kit(portal: Portal) -> AppKit:
    portal.let_public_clients_in(let=True)
    return portal.register(profile="smart", jwks="", public=True, scopes=SCOPES)


def by_name(kit: AppKit, form: Form) -> Form:
    return {**form, "client_id": kit.client_id}


def refreshing(kit: AppKit, refresh_token: str) -> Form:
    form = {"grant_type": "refresh_token", "refresh_token": refresh_token}
    return by_name(kit, form)


def launched(portal: Portal, kit: AppKit, *, proven: bool = False) -> dict[str, Any]:
    """What the token endpoint answers to an app that says its name and brings its verifier."""
    form = by_name(kit, kit.redemption(portal.code_of(kit.launch(SCOPE))))
    given = portal.post("/token", form, kit.proof(TOKEN) if proven else {})
    assert given.status_code == 200, given.text
    answer: dict[str, Any] = given.json()
    return answer


@sqlite
def test_a_refresh_gives_another_refresh_token_and_the_same_scope(
    portal: Portal, kit: AppKit
) -> None:
    first = launched(portal, kit)
    second = portal.post("/token", refreshing(kit, first["refresh_token"])).json()
    third = portal.post("/token", refreshing(kit, second["refresh_token"])).json()
    assert len({one["refresh_token"] for one in (first, second, third)}) == 3
    assert first["scope"] == second["scope"] == third["scope"]
    assert portal.fetch(f"Bearer {third['access_token']}").status_code == 204


@sqlite
def test_a_refresh_token_that_is_shown_again_ends_all_that_came_of_it(
    portal: Portal, kit: AppKit
) -> None:
    first = launched(portal, kit)
    second = portal.post("/token", refreshing(kit, first["refresh_token"])).json()
    again = portal.post("/token", refreshing(kit, first["refresh_token"]))
    assert (again.status_code, again.json()["error"]) == (400, "invalid_grant")
    robbed = portal.post("/token", refreshing(kit, second["refresh_token"]))
    assert robbed.json()["error"] == "invalid_grant"
    assert portal.fetch(f"Bearer {second['access_token']}").status_code == 401
    revoked = [fields["reason"] for kind, fields in portal.ledger() if kind == "token.revoked"]
    assert revoked == ["refresh_token_reused"]


@sqlite
def test_a_refresh_token_that_was_replaced_gives_up_all_that_came_of_it(
    portal: Portal, kit: AppKit
) -> None:
    first = launched(portal, kit)
    second = portal.post("/token", refreshing(kit, first["refresh_token"])).json()
    given_up = portal.post("/revoke", by_name(kit, {"token": first["refresh_token"]}))
    assert given_up.status_code == 200
    refused = portal.post("/token", refreshing(kit, second["refresh_token"]))
    assert refused.json()["error"] == "invalid_grant"
    assert portal.fetch(f"Bearer {second['access_token']}").status_code == 401
    revoked = [fields["reason"] for kind, fields in portal.ledger() if kind == "token.revoked"]
    assert revoked == ["revoked_by_app"]


@sqlite
def test_what_was_spent_is_forgotten_with_its_family_alone(portal: Portal, kit: AppKit) -> None:
    first = launched(portal, kit)
    portal.post("/token", refreshing(kit, first["refresh_token"]))
    portal.clock.time += timedelta(days=1)
    portal.server.database.run(forget_expired, portal.clock.now())
    portal.post("/token", refreshing(kit, first["refresh_token"]))
    assert portal.ledger()[-2][1]["reason"] == "refresh_token_reused"


@sqlite
def test_a_key_that_was_proven_stays_the_key_and_nothing_is_rotated(
    portal: Portal, kit: AppKit
) -> None:
    answer = launched(portal, kit, proven=True)
    form = refreshing(kit, answer["refresh_token"])
    for _ in range(2):
        renewed = portal.post("/token", form, kit.proof(TOKEN))
        assert renewed.json()["token_type"] == "DPoP"
        assert "refresh_token" not in renewed.json()
    assert portal.post("/token", form).json()["error"] == "invalid_dpop_proof"
    kit.dpop_key = kit.key
    stolen = portal.post("/token", form, kit.proof(TOKEN))
    assert stolen.json()["error"] == "invalid_grant"


@sqlite
@pytest.mark.parametrize(
    ("spoilt", "status"),
    [
        pytest.param({"code_verifier": "v" * 43}, 400, id="another's verifier"),
        pytest.param({"code_verifier": ""}, 400, id="no verifier"),
        pytest.param({"redirect_uri": f"{CALLBACK}/x"}, 400, id="another address"),
        pytest.param({"client_secret": "s"}, 401, id="a secret"),
        pytest.param({"client_assertion_type": "urn:x"}, 401, id="half an assertion"),
        pytest.param({"client_id": "nobody"}, 401, id="nobody's name"),
    ],
)
def test_a_code_is_of_no_use_with_anything_else_than_it_was_asked_with(
    portal: Portal, kit: AppKit, spoilt: Form, status: int
) -> None:
    form = by_name(kit, kit.redemption(portal.code_of(kit.launch(SCOPE))))
    assert portal.post("/token", {**form, **spoilt}).status_code == status


@sqlite
def test_nobody_with_keys_comes_by_the_name_alone(portal: Portal) -> None:
    portal.let_public_clients_in(let=True)
    confidential = portal.register(profile="smart", scopes=SCOPES)
    form = confidential.redemption(portal.code_of(confidential.launch(SCOPE)))
    refused = portal.post("/token", by_name(confidential, form))
    assert (refused.status_code, refused.json()["error"]) == (401, "invalid_client")


@sqlite
def test_it_pushes_and_revokes_by_its_name_and_proves_itself_nowhere_else(
    portal: Portal, kit: AppKit
) -> None:
    pushed = portal.post("/par", by_name(kit, kit.launch(SCOPE)))
    assert pushed.status_code == 201
    answer = launched(portal, kit)
    token = by_name(kit, {"token": answer["refresh_token"]})
    assert portal.post("/introspect", token).status_code == 401
    signed = kit.signed({"token": answer["refresh_token"]})
    assert portal.post("/introspect", signed).json()["error"] == "invalid_client"
    assert portal.post("/revoke", token).status_code == 200
    assert portal.fetch(f"Bearer {answer['access_token']}").status_code == 401


@sqlite
def test_where_the_policy_is_off_it_is_let_in_nowhere_and_told_so(
    portal: Portal, kit: AppKit
) -> None:
    answer = launched(portal, kit)
    code = portal.code_of(kit.launch(SCOPE))
    portal.let_public_clients_in(let=False)
    forms = {
        "/par": kit.launch(SCOPE),
        "/token": kit.redemption(code),
        "/revoke": {"token": answer["refresh_token"]},
    }
    for path, form in forms.items():
        refused = portal.post(path, by_name(kit, form))
        assert (refused.status_code, refused.json()["error"]) == (400, "unauthorized_client")
        assert "MYNASIM_PUBLIC_CLIENTS" in refused.json()["error_description"]
    location = portal.authorize(kit.launch(SCOPE)).headers["location"]
    assert location.startswith(f"{CALLBACK}?error=unauthorized_client")
