"""Twenty at once: of one code, proof, assertion or answer, exactly one is served."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from threading import Barrier
from uuid import UUID

import pytest
from sqlalchemy import Connection

from mynaportal_sim.oauth import devices, managed
from mynaportal_sim.oauth.client_authentication import Client
from mynaportal_sim.oauth.device_authorization import take_up
from mynaportal_sim.oauth.dpop import Proof
from mynaportal_sim.oauth.errors import InteractionGoneError, OAuthError
from mynaportal_sim.oauth.grant_management import end
from mynaportal_sim.oauth.grants import TokenRequest
from mynaportal_sim.oauth.grants.device_code import NAME
from mynaportal_sim.oauth.token import Issued, exchange
from mynaportal_sim.oauth.trail import Trail

from .conftest import Portal, allow_in_one
from .devices import asking
from .kit import NOW, AppKit

AT_ONCE = 20


def together(
    portal: Portal, unit: Callable[[Connection, int], object], *refused: type[Exception]
) -> list[object]:
    """What `unit` gives, or refuses with, when threads run it at the same moment, a transaction
    each."""
    barrier = Barrier(AT_ONCE)

    def run(number: int) -> object:
        barrier.wait()
        try:
            return portal.server.database.run(unit, number)
        except refused as error:
            return error

    with ThreadPoolExecutor(AT_ONCE) as threads:
        return list(threads.map(run, range(AT_ONCE)))


def asked(
    kit: AppKit, parameters: dict[str, str], number: int, shared: frozenset[str]
) -> TokenRequest:
    """A verified token request; what is in `shared` is the same in each."""
    ends = NOW + timedelta(minutes=1)
    assertion = "one" if "assertion" in shared else f"assertion {number}"
    proof = "one" if "proof" in shared else f"proof {number}"
    trail = Trail()
    client = Client(kit.app, trail, (f"{kit.client_id} {assertion}", ends))
    return TokenRequest(client, parameters, Proof("j" * 43, proof, ends, trail))


def errors(outcomes: list[object]) -> set[str]:
    return {outcome.code for outcome in outcomes if isinstance(outcome, OAuthError)}


@pytest.mark.parametrize(
    ("shared", "error"),
    [
        pytest.param("code", "invalid_grant", id="code"),
        pytest.param("assertion", "invalid_client", id="client assertion"),
        pytest.param("proof", "invalid_dpop_proof", id="DPoP proof"),
    ],
)
def test_one_code_is_redeemed_once(portal: Portal, shared: str, error: str) -> None:
    kit = portal.register()
    form = kit.redemption(portal.code(kit))

    def unit(connection: Connection, number: int) -> object:
        request = asked(kit, form, number, frozenset({shared}))
        return exchange(connection, portal.server, "authorization_code", request, NOW)

    outcomes = together(portal, unit)
    assert sum(isinstance(outcome, Issued) for outcome in outcomes) == 1
    assert errors(outcomes) == {error}
    kinds = [kind for kind, _ in portal.ledger()]
    assert kinds.count("token.issued") == 1
    assert kinds.count("token.refused") == AT_ONCE - 1


def test_one_refresh_with_one_proof_is_served_once(portal: Portal) -> None:
    kit = portal.register()
    refresh_token = portal.redeem(kit, portal.code(kit)).json()["refresh_token"]

    def unit(connection: Connection, number: int) -> object:
        form = {"refresh_token": refresh_token}
        request = asked(kit, form, number, frozenset({"proof"}))
        return exchange(connection, portal.server, "refresh_token", request, NOW)

    outcomes = together(portal, unit)
    assert sum(isinstance(outcome, Issued) for outcome in outcomes) == 1
    assert errors(outcomes) == {"invalid_dpop_proof"}


def test_refreshing_with_proofs_of_their_own_serves_all(portal: Portal) -> None:
    kit = portal.register()
    refresh_token = portal.redeem(kit, portal.code(kit)).json()["refresh_token"]

    def unit(connection: Connection, number: int) -> object:
        request = asked(kit, {"refresh_token": refresh_token}, number, frozenset())
        return exchange(connection, portal.server, "refresh_token", request, NOW)

    assert all(isinstance(outcome, Issued) for outcome in together(portal, unit))


def test_one_refresh_token_of_a_public_client_is_served_once_and_its_family_ends(
    portal: Portal,
) -> None:
    scopes = ("offline_access", "patient/Observation.rs")
    kit = portal.register(profile="smart", jwks="", public=True, scopes=scopes)
    portal.let_public_clients_in(let=True)
    form = {**kit.redemption(portal.code_of(kit.launch(" ".join(scopes))))}
    given = portal.post("/token", {**form, "client_id": kit.client_id}).json()

    def unit(connection: Connection, _number: int) -> object:
        refresh = {"refresh_token": given["refresh_token"]}
        request = TokenRequest(Client(kit.app, Trail()), refresh, None)
        return exchange(connection, portal.server, "refresh_token", request, NOW)

    outcomes = together(portal, unit)
    assert sum(isinstance(outcome, Issued) for outcome in outcomes) == 1
    assert errors(outcomes) == {"invalid_grant"}
    revoked = [fields for kind, fields in portal.ledger() if kind == "token.revoked"]
    assert [fields["reason"] for fields in revoked] == ["refresh_token_reused"]


def test_one_grant_is_ended_once(portal: Portal) -> None:
    kit = portal.register()
    grant_id = portal.redeem(kit, portal.code(kit)).json()["grant_id"]

    def unit(connection: Connection, _number: int) -> None:
        grant = managed.find(connection, kit.client_id, grant_id, NOW)
        if grant is not None:
            end(portal.server, NOW, connection, grant)

    together(portal, unit)
    assert [kind for kind, _ in portal.ledger()].count("consent.withdrawn") == 1


def test_one_device_code_is_redeemed_once(portal: Portal) -> None:
    device = asking(portal)
    device.allowed()
    form = {"device_code": device.told["device_code"]}

    def unit(connection: Connection, number: int) -> object:
        request = asked(device.kit, form, number, frozenset())
        return exchange(connection, portal.server, NAME, request, NOW)

    outcomes = together(portal, unit)
    assert sum(isinstance(outcome, Issued) for outcome in outcomes) == 1
    assert errors(outcomes) == {"invalid_grant"}


def test_of_polls_at_once_all_but_one_are_too_soon(portal: Portal) -> None:
    device = asking(portal)
    form = {"device_code": device.told["device_code"]}

    def unit(connection: Connection, number: int) -> object:
        request = asked(device.kit, form, number, frozenset())
        return exchange(connection, portal.server, NAME, request, NOW)

    codes = [one.code for one in together(portal, unit) if isinstance(one, OAuthError)]
    assert codes.count("authorization_pending") == 1
    assert codes.count("slow_down") == AT_ONCE - 1


def test_one_typed_code_is_taken_up_once(portal: Portal) -> None:
    typed = devices.read(asking(portal).told["user_code"])
    assert typed is not None

    def unit(connection: Connection, _number: int) -> object:
        return take_up(connection, portal.server, typed, b"", NOW)

    outcomes = together(portal, unit)
    assert sum(isinstance(outcome, UUID) for outcome in outcomes) == 1
    assert outcomes.count(None) == AT_ONCE - 1


def test_one_page_is_answered_once(portal: Portal) -> None:
    interaction_id: UUID = portal.interaction_id(portal.register())

    def unit(connection: Connection, _number: int) -> object:
        try:
            with connection.begin_nested():
                return allow_in_one(
                    connection, portal.server, interaction_id, portal.session(), ("checkup",)
                )
        except InteractionGoneError as error:
            return error

    outcomes = together(portal, unit)
    assert sum(isinstance(outcome, str) for outcome in outcomes) == 1
