"""grant_type=refresh_token (RFC 6749 6).

Clients are confidential, so a refresh token is not rotated (FAPI 2.0 5.3.2.1-9): it is bound by
the client's authentication, ends with the consent, and gives nothing once that was withdrawn.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from mynaportal_sim.oauth import families, form
from mynaportal_sim.oauth.errors import (
    InvalidDpopProofError,
    InvalidGrantError,
    InvalidScopeError,
    OAuthError,
)
from mynaportal_sim.oauth.grants import Granted, TokenRequest
from mynaportal_sim.oauth.grants.standing import standing
from mynaportal_sim.oauth.server import Server


def check(parameters: Mapping[str, str]) -> None:
    """Raise InvalidRequestError unless everything the exchange needs is there."""
    form.required(parameters, "refresh_token")


def exchange(
    connection: Connection, _server: Server, asked: TokenRequest, now: datetime
) -> Granted | OAuthError:
    """What the family's consent still gives."""
    family = families.of_refresh(
        connection, asked.client.app.client_id, asked.parameters["refresh_token"], now
    )
    if family is None:
        return InvalidGrantError("the refresh token is unknown, ended, or another app's")
    if family.sender_constrained and asked.proof is None:
        return InvalidDpopProofError("the first token was bound to a key, so all of them are")
    wanted = asked.parameters.get("scope")
    # The gate goes by the consent, not by scopes: a narrower scope would promise what it lacks.
    if wanted is not None and set(wanted.split()) != set(family.scope.split()):
        return InvalidScopeError("a refresh gives the scope that was granted, unchanged")
    found = standing(connection, family, now)
    if isinstance(found, OAuthError):
        return found
    return Granted(family, found.version, found.resident_id, None)
