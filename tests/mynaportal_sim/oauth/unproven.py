"""What the checks of public clients are for, as `test_checks` tries them."""

import httpx

from .conftest import Portal
from .kit import ISSUER, AppKit

TOKEN = f"{ISSUER}/token"


def _public(portal: Portal, *, let: bool = True) -> AppKit:
    portal.let_public_clients_in(let=let)
    return portal.register(
        profile="smart",
        jwks="",
        public=True,
        scopes=("offline_access", "patient/Observation.rs"),
    )


def _asks_as_nobody_it_can_prove(portal: Portal) -> httpx.Response:
    return portal.authorize(_public(portal, let=False).launch("patient/Observation.rs"))


def _manages_grants_unproven(portal: Portal) -> httpx.Response:
    kit = _public(portal)
    wish = {"grant_management_action": "create"}
    return portal.authorize(kit.launch("patient/Observation.rs", **wish))


def _asks_as_a_system_unproven(portal: Portal) -> httpx.Response:
    kit = _public(portal)
    form = {"grant_type": "client_credentials", "scope": "grant_management_query"}
    return portal.post("/token", {**form, "client_id": kit.client_id})


def _refreshes_by_another_key(portal: Portal) -> httpx.Response:
    kit = _public(portal)
    code = portal.code_of(kit.launch("offline_access patient/Observation.rs"))
    form = {**kit.redemption(code), "client_id": kit.client_id}
    given = portal.post("/token", form, kit.proof(TOKEN)).json()
    kit.dpop_key = kit.key
    again = {"grant_type": "refresh_token", "refresh_token": given["refresh_token"]}
    return portal.post("/token", {**again, "client_id": kit.client_id}, kit.proof(TOKEN))


UNPROVEN = {
    "public_clients_are_let_in": _asks_as_nobody_it_can_prove,
    "public_client_manages_no_grants": _manages_grants_unproven,
    "client_is_confidential": _asks_as_a_system_unproven,
    "public_client_keeps_its_key": _refreshes_by_another_key,
}
"""A request that each refuses, by its name."""
