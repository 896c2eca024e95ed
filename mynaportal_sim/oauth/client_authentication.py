"""Who a client is: a JWT signed by its own key (private_key_jwt; RFC 7521, 7523).

The assertion is verified before the unit of work, and used up inside it, together with what it
was presented for. A public client says its name and proves nothing, where that is enough.
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
from mynaportal_sim.oauth.dpop import Proof
from mynaportal_sim.oauth.errors import InvalidClientError, OAuthError
from mynaportal_sim.oauth.profiles import demanded
from mynaportal_sim.oauth.server import Server
from mynaportal_sim.oauth.trail import Trail, asked_by, trail_of


def methods(*, named: bool) -> list[str]:
    """How clients authenticate (RFC 8414 2); not at all, where they may be just `named`."""
    return ["private_key_jwt", *(["none"] if named else [])]


@dataclass(frozen=True, slots=True)
class Client:
    """A client, whose assertion is still to be used up; a public one has none."""

    app: App
    trail: Trail = field(repr=False)
    used: tuple[str, datetime] | None = field(default=None, repr=False)

    def use_up(self, connection: Connection, proof: Proof | None = None) -> OAuthError | None:
        """Take the assertion, and a proof that came with it, for this one use.

        The refusal if either was used before.
        """
        refused: OAuthError | None = None
        if self.used is not None:
            refused = self.trail.hold(is_new, (self.used, connection))
        if refused is None and proof is not None:
            refused = proof.use_up(connection)
        return refused


@asked_by("FAPI 2.0 SP 5.3.2.1; RFC 7523 3-7", "The assertion was not used before (jti).")
def is_new(shown: tuple[tuple[str, datetime], Connection]) -> InvalidClientError | None:
    used, connection = shown
    if once.burn(connection, "client_assertion", *used):
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
    return Client(app, trail, (f"{app.client_id} {jws.claims['jti']}", ends))


async def identify(
    server: Server, request: Request, parameters: Mapping[str, str], now: datetime
) -> Client:
    """The client that a request is from, where a public one may come by its name alone.

    Raises:
        InvalidClientError: it is from none.
        UnauthorizedClientError: from a public one, where none is let in.
    """
    shown = Credentials(parameters, request.headers.get("authorization"))
    app = None if shown.proves else await server.app(parameters.get("client_id", ""))
    if app is None or not app.public:
        return await authenticate(server, request, parameters, now)
    trail = trail_of(request)
    trail.hold(checks.public_clients_are_let_in, (app, server.public_clients))
    return Client(app, trail)
