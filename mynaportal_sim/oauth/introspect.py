"""POST /introspect: what one of a client's own tokens is worth now (RFC 7662, RFC 9701).

The consent is read again: once it is withdrawn, its tokens are as inactive as invented ones.
"""

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import cast

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from consent import service
from consent.instants import seconds
from consent.model.granted import granted_details
from consent.token import AccessToken, Rejected
from mynaportal_sim.jose import Json
from mynaportal_sim.oauth import client_token, families, form, smart_context
from mynaportal_sim.oauth.answers import ToClients, answer, spoken_to_clients
from mynaportal_sim.oauth.as_client import Said, Work, said
from mynaportal_sim.oauth.client_authentication import Client, authenticate
from mynaportal_sim.oauth.client_token import ClientToken
from mynaportal_sim.oauth.errors import OAuthError
from mynaportal_sim.oauth.families import Family
from mynaportal_sim.oauth.grants.standing import standing
from mynaportal_sim.oauth.keys.ring import KeyRing
from mynaportal_sim.oauth.server import Server, ServerDep

# RFC 9701 4, 5
_TYPE = "token-introspection+jwt"
_SIGNED = f"application/{_TYPE}"
_INACTIVE: dict[str, object] = {"active": False}

router = APIRouter(route_class=ToClients)


@router.post("/introspect")
@spoken_to_clients
async def introspect(request: Request, server: ServerDep) -> Response:
    """Say whether a token is active, and if so, what it says."""
    now = server.now()
    parameters = await form.read(request)
    client = await authenticate(server, request, parameters, now)
    text = form.required(parameters, "token")
    found = await said(server, client, await _about(text, server, now))
    if _SIGNED not in request.headers.get("accept", ""):
        return answer(found)
    ring = await server.keys.fresh()
    return _signed(found, client, (server.issuer, ring), now)


def _signed(
    found: Mapping[str, object], client: Client, by: tuple[str, KeyRing], now: datetime
) -> Response:
    """The answer as a JWT for this client (RFC 9701 5)."""
    issuer, ring = by
    claims: dict[str, Json] = {
        "iss": issuer,
        "aud": client.app.client_id,
        "iat": int(now.timestamp()),
        "token_introspection": cast("dict[str, Json]", dict(found)),
    }
    headers = {"Cache-Control": "no-store"}
    return Response(ring.sign(claims, _TYPE), 200, headers, _SIGNED)


async def _about(text: str, server: Server, now: datetime) -> Work:
    """What tells of a token, by which kind it is of."""
    access = await server.verified(text, now)
    if not isinstance(access, Rejected):
        return partial(_of_access, access, server, now)
    own = await client_token.verified(text, server, now)
    if own is not None:
        return partial(_of_client, own)
    return partial(_of_refresh, text, server, now)


def _of_client(own: ClientToken, connection: Connection, client: Client) -> Said:
    """Of a token that is the client's own; no consent is behind it."""
    if own.client_id != client.app.client_id or families.is_revoked(connection, own.jti):
        return _INACTIVE
    return _claims(own)


def _claims(token: AccessToken | ClientToken) -> dict[str, object]:
    """What each access token says of itself (RFC 7662 2.2; RFC 9449 6.2)."""
    told: dict[str, object] = {
        "active": True,
        "token_type": "Bearer" if token.jkt is None else "DPoP",
        "iss": token.issuer,
        "sub": token.subject,
        "aud": token.audience,
        "client_id": token.client_id,
        "iat": seconds(token.issued_at),
        "exp": seconds(token.expires_at),
        "jti": token.jti,
        "scope": token.scope,
    }
    return told if token.jkt is None else {**told, "cnf": {"jkt": token.jkt}}


def _of_access(
    access: AccessToken, server: Server, now: datetime, connection: Connection, client: Client
) -> Said:
    client_id = client.app.client_id
    if access.client_id != client_id:
        return _INACTIVE
    resident_id = families.holder_of(connection, client_id, access.jti)
    if resident_id is None or not service.recheck(
        connection, resident_id, access.arrangement_id, access.version_id, now
    ):
        return _INACTIVE
    told = {
        **_claims(access),
        "authorization_details": access.authorization_details,
        "auth_time": seconds(access.auth_time),
        "acr": access.acr,
        "arrangement": str(access.arrangement_id),
        "grant_id": str(access.arrangement_id),
        "consent_version": str(access.version_id),
        **smart_context.launched(server, client_id, access.scope, resident_id),
        **smart_context.user(server, client_id, access.scope, resident_id),
    }
    actor = families.actor_of(connection, access.jti)
    if actor is not None:
        told["act"] = {"sub": actor}  # RFC 8693 4.1
    return told


def _of_refresh(
    text: str, server: Server, now: datetime, connection: Connection, client: Client
) -> Said:
    family: Family | None = families.of_refresh(connection, client.app.client_id, text, now)
    found = None if family is None else standing(connection, family, now, client.trail)
    if family is None or found is None or isinstance(found, OAuthError):
        return _INACTIVE
    return {
        "active": True,
        "iss": server.issuer,
        "sub": family.sub,
        "client_id": family.client_id,
        "exp": int(found.version.gives_until.timestamp()),
        "scope": family.scope,
        "authorization_details": granted_details(found.version.terms),
        **({} if family.actor is None else {"act": {"sub": family.actor}}),
    }
