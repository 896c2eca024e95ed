"""grant_type=client_credentials (RFC 6749 4.4): what an app may do for itself.

There is nothing of a person's in it: so far, to ask about its own grants and to end them.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from mynaportal_sim.oauth import client_token, form, managed, scopes
from mynaportal_sim.oauth.client_token import ClientToken
from mynaportal_sim.oauth.errors import OAuthError
from mynaportal_sim.oauth.grants import TokenRequest
from mynaportal_sim.oauth.server import Server
from mynaportal_sim.oauth.trail import asked_by

SCOPES = managed.SCOPES


@asked_by("RFC 6749 4.4.2, 3.3", "scope names what a client may do without a person.")
def scope_needs_no_person(parameters: Mapping[str, str]) -> None:
    scopes.parse(form.required(parameters, "scope"), SCOPES)


def exchange(
    _connection: Connection, server: Server, asked: TokenRequest, now: datetime
) -> ClientToken | OAuthError:
    """A token for the client itself, without a refresh token (4.4.3)."""
    wanted = " ".join(scopes.parse(asked.parameters["scope"], SCOPES))
    jkt = asked.proof.jkt if asked.proof else None
    return client_token.new(server, asked.client.app.client_id, wanted, jkt, now)
