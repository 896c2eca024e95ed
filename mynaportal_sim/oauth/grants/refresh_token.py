"""grant_type=refresh_token (RFC 6749 6).

The refresh token of a confidential client is not rotated (FAPI 2.0 5.3.2.1-9): it is bound by
the client's authentication, ends with the consent, and gives nothing once that was withdrawn.
That of a public client is bound to the key that it has proven, or else good once (RFC 9700).
"""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from mynaportal_sim import opaque
from mynaportal_sim.apps import store as apps
from mynaportal_sim.oauth import families, form, revocation, rotation
from mynaportal_sim.oauth.checks import refresh as checks
from mynaportal_sim.oauth.checks.refresh import Renewal
from mynaportal_sim.oauth.errors import InvalidGrantError, OAuthError
from mynaportal_sim.oauth.families import Family
from mynaportal_sim.oauth.grants import Granted, TokenRequest
from mynaportal_sim.oauth.grants.standing import standing
from mynaportal_sim.oauth.server import Server
from mynaportal_sim.oauth.trail import asked_by

REUSED = "refresh_token_reused"


@asked_by("RFC 6749 6", "refresh_token is there.")
def refresh_is_complete(parameters: Mapping[str, str]) -> None:
    form.required(parameters, "refresh_token")


def exchange(
    connection: Connection, server: Server, asked: TokenRequest, now: datetime
) -> Granted | OAuthError:
    """What the family's consent still gives."""
    app, trail = asked.client.app, asked.client.trail
    brought = asked.parameters["refresh_token"]
    row = families.of_refresh(connection, app.client_id, brought, now)
    family = trail.hold(refresh_token_is_live, row)
    if isinstance(family, OAuthError):
        return _reused(connection, server, asked, now, family)
    jkt = None if asked.proof is None else asked.proof.jkt
    try:
        trail.hold_all(checks.CHECKS, Renewal(family, asked.parameters, jkt, app.public))
    except OAuthError as error:
        return error
    found = standing(connection, family, now, trail)
    if isinstance(found, OAuthError):
        return found
    if not app.public or family.sender_constrained:
        return Granted(family, found.version, found.resident_id, None, again=True)
    new = opaque.new(server.randomness)
    if not rotation.replace(connection, family.id, brought, new):
        meanwhile = InvalidGrantError("the refresh token was used by another request meanwhile")
        return _reused(connection, server, asked, now, meanwhile)
    return Granted(family, found.version, found.resident_id, new, again=True)


@asked_by("RFC 6749 6", "The refresh token is this client's, and has not ended.")
def refresh_token_is_live(family: Family | None) -> Family | InvalidGrantError:
    if family is None:
        return InvalidGrantError("the refresh token is unknown, ended, or another app's")
    return family


def _reused(
    connection: Connection,
    server: Server,
    asked: TokenRequest,
    now: datetime,
    refused: OAuthError,
) -> OAuthError:
    """The refusal; if the token was good once, somebody has a copy, and its family ends."""
    app = asked.client.app
    brought = asked.parameters["refresh_token"]
    ended = rotation.end_reused(connection, app.client_id, brought, now)
    if ended is not None:
        resident_id = apps.resident_of(connection, app.client_id, ended.sub)
        about = (resident_id, ended.version_id)
        revocation.enter(connection, server, (app, REUSED), about, now)
    return refused
