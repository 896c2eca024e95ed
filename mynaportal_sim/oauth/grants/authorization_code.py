"""grant_type=authorization_code (RFC 6749 4.1.3, RFC 7636 4.5, RFC 9449 10)."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from mynaportal_sim.oauth import form
from mynaportal_sim.oauth.checks import code as checks
from mynaportal_sim.oauth.errors import OAuthError
from mynaportal_sim.oauth.grants import Granted, TokenRequest
from mynaportal_sim.oauth.grants.redemption import redeem
from mynaportal_sim.oauth.server import Server
from mynaportal_sim.oauth.trail import asked_by


@asked_by("RFC 6749 4.1.3", "code and redirect_uri are there.")
def exchange_is_complete(parameters: Mapping[str, str]) -> None:
    for name in ("code", "redirect_uri"):
        form.required(parameters, name)


def exchange(
    connection: Connection, server: Server, asked: TokenRequest, now: datetime
) -> Granted | OAuthError:
    """Use the code up for a token family."""
    code = asked.parameters["code"]
    return redeem(connection, server, asked, code, checks.CHECKS, now)
