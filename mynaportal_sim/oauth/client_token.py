"""Access tokens that an app gets for itself, about no person (RFC 6749 4.4; RFC 9068).

Signed and typed as consent tokens are, but `sub` is the client, and no consent is behind it:
neither kind of token is taken for the other. The audience is where the app manages its grants
or, for the scopes of systems (SMART Backend Services), the FHIR server.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from consent import token as tokens
from consent.instants import instant, seconds
from consent.token import Rejected, Rejection
from mynaportal_sim.jose import Json, b64url
from mynaportal_sim.oauth.keys.ring import KeyRing
from mynaportal_sim.oauth.scopes import SYSTEM
from mynaportal_sim.oauth.server import Server

LIFETIME = timedelta(seconds=300)
_TYPE = "at+jwt"
_JTI_LENGTH = 16


@dataclass(frozen=True, slots=True)
class ClientToken:
    """The claims of a client's own token, instants in whole seconds."""

    issuer: str
    client_id: str
    scope: str
    audience: str
    jti: str
    issued_at: datetime
    expires_at: datetime
    jkt: str | None

    @property
    def subject(self) -> str:
        """Whom it is about: the client itself (RFC 9068 2.2)."""
        return self.client_id


def new(
    server: Server, client_id: str, scopes: Collection[str], jkt: str | None, now: datetime
) -> ClientToken:
    """A token for scopes of one audience, bound to a key where one was proven."""
    issued_at = now.replace(microsecond=0)
    jti = b64url(server.randomness(_JTI_LENGTH))
    ends = issued_at + LIFETIME
    audience = server.resource if SYSTEM.issuperset(scopes) else server.grant_endpoint
    said = (server.issuer, client_id, " ".join(scopes), audience)
    return ClientToken(*said, jti, issued_at, ends, jkt)


def mint(token: ClientToken, ring: KeyRing) -> str:
    """`token` as a compact JWS."""
    claims: dict[str, Json] = {
        "iss": token.issuer,
        "sub": token.subject,
        "aud": token.audience,
        "client_id": token.client_id,
        "iat": seconds(token.issued_at),
        "exp": seconds(token.expires_at),
        "jti": token.jti,
        "scope": token.scope,
    }
    if token.jkt is not None:
        claims["cnf"] = {"jkt": token.jkt}
    return ring.sign(claims, _TYPE)


async def verified(
    text: str, server: Server, now: datetime, *audiences: str
) -> ClientToken | None:
    """The claims of a client's own token that this server made and that holds at `now`.

    It is for one of these audiences; where none is named, for either that there is.
    """
    claims = tokens.signed_claims(text, (await server.keys.fresh()).public)
    if isinstance(claims, Rejected) and claims.reason is Rejection.KEY:
        # As in Server.verified: another process may have made a key since.
        claims = tokens.signed_claims(text, (await server.keys.anew()).public)
    known = audiences or (server.grant_endpoint, server.resource)
    if isinstance(claims, Rejected) or claims.get("aud") not in known:
        return None
    if claims.get("sub") != claims.get("client_id"):  # then it is about a person
        return None
    # Nobody else signs with these keys, so that what is about a client is as `mint` made it.
    token = ClientToken(
        claims["iss"],
        claims["client_id"],
        claims["scope"],
        claims["aud"],
        claims["jti"],
        instant(claims["iat"]),
        instant(claims["exp"]),
        claims.get("cnf", {}).get("jkt"),
    )
    early = token.issued_at > now + tokens.CLOCK_SKEW
    return None if early or token.expires_at <= now else token
