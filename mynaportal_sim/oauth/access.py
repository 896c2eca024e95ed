"""What a request for data must show: an access token, and the key it is bound to.

A token that passes is still only a pointer to a consent, which `records.access` reads; it also
uses the proof up, in the transaction that releases the data.
"""

import hmac
from datetime import datetime
from typing import Annotated, NamedTuple

from fastapi import Depends, Request
from sqlalchemy import Connection

from consent import token as tokens
from consent.ledger import store as ledger
from consent.token import AccessToken, Rejected, Rejection
from mynaportal_sim.apps import store as apps
from mynaportal_sim.jose import JoseError, read_jws
from mynaportal_sim.oauth import dpop, entries
from mynaportal_sim.oauth.checks.proof import Target
from mynaportal_sim.oauth.dpop import Proof
from mynaportal_sim.oauth.errors import (
    InvalidDpopProofError,
    InvalidProofError,
    InvalidTokenError,
    ResourceError,
    TokenInQueryError,
    TokenRequiredError,
)
from mynaportal_sim.oauth.server import Server, ServerDep
from mynaportal_sim.oauth.trail import trail_of


class Presented(NamedTuple):
    """A token that holds, as far as it can be told without looking up what was revoked.

    `families.holder_of` tells the rest, in the snapshot in which the consent is read. For a
    bound token `dpop_jti` is what `once.burn` must take as kind "dpop" before data leave, good
    until `dpop_expires`; both are None for a bearer token.
    """

    token: AccessToken
    dpop_jti: str | None = None
    dpop_expires: datetime | None = None


class Credentials(NamedTuple):
    """The Authorization header, taken apart; `scheme` is "Bearer" or "DPoP"."""

    scheme: str
    token: str


_SCHEMES = {"bearer": "Bearer", "dpop": "DPoP"}


async def _presented(request: Request, server: ServerDep) -> Presented:
    now = server.now()
    credentials = _credentials(request)
    checked = tokens.verify(
        credentials.token, server.keys.public, server.issuer, server.resource, now
    )
    try:
        if isinstance(checked, Rejected):
            raise InvalidTokenError(_told(checked), credentials.scheme)
        proof = _proof(request, server, credentials, checked, now)
    except ResourceError as error:
        await _log(request, server, _client_id(credentials.token, checked), error, now)
        raise
    if proof is None:
        return Presented(checked)
    return Presented(checked, proof.value, proof.expires_at)


TokenDep = Annotated[Presented, Depends(_presented)]


def _credentials(request: Request) -> Credentials:
    """What the request presents, in the header and nowhere else (FAPI 2.0 5.3.3)."""
    if "access_token" in request.query_params:
        raise TokenInQueryError("a token in the URL is not accepted, and is now in logs")
    values = request.headers.getlist("authorization")
    scheme, _, token = values[0].partition(" ") if values else ("", "", "")
    known = _SCHEMES.get(scheme.lower())
    if len(values) != 1 or known is None or not token.strip():
        raise TokenRequiredError
    return Credentials(known, token.strip())


def _told(rejected: Rejected) -> str:
    return f"the access token is not accepted: {rejected.reason.value} {rejected.claim}".strip()


def _proof(
    request: Request,
    server: Server,
    credentials: Credentials,
    token: AccessToken,
    now: datetime,
) -> Proof | None:
    """The proof for a bound token (RFC 9449 7.1, 7.2), None for a bearer token."""
    if token.jkt is None:
        if credentials.scheme == "DPoP":
            raise InvalidTokenError("the token is a bearer token", "Bearer")
        return None
    if credentials.scheme == "Bearer":
        raise InvalidTokenError("the token is bound to a key: use the DPoP scheme", "DPoP")
    target = Target(request.method, server.issuer + request.scope["path"], credentials.token)
    try:
        header = dpop.header(request, trail_of(request))
        if header is None:
            raise InvalidProofError("the DPoP header is missing")
        proof = dpop.check(header, target, now, trail_of(request))
    except InvalidDpopProofError as error:
        raise InvalidProofError(str(error)) from None
    if not hmac.compare_digest(proof.jkt.encode(), token.jkt.encode()):
        raise InvalidTokenError("the proof is by another key than the token's", "DPoP")
    return proof


def _client_id(token: str, checked: AccessToken | Rejected) -> str | None:
    """Whose token this is, as far as our own signature says so."""
    if isinstance(checked, AccessToken):
        return checked.client_id
    if checked.reason is not Rejection.EXPIRED:
        return None
    try:
        return str(read_jws(token).claims.get("client_id"))
    except JoseError:
        return None


async def _log(
    request: Request,
    server: Server,
    client_id: str | None,
    error: ResourceError,
    now: datetime,
) -> None:
    if client_id is not None:
        kind = request.scope["path"].rpartition("/fhir/")[2].partition("/")[0]
        shown = f"{request.method} {kind}"
        await server.database.write(_enter, server, client_id, error, (shown, now))


def _enter(
    connection: Connection,
    server: Server,
    client_id: str,
    error: ResourceError,
    request: tuple[str, datetime],
) -> None:
    app = apps.find(connection, client_id)
    if app is not None:
        shown, now = request
        entry = entries.access_refused(app, error, shown, None)
        ledger.append(connection, entry, now, server.randomness)
