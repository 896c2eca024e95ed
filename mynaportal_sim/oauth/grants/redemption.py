"""How a code becomes a token family, whichever way the client came by it."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import Connection

from mynaportal_sim import opaque
from mynaportal_sim.apps import store as apps
from mynaportal_sim.oauth import families, revocation
from mynaportal_sim.oauth.checks.code import Redemption
from mynaportal_sim.oauth.errors import InvalidGrantError, OAuthError
from mynaportal_sim.oauth.families import Family
from mynaportal_sim.oauth.grants import Granted, TokenRequest
from mynaportal_sim.oauth.grants.standing import ConsentInForce, standing
from mynaportal_sim.oauth.profiles import demanded
from mynaportal_sim.oauth.scopes import OFFLINE
from mynaportal_sim.oauth.server import Server
from mynaportal_sim.oauth.trail import Check, asked_by


def redeem(
    connection: Connection,
    server: Server,
    asked: TokenRequest,
    code: str,
    checks: Sequence[Check[Redemption, None]],
    now: datetime,
) -> Granted | OAuthError:
    """Use the code up for a token family.

    A code that is offered with anything wrong is used up all the same, and one that was used
    before ends all that came of it (RFC 9700 4.5).
    """
    refresh_token = opaque.new(server.randomness)
    client_id, trail = asked.client.app.client_id, asked.client.trail
    bound = asked.proof is not None
    row = families.redeem(connection, client_id, code, now, refresh_token, bound)
    family = trail.hold(code_is_live, row)
    if isinstance(family, OAuthError):
        _end_replayed(connection, server, asked, code, now)
        return family
    jkt = None if asked.proof is None else asked.proof.jkt
    try:
        trail.hold_all(checks, Redemption(family, asked.parameters, jkt))
    except InvalidGrantError as error:
        found: ConsentInForce | OAuthError = error
    else:
        found = standing(connection, family, now, trail)
    if isinstance(found, OAuthError):
        families.kill(connection, family.id, now)
        return found
    if jkt is not None and asked.client.app.public:
        families.bind(connection, family.id, jkt)
    refreshed = demanded(asked.client.app, server).refreshes or OFFLINE in family.scope.split()
    kept = refresh_token if refreshed else None
    return Granted(family, found.version, found.resident_id, kept)


@asked_by("RFC 6749 4.1.2", "The code is this client's, was not used, and has not expired.")
def code_is_live(family: Family | None) -> Family | InvalidGrantError:
    if family is None:
        return InvalidGrantError("the code is unknown, expired, used, or another app's")
    return family


def _end_replayed(
    connection: Connection, server: Server, asked: TokenRequest, code: str, now: datetime
) -> None:
    app = asked.client.app
    killed = families.kill_replayed(connection, app.client_id, code, now)
    if killed is None:
        return
    sub, version_id = killed
    resident_id = apps.resident_of(connection, app.client_id, sub)
    revocation.enter(connection, server, (app, "code_replayed"), (resident_id, version_id), now)
