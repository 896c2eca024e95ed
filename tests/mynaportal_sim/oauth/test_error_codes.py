"""Each error code of the specifications is reached by a test, or cannot come here."""

from collections.abc import Callable, Iterator
from pathlib import Path

import httpx
import pytest

from mynaportal_sim.oauth.errors import OAuthError

from .conftest import Portal
from .registering import Newcomer, invited

TESTS = Path(__file__).parents[2]
SPECIFIED = {
    # RFC 6749, 6750, 7009
    *("invalid_request", "invalid_client", "invalid_grant", "unauthorized_client"),
    *("unsupported_grant_type", "invalid_scope", "access_denied", "server_error"),
    *("temporarily_unavailable", "unsupported_response_type"),
    *("invalid_token", "insufficient_scope", "unsupported_token_type"),
    # RFC 7591, 8628, 8707
    *("invalid_redirect_uri", "invalid_client_metadata"),
    *("invalid_software_statement", "unapproved_software_statement"),
    *("authorization_pending", "slow_down", "expired_token", "invalid_target"),
    # RFC 9101, 9396, 9449, 9470
    *("invalid_request_object", "request_not_supported", "request_uri_not_supported"),
    *("invalid_authorization_details", "invalid_dpop_proof", "use_dpop_nonce"),
    "insufficient_user_authentication",
    # Grant Management; OpenID Connect Core
    *("invalid_grant_id", "login_required", "consent_required"),
    *("interaction_required", "account_selection_required"),
    # CIBA; RFC 8935
    *("unknown_user_id", "expired_login_hint_token", "missing_user_code"),
    *("invalid_binding_message", "transaction_failed"),
    *("invalid_key", "invalid_issuer", "invalid_audience", "authentication_failed"),
}
CIBA = "no client asks here without a browser or a device's code (CIBA is not offered)"
RECEIVERS = "what a receiver of events answers; this portal sends them (RFC 8935 2.4)"
NEVER = {
    "unsupported_token_type": "each kind of token given here can be revoked (RFC 7009 2.2.1)",
    "invalid_request_object": "none is read: request_not_supported comes first",
    "request_uri_not_supported": "one that was pushed is; any other is an invalid_request",
    "interaction_required": "what prompt=none lacks is a login or a consent, and named so",
    "account_selection_required": "a session is one person's, so there is none to select",
    "invalid_software_statement": "none is taken: each is an unapproved_software_statement",
    "unknown_user_id": CIBA,
    "expired_login_hint_token": CIBA,
    "missing_user_code": CIBA,
    "invalid_binding_message": CIBA,
    "transaction_failed": CIBA,
    "invalid_key": RECEIVERS,
    "invalid_issuer": RECEIVERS,
    "invalid_audience": RECEIVERS,
    "authentication_failed": RECEIVERS,
}


def _refreshes_while_suspended(portal: Portal) -> httpx.Response:
    kit = portal.register()
    token = portal.redeem(kit, portal.code(kit)).json()["refresh_token"]
    portal.suspend(kit)
    return portal.refresh(kit, token)


def _asks_about_no_grant(portal: Portal) -> httpx.Response:
    kit = portal.register()
    return portal.manage(kit, "GET", "no-grant", portal.own_token(kit))


def _registers_a_fragment(portal: Portal) -> httpx.Response:
    uris = ["http://127.0.0.1:9000/cb#here"]
    return Newcomer(portal).register(invited(portal), redirect_uris=uris)


def _asks_by_a_code_without_devices(portal: Portal) -> httpx.Response:
    kit = portal.register()
    return portal.post("/device_authorization", kit.signed({"scope": "openid"}))


ANSWERED = [
    pytest.param(_refreshes_while_suspended, 400, id="consent_suspended"),
    pytest.param(_asks_about_no_grant, 404, id="unknown_arrangement"),
    pytest.param(_registers_a_fragment, 400, id="invalid_redirect_uri"),
    pytest.param(_asks_by_a_code_without_devices, 400, id="unauthorized_client"),
]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("sends", "status"), ANSWERED)
def test_it_is_answered(
    portal: Portal,
    sends: Callable[[Portal], httpx.Response],
    status: int,
    request: pytest.FixtureRequest,
) -> None:
    answered = sends(portal)
    code = request.node.callspec.id.removeprefix("sqlite-").removesuffix("-sqlite")
    assert (answered.status_code, answered.json()["error"]) == (status, code)


def _ours(kind: type[OAuthError] = OAuthError) -> Iterator[str]:
    """The code of each error that this portal can raise."""
    if code := vars(kind).get("code"):
        yield code
    for more in kind.__subclasses__():
        yield from _ours(more)


def test_each_code_is_the_expected_one_somewhere() -> None:
    rooms = [
        TESTS / "journeys",
        *(TESTS / "mynaportal_sim" / one for one in ("documents", "oauth", "phr")),
        *(TESTS / "mynaportal_sim" / one for one in ("verifiers", "web")),
    ]
    files = [TESTS / "mynaportal_sim" / "test_problems.py"]
    files += [file for room in rooms for file in room.rglob("*.py") if file != Path(__file__)]
    text = "\n".join(file.read_text() for file in files)
    reached = {row.id for row in ANSWERED}
    assert {
        code
        for code in (SPECIFIED - NEVER.keys()) | set(_ours())
        if code not in reached and f'"{code}"' not in text
    } == set()


def test_none_is_both_raised_and_never_reached() -> None:
    assert NEVER.keys() <= SPECIFIED
    assert NEVER.keys() & set(_ours()) == set()
