"""What a request for data must show: an access token, and the key it is bound to.

A token that passes is still only a pointer to a consent, which `records.access` reads; it also
uses the proof up, in the transaction that releases the data.
"""

from datetime import datetime
from typing import Annotated, NamedTuple

from fastapi import Depends, Request
from sqlalchemy import Connection

from consent.ledger import store as ledger
from consent.token import AccessToken, Rejected, Rejection
from mynaportal_sim.apps import store as apps
from mynaportal_sim.jose import JoseError, read_jws
from mynaportal_sim.oauth import client_token, dpop, entries
from mynaportal_sim.oauth.checks import access as checks
from mynaportal_sim.oauth.checks.access import Bound, Credentials
from mynaportal_sim.oauth.checks.proof import Target
from mynaportal_sim.oauth.client_token import ClientToken
from mynaportal_sim.oauth.dpop import Proof
from mynaportal_sim.oauth.errors import InvalidDpopProofError, OAuthError
from mynaportal_sim.oauth.resource_errors import InvalidProofError, ResourceError
from mynaportal_sim.oauth.server import Server, ServerDep
from mynaportal_sim.oauth.trail import Trail, trail_of


class Presented(NamedTuple):
    """A token that holds, as far as it can be told without looking up what was revoked.

    `families.holder_of` tells the rest, in the snapshot in which the consent is read. For a
    bound token `dpop_jti` is what `once.burn` must take as kind "dpop" before data leave, good
    until `dpop_expires`; both are None for a bearer token.
    """

    token: AccessToken
    trail: Trail
    dpop_jti: str | None = None
    dpop_expires: datetime | None = None

    @property
    def scheme(self) -> str:
        """How it was presented."""
        return "DPoP" if self.token.jkt else "Bearer"


async def presented(request: Request, server: ServerDep) -> Presented:
    """The token that a request for data shows. Raises ResourceError: none that holds."""
    now, trail = server.now(), trail_of(request)
    credentials = credentials_of(request, trail)
    checked = await server.verified(credentials.token, now)
    system = await _of_a_system(credentials, checked, server, now)
    own = None if system is None else system.client_id
    trail.sender = own or _client_id(credentials.token, checked)
    try:
        trail.hold(checks.token_is_of_a_consent, (credentials, system))
        token = trail.hold(checks.token_holds, (credentials, checked))
        proof = proof_beside(request, server, credentials, token.jkt, now)
    except ResourceError as error:
        await enter_refusal(server, trail.sender, error, kind_of(request))
        raise
    if proof is None:
        return Presented(token, trail)
    return Presented(token, trail, proof.value, proof.expires_at)


TokenDep = Annotated[Presented, Depends(presented)]


def credentials_of(request: Request, trail: Trail) -> Credentials:
    """How a request shows a token, and which. Raises ResourceError: it shows none."""
    trail.hold(checks.token_is_not_in_the_url, list(request.query_params))
    return trail.hold(checks.token_is_in_the_header, request.headers.getlist("authorization"))


def proof_beside(
    request: Request,
    server: Server,
    credentials: Credentials,
    jkt: str | None,
    now: datetime,
) -> Proof | None:
    """The proof for a token bound to a key (RFC 9449 7.1, 7.2), None for a bearer token.

    Raises ResourceError: it is missing, or proves nothing, or the token is not bound like that.
    """
    trail, headers = trail_of(request), request.headers.getlist("dpop")
    trail.hold_all(checks.CHECKS, Bound(credentials, jkt, len(headers)))
    if jkt is None:
        return None
    target = Target(request.method, server.issuer + request.scope["path"], credentials.token)
    try:
        header = dpop.header(request, trail) or ""
        proof = dpop.check(header, target, server.nonces, now, trail)
    except InvalidDpopProofError as error:
        raise InvalidProofError(str(error), error.code) from None
    trail.hold(checks.key_is_the_tokens, (proof.jkt, jkt))
    return proof


async def _of_a_system(
    credentials: Credentials, checked: AccessToken | Rejected, server: Server, now: datetime
) -> ClientToken | None:
    """The token, if it lacks what a consent's has because it is a system's own."""
    if isinstance(checked, AccessToken) or checked.reason is not Rejection.CLAIM:
        return None
    return await client_token.verified(credentials.token, server, now, server.resource)


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


def kind_of(request: Request) -> str:
    """A request for data as a refusal's entry tells it: by method and type, without ids."""
    _, fhir, kind = request.scope["path"].rpartition("/fhir/")
    told = kind.partition("/")[0] if fhir else kind.rpartition("/")[2]
    return f"{request.method} {told}"


async def enter_refusal(
    server: Server, client_id: str | None, error: OAuthError, shown: str
) -> None:
    """Enter in the ledger that an app's token gave no data; `shown` is the request."""
    if client_id is not None:
        await server.database.write(_enter, server, client_id, error, (shown, server.now()))


def _enter(
    connection: Connection,
    server: Server,
    client_id: str,
    error: OAuthError,
    request: tuple[str, datetime],
) -> None:
    app = apps.find(connection, client_id)
    if app is not None:
        shown, now = request
        entry = entries.access_refused(app, error, shown, None)
        ledger.append(connection, entry, now, server.randomness)
