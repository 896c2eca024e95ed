"""GET and POST /userinfo: what is known of the login that a token came of (OIDC Core 5.3).

Nothing of the person but the name by which the app knows them: names, addresses and the like
are data, and data are consented to.
"""

from datetime import datetime

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from consent import service
from consent.token import AccessToken
from mynaportal_sim.apps.model import App
from mynaportal_sim.jose import Json
from mynaportal_sim.oauth import claims, families, form
from mynaportal_sim.oauth.access import credentials_of, proof_beside
from mynaportal_sim.oauth.answers import ToClients, answer, spoken_to_clients
from mynaportal_sim.oauth.checks import access, grant
from mynaportal_sim.oauth.checks import userinfo as checks
from mynaportal_sim.oauth.checks.access import Credentials
from mynaportal_sim.oauth.checks.grant import Called
from mynaportal_sim.oauth.dpop import Proof
from mynaportal_sim.oauth.errors import OAuthError
from mynaportal_sim.oauth.keys.ring import KeyRing
from mynaportal_sim.oauth.profiles import demanded
from mynaportal_sim.oauth.resource_errors import InvalidProofError
from mynaportal_sim.oauth.scopes import OPENID
from mynaportal_sim.oauth.server import Server, ServerDep
from mynaportal_sim.oauth.trail import Trail, trail_of

router = APIRouter(route_class=ToClients)

Said = dict[str, Json]


@router.get("/userinfo")
@spoken_to_clients
async def by_get(request: Request, server: ServerDep) -> Response:
    """Say whom a token is about."""
    return await _answered(request, server)


@router.post("/userinfo")
@spoken_to_clients
async def by_post(request: Request, server: ServerDep) -> Response:
    """The same (5.3.1); the token may be in a form, where the app's profile has it."""
    return await _answered(request, server)


async def _answered(request: Request, server: Server) -> Response:
    now, trail = server.now(), trail_of(request)
    credentials, in_body = await _shown(request, trail)
    checked = await server.verified(credentials.token, now)
    token = trail.hold(access.token_holds, (credentials, checked))
    trail.sender = token.client_id
    app = await server.app(token.client_id)
    if in_body and app is not None:
        trail.hold_all(demanded(app, server).token_in_body, None)
    proof = proof_beside(request, server, credentials, token.jkt, now)
    trail.hold(grant.scope_is_of_the_call, Called(token.scope, OPENID, credentials.scheme))
    found = await server.database.write(_said, token, credentials.scheme, proof, (trail, now))
    if isinstance(found, OAuthError):
        raise found
    if app is None or not app.userinfo_signed_response_alg:
        return answer(found)
    return _signed(found, app, server.issuer, await server.keys.fresh())


def _signed(found: Said, app: App, issuer: str, ring: KeyRing) -> Response:
    """The answer as a JWT for this app, as it has registered that it wants it (5.3.2)."""
    said = {**found, "iss": issuer, "aud": app.client_id}
    headers = {"Cache-Control": "no-store"}
    return Response(ring.sign(said), 200, headers, "application/jwt")


async def _shown(request: Request, trail: Trail) -> tuple[Credentials, bool]:
    """How a request shows a token, and whether in its body (RFC 6750 2.1, 2.2)."""
    if not form.is_borne_by(request):
        return credentials_of(request, trail), False
    sent = (await form.read(request)).get("access_token")
    if sent is None:
        return credentials_of(request, trail), False
    trail.hold(checks.token_is_sent_once, request.headers.getlist("authorization"))
    return Credentials("Bearer", sent), True


def _said(
    connection: Connection,
    token: AccessToken,
    scheme: str,
    proof: Proof | None,
    at: tuple[Trail, datetime],
) -> Said | OAuthError:
    """Use the proof up, look at the consent, and tell; a unit of work."""
    trail, now = at
    replayed = None if proof is None else proof.use_up(connection)
    if replayed is not None:
        return InvalidProofError(str(replayed))
    resident_id = families.holder_of(connection, token.client_id, token.jti)
    gives = resident_id is not None and service.recheck(
        connection, resident_id, token.arrangement_id, token.version_id, now
    )
    refused = trail.hold(checks.token_still_gives, (gives, scheme))
    return refused or {"sub": token.subject, **_of_login(connection, token)}


def _of_login(connection: Connection, token: AccessToken) -> Said:
    """What the app asked by name to be told here."""
    family = families.of_token(connection, token.jti)
    if family is None:
        return {}
    told: Said = {
        "sub": family.sub,
        "acr": family.acr,
        "amr": [*family.amr.split()],
        "auth_time": family.authenticated_at,
    }
    return {name: told[name] for name in claims.names_in(family.claims, "userinfo")}
