"""Who a client is: a JWT signed by its own key (private_key_jwt; RFC 7521, 7523).

The assertion is verified before the unit of work, and used up inside it, together with what it
was presented for.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from sqlalchemy import Connection

from mynaportal_sim import once
from mynaportal_sim.apps.model import App
from mynaportal_sim.jose import JoseError, Json, Jws, PublicKey, read_jws, verify
from mynaportal_sim.oauth import instants
from mynaportal_sim.oauth.errors import InvalidClientError
from mynaportal_sim.oauth.profiles import DEMANDS, Demands
from mynaportal_sim.oauth.server import Server

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# How far ahead `exp` may lie; bounds how long a used jti must be remembered.
LIFETIME_MAX = timedelta(minutes=60)
JTI_MAX = 256


@dataclass(frozen=True, slots=True)
class Client:
    """An authenticated client, whose assertion is still to be used up."""

    app: App
    jti: str = field(repr=False)
    expires_at: datetime

    def use_up(self, connection: Connection) -> InvalidClientError | None:
        """Take the assertion for this one use; the refusal if it was used before."""
        used = f"{self.app.client_id} {self.jti}"
        if once.burn(connection, "client_assertion", used, self.expires_at):
            return None
        return InvalidClientError("this client assertion (jti) was used before")


async def authenticate(
    server: Server, parameters: Mapping[str, str], authorization: str | None, now: datetime
) -> Client:
    """The client that the parameters of a request prove to be its sender.

    `authorization` is the header of that name, by which no client can authenticate here.

    Raises:
        InvalidClientError: they prove none.
    """
    try:
        assertion, client_id = _assertion(parameters, authorization)
        app = await server.app(client_id)
        return _verified(assertion, app, server, now)
    except JoseError as error:
        raise InvalidClientError(f"client assertion: {error}") from None


def _assertion(parameters: Mapping[str, str], authorization: str | None) -> tuple[Jws, str]:
    """The assertion and the client_id that it claims."""
    if authorization is not None or "client_secret" in parameters:
        raise InvalidClientError(
            "clients authenticate by private_key_jwt only", challenged=authorization is not None
        )
    if parameters.get("client_assertion_type") != ASSERTION_TYPE:
        raise InvalidClientError(f"client_assertion_type must be {ASSERTION_TYPE}")
    assertion = read_jws(parameters.get("client_assertion", ""))
    claimed = assertion.claims.get("sub")
    if not isinstance(claimed, str) or assertion.claims.get("iss") != claimed:
        raise JoseError("iss and sub must both be the client_id")
    if parameters.get("client_id", claimed) != claimed:
        raise JoseError("client_id is another than in the assertion")
    return assertion, claimed


def _verified(assertion: Jws, app: App | None, server: Server, now: datetime) -> Client:
    if app is None:
        raise JoseError("the client is not registered")
    demands = DEMANDS[app.profile]
    claims = verify(assertion, _key(assertion, app.keys), demands.assertion_algorithms)
    _check_audience(claims.get("aud"), demands, server)
    instants.check_not_ahead(claims, now)
    expires_at = instants.instant(claims, "exp")
    if expires_at is None or not now < expires_at <= now + LIFETIME_MAX:
        raise JoseError(f"exp must lie at most {LIFETIME_MAX.seconds // 60} minutes ahead")
    jti = claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= JTI_MAX:
        raise JoseError(f"jti must be a string of 1 to {JTI_MAX} characters")
    return Client(app, jti, expires_at)


def _key(assertion: Jws, keys: Sequence[PublicKey]) -> PublicKey:
    """The client's key that the header names; without a kid, its only one for that alg."""
    if assertion.kid is not None:
        fitting = [key for key in keys if assertion.kid in (key.kid, key.thumbprint)]
    else:
        fitting = [key for key in keys if assertion.algorithm in key.algorithms]
    if len(fitting) != 1:
        raise JoseError("the header names none of the client's registered keys (kid)")
    return fitting[0]


def _check_audience(audience: Json, demands: Demands, server: Server) -> None:
    if demands.issuer_audience_only:
        if audience != server.issuer:
            raise JoseError("aud must be the issuer, as a string (FAPI 2.0)")
        return
    named = audience if isinstance(audience, list) else [audience]
    if server.issuer not in named and server.token_endpoint not in named:
        raise JoseError("aud must be the issuer or the token endpoint")
