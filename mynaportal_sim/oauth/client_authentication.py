"""Who a client is: a JWT signed by its own key (private_key_jwt; RFC 7521, 7523).

The assertion is verified before the unit of work, and used up inside it, together with what it
was presented for.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import cast

from fastapi import Request
from sqlalchemy import Connection

from mynaportal_sim import once
from mynaportal_sim.apps.model import App
from mynaportal_sim.jose import JoseError
from mynaportal_sim.oauth import client_keys, instants
from mynaportal_sim.oauth.checks import assertion as checks
from mynaportal_sim.oauth.checks.assertion import Assertion, Credentials
from mynaportal_sim.oauth.errors import InvalidClientError
from mynaportal_sim.oauth.profiles import demanded
from mynaportal_sim.oauth.server import Server
from mynaportal_sim.oauth.trail import Trail, asked_by, trail_of


@dataclass(frozen=True, slots=True)
class Client:
    """An authenticated client, whose assertion is still to be used up."""

    app: App
    jti: str = field(repr=False)
    expires_at: datetime
    trail: Trail = field(repr=False)

    def use_up(self, connection: Connection) -> InvalidClientError | None:
        """Take the assertion for this one use; the refusal if it was used before."""
        return self.trail.hold(is_new, (self, connection))


@asked_by("FAPI 2.0 SP 5.3.2.1; RFC 7523 3-7", "The assertion was not used before (jti).")
def is_new(shown: tuple[Client, Connection]) -> InvalidClientError | None:
    client, connection = shown
    used = f"{client.app.client_id} {client.jti}"
    if once.burn(connection, "client_assertion", used, client.expires_at):
        return None
    return InvalidClientError("this client assertion (jti) was used before")


async def authenticate(
    server: Server, request: Request, parameters: Mapping[str, str], now: datetime
) -> Client:
    """The client that the parameters of a request prove to be its sender.

    Raises:
        InvalidClientError: they prove none.
    """
    trail = trail_of(request)
    shown = Credentials(parameters, request.headers.get("authorization"))
    try:
        trail.hold(checks.no_other_credentials, shown)
        trail.hold(checks.assertion_type, shown)
        jws = trail.hold(checks.assertion_is_jwt, shown)
        claimed = trail.hold(checks.assertion_names_one_client, jws)
        trail.hold(checks.client_id_agrees, (shown, claimed))
        app = trail.hold(checks.client_is_registered, await server.app(claimed))
        app = await client_keys.current(server, app, jws.kid, now)
        sent_to = f"{server.issuer}{request.scope['path']}"
        seen = Assertion(jws, app, server.issuer, server.token_endpoint, sent_to, now)
        trail.hold_all(demanded(app, server).assertion, seen)
    except JoseError as error:
        raise InvalidClientError(f"client assertion: {error}") from None
    trail.sender = app.client_id
    ends = cast("datetime", instants.instant(jws.claims, "exp"))
    return Client(app, str(jws.claims["jti"]), ends, trail)
