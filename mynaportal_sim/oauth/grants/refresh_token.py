"""grant_type=refresh_token (RFC 6749 6).

Clients are confidential, so a refresh token is not rotated (FAPI 2.0 5.3.2.1-9): it is bound by
the client's authentication, ends with the consent, and gives nothing once that was withdrawn.
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from mynaportal_sim.oauth import families, form
from mynaportal_sim.oauth.checks import refresh as checks
from mynaportal_sim.oauth.checks.refresh import Renewal
from mynaportal_sim.oauth.errors import InvalidGrantError, OAuthError
from mynaportal_sim.oauth.families import Family
from mynaportal_sim.oauth.grants import Granted, TokenRequest
from mynaportal_sim.oauth.grants.standing import standing
from mynaportal_sim.oauth.server import Server
from mynaportal_sim.oauth.trail import asked_by


@asked_by("RFC 6749 6", "refresh_token is there.")
def refresh_is_complete(parameters: Mapping[str, str]) -> None:
    form.required(parameters, "refresh_token")


def exchange(
    connection: Connection, _server: Server, asked: TokenRequest, now: datetime
) -> Granted | OAuthError:
    """What the family's consent still gives."""
    client_id, trail = asked.client.app.client_id, asked.client.trail
    brought = asked.parameters["refresh_token"]
    row = families.of_refresh(connection, client_id, brought, now)
    family = trail.hold(refresh_token_is_live, row)
    if isinstance(family, OAuthError):
        return family
    try:
        trail.hold_all(
            checks.CHECKS, Renewal(family, asked.parameters, asked.proof is not None)
        )
    except OAuthError as error:
        return error
    found = standing(connection, family, now, trail)
    if isinstance(found, OAuthError):
        return found
    return Granted(family, found.version, found.resident_id, None, again=True)


@asked_by("RFC 6749 6", "The refresh token is this client's, and has not ended.")
def refresh_token_is_live(family: Family | None) -> Family | InvalidGrantError:
    if family is None:
        return InvalidGrantError("the refresh token is unknown, ended, or another app's")
    return family
