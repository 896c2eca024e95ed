"""grant_type=authorization_code (RFC 6749 4.1.3, RFC 7636 4.5, RFC 9449 10)."""

import hmac
from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from mynaportal_sim.apps import store as apps
from mynaportal_sim.jose import b64url
from mynaportal_sim.oauth import families, form, pkce, revocation
from mynaportal_sim.oauth.errors import InvalidGrantError, OAuthError
from mynaportal_sim.oauth.families import SECRET_LENGTH, Family
from mynaportal_sim.oauth.grants import Granted, TokenRequest
from mynaportal_sim.oauth.grants.standing import standing
from mynaportal_sim.oauth.server import Server


def check(parameters: Mapping[str, str]) -> None:
    """Raise InvalidRequestError unless everything the exchange needs is there."""
    for name in ("code", "redirect_uri", "code_verifier"):
        form.required(parameters, name)


def exchange(
    connection: Connection, server: Server, asked: TokenRequest, now: datetime
) -> Granted | OAuthError:
    """Use the code up for a token family.

    A code that is offered with anything wrong is used up all the same, and one that was used
    before ends all that came of it (RFC 9700 4.5).
    """
    refresh_token = b64url(server.randomness(SECRET_LENGTH))
    client_id = asked.client.app.client_id
    family = families.redeem(
        connection,
        client_id,
        asked.parameters["code"],
        now,
        refresh_token,
        asked.proof is not None,
    )
    if family is None:
        _end_replayed(connection, server, asked, now)
        return InvalidGrantError("the code is unknown, expired, used, or another app's")
    fault = _misfit(family, asked)
    found = standing(connection, family, now) if fault is None else InvalidGrantError(fault)
    if isinstance(found, OAuthError):
        families.kill(connection, family.id, now)
        return found
    return Granted(family, found.version, found.resident_id, refresh_token)


def _misfit(family: Family, asked: TokenRequest) -> str | None:
    """What of the request is not as the code was asked for."""
    parameters, proof = asked.parameters, asked.proof
    if not hmac.compare_digest(
        parameters["redirect_uri"].encode(), family.redirect_uri.encode()
    ):
        return "redirect_uri is not the one the code was asked for with"
    if not pkce.matches(parameters["code_verifier"], family.code_challenge):
        return "code_verifier does not fit the code_challenge"
    if family.dpop_jkt is not None and (proof is None or proof.jkt != family.dpop_jkt):
        return "the code is bound to another DPoP key (dpop_jkt)"
    return None


def _end_replayed(
    connection: Connection, server: Server, asked: TokenRequest, now: datetime
) -> None:
    app = asked.client.app
    killed = families.kill_replayed(connection, app.client_id, asked.parameters["code"], now)
    if killed is None:
        return
    sub, version_id = killed
    resident_id = apps.resident_of(connection, app.client_id, sub)
    revocation.enter(connection, server, (app, "code_replayed"), (resident_id, version_id), now)
