"""POST /token: exchanges a grant for an access token.

What is good once (assertion, proof, code) is used up in the unit of work that stores the
outcome and its ledger entry; a token leaves only after that has committed.
"""

from collections.abc import Mapping
from datetime import UTC, datetime
from hashlib import sha256
from typing import NamedTuple

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from consent import token as tokens
from consent.errors import NotInForceError
from consent.ledger import store as ledger
from consent.ledger.entry import Entry
from consent.token import AccessToken, Issuance
from mynaportal_sim.jose import Json, b64url
from mynaportal_sim.oauth import client_token, dpop, entries, families, form, smart_context
from mynaportal_sim.oauth.answers import ToClients, answer, spoken_to_clients
from mynaportal_sim.oauth.checks.proof import Target
from mynaportal_sim.oauth.checks.tokens import TokenAsked
from mynaportal_sim.oauth.client_authentication import Client, identify
from mynaportal_sim.oauth.client_token import ClientToken
from mynaportal_sim.oauth.dpop import Proof
from mynaportal_sim.oauth.errors import (
    AuthorizationPendingError,
    InvalidGrantError,
    OAuthError,
    UnsupportedGrantTypeError,
)
from mynaportal_sim.oauth.grants import (
    Grant,
    Granted,
    TokenRequest,
    authorization_code,
    client_credentials,
    device_code,
    refresh_token,
)
from mynaportal_sim.oauth.keys.ring import KeyRing
from mynaportal_sim.oauth.profiles import demanded
from mynaportal_sim.oauth.scopes import OPENID
from mynaportal_sim.oauth.server import Server, ServerDep
from mynaportal_sim.oauth.trail import asked_by

GRANTS: dict[str, Grant] = {
    "authorization_code": Grant(
        authorization_code.exchange_is_complete, authorization_code.exchange
    ),
    "refresh_token": Grant(refresh_token.refresh_is_complete, refresh_token.exchange),
    "client_credentials": Grant(
        client_credentials.scope_needs_no_person, client_credentials.exchange
    ),
    device_code.NAME: Grant(device_code.poll_is_complete, device_code.exchange),
}

router = APIRouter(route_class=ToClients)


class Issued(NamedTuple):
    """An access token that may leave, and what it was granted by."""

    access: AccessToken
    granted: Granted


@router.post("/token")
@spoken_to_clients
async def token(request: Request, server: ServerDep) -> Response:
    """Exchange a grant for tokens."""
    now = server.now()
    parameters = await form.read(request)
    client = await identify(server, request, parameters, now)
    name = client.trail.hold(grant_type_is_known, parameters)
    client.trail.hold(GRANTS[name].is_complete, parameters)
    asked = TokenRequest(client, parameters, _proof(request, client, parameters, server, now))
    outcome = await server.database.write(exchange, server, name, asked, now)
    if isinstance(outcome, OAuthError):
        raise outcome
    return answer(_content(outcome, server, await server.keys.fresh(), now))


@asked_by("RFC 6749 5.2", "grant_type is one of those that the metadata list.")
def grant_type_is_known(parameters: Mapping[str, str]) -> str:
    name = form.required(parameters, "grant_type")
    if name not in GRANTS:
        raise UnsupportedGrantTypeError(f"grant_type must be one of {', '.join(GRANTS)}")
    return name


def _proof(
    request: Request,
    client: Client,
    parameters: Mapping[str, str],
    server: Server,
    now: datetime,
) -> Proof | None:
    trail = client.trail
    header = dpop.header(request, trail)
    trail.hold_all(demanded(client.app, server).token, TokenAsked(parameters, header))
    if header is None:
        return None
    return dpop.check(header, Target("POST", server.token_endpoint), server.nonces, now, trail)


def exchange(
    connection: Connection, server: Server, name: str, asked: TokenRequest, now: datetime
) -> Issued | ClientToken | OAuthError:
    """Use up, exchange and enter in the ledger; a unit of work whose refusal is a value."""
    refused = asked.client.use_up(connection, asked.proof)
    outcome = refused or _issued(connection, server, name, asked, now)
    if isinstance(outcome, AuthorizationPendingError):
        return outcome  # of which nobody need be told: nothing was given or refused
    entry = _entry(server, asked, name, outcome)
    ledger.append(connection, entry, now, server.randomness)
    return outcome


def _entry(
    server: Server, asked: TokenRequest, name: str, outcome: Issued | ClientToken | OAuthError
) -> Entry:
    app = asked.client.app
    if isinstance(outcome, OAuthError):
        return entries.refused(app, outcome, name, None)
    if isinstance(outcome, ClientToken):
        return entries.issued_to_app(app, outcome)
    holder = server.pseudonyms.holder(outcome.granted.resident_id)
    return entries.issued(outcome.granted.version, name, outcome.access.jti, holder)


def _issued(
    connection: Connection, server: Server, name: str, asked: TokenRequest, now: datetime
) -> Issued | ClientToken | OAuthError:
    granted = GRANTS[name].exchange(connection, server, asked, now)
    if not isinstance(granted, Granted):
        return granted
    family = granted.family
    issuance = Issuance(
        issuer=server.issuer,
        subject=family.sub,
        audience=server.resource,
        jti=families.new_jti(family.id, server.randomness),
        scope=family.scope,
        auth_time=datetime.fromtimestamp(family.authenticated_at, UTC),
        acr=family.acr,
        jkt=asked.proof.jkt if asked.proof else None,
    )
    try:
        return Issued(AccessToken.derive(granted.version, issuance, now), granted)
    except NotInForceError:
        return InvalidGrantError("the person's consent has ended")


def _content(
    issued: Issued | ClientToken, server: Server, ring: KeyRing, now: datetime
) -> dict[str, object]:
    """The answer of RFC 6749 5.1."""
    if isinstance(issued, ClientToken):
        return _bare(issued, client_token.mint(issued, ring))
    access, granted = issued
    encoded = tokens.mint(access, ring.active)
    content = {
        **_bare(access, encoded),
        "authorization_details": access.authorization_details,  # RFC 9396 7
        "grant_id": str(access.arrangement_id),
        **smart_context.launched(server, access.client_id, access.scope, granted.resident_id),
    }
    if granted.refresh_token is not None:
        content["refresh_token"] = granted.refresh_token
    if OPENID in access.scope.split():
        content["id_token"] = ring.sign(_id_claims(issued, encoded, server, now))
    return content


def _bare(token: AccessToken | ClientToken, encoded: str) -> dict[str, object]:
    return {
        "access_token": encoded,
        "token_type": "Bearer" if token.jkt is None else "DPoP",
        "expires_in": int((token.expires_at - token.issued_at).total_seconds()),
        "scope": token.scope,
    }


def _id_claims(issued: Issued, encoded: str, server: Server, now: datetime) -> dict[str, Json]:
    """What the ID token says, by OpenID Connect Core 2; a refreshed one has no nonce (12.2)."""
    access, granted = issued
    made_at = int(now.timestamp())
    claims: dict[str, Json] = {
        "iss": server.issuer,
        "sub": access.subject,
        "aud": access.client_id,
        "iat": made_at,
        "exp": made_at + int(tokens.LIFETIME.total_seconds()),
        "auth_time": granted.family.authenticated_at,
        "acr": access.acr,
        "amr": [*granted.family.amr.split()],
        "at_hash": b64url(sha256(encoded.encode()).digest()[:16]),
    }
    if granted.family.session is not None:
        claims["sid"] = server.pseudonyms.session(access.client_id, granted.family.session)
    if granted.family.actor is not None:
        claims["act"] = {"sub": granted.family.actor}  # RFC 8693 4.1
    if not granted.again and granted.family.nonce is not None:
        claims["nonce"] = granted.family.nonce
    known = (access.client_id, access.scope, granted.resident_id)
    return {**claims, **smart_context.user(server, *known)}
