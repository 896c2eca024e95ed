"""grant_type=client_credentials (RFC 6749 4.4): what an app may do for itself.

To ask about its own grants and to end them; or, as a system (SMART Backend Services), data of
those who consent. Either takes a token of its own, since each is for another audience.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from mynaportal_sim.apps.model import App
from mynaportal_sim.oauth import client_token, form, managed, scopes
from mynaportal_sim.oauth.client_token import ClientToken
from mynaportal_sim.oauth.errors import (
    InvalidScopeError,
    OAuthError,
    UnauthorizedClientError,
)
from mynaportal_sim.oauth.grants import TokenRequest
from mynaportal_sim.oauth.server import Server
from mynaportal_sim.oauth.trail import asked_by

SCOPES = managed.SCOPES | scopes.SYSTEM


@asked_by("RFC 6749 4.4.2, 3.3", "scope names what a client may do without a person.")
def scope_needs_no_person(parameters: Mapping[str, str]) -> None:
    named = scopes.split(form.required(parameters, "scope"))
    unknown = [one for one in named if one not in SCOPES]
    if unknown:
        raise InvalidScopeError(f"{unknown[0]} is none of {', '.join(sorted(SCOPES))}")
    if not managed.SCOPES.isdisjoint(named) and not scopes.SYSTEM.isdisjoint(named):
        raise InvalidScopeError(
            "grants and system/ scopes are for two audiences: ask for a token each (RFC 8707 2)"
        )


@asked_by("RFC 6749 4.4", "The client is confidential.")
def client_is_confidential(app: App) -> UnauthorizedClientError | None:
    if app.public:
        return UnauthorizedClientError("a public client has no credentials to get a token by")
    return None


@asked_by("SMART 2.2 backend-services", "The client is registered for the system/ scopes.")
def system_scopes_are_the_clients(
    asked: tuple[tuple[str, ...], App],
) -> InvalidScopeError | None:
    named, app = asked
    unknown = sorted(scopes.SYSTEM.intersection(named) - app.scopes)
    if unknown:
        return InvalidScopeError(f"this app is not registered for the scope {unknown[0]}")
    return None


def exchange(
    _connection: Connection, server: Server, asked: TokenRequest, now: datetime
) -> ClientToken | OAuthError:
    """A token for the client itself, without a refresh token (4.4.3)."""
    app, trail = asked.client.app, asked.client.trail
    wanted = tuple(scopes.split(asked.parameters["scope"]))
    refused: OAuthError | None = trail.hold(client_is_confidential, app)
    if refused is None:
        refused = trail.hold(system_scopes_are_the_clients, (wanted, app))
    if refused is not None:
        return refused
    jkt = asked.proof.jkt if asked.proof else None
    return client_token.new(server, app.client_id, wanted, jkt, now)
