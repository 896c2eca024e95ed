"""GET and PUT /register/{client_id}: an app reads and changes its registration (RFC 7592).

What people are asked by stays as it was registered: that changes by a declaration, which has
them asked anew. An app is not deleted, since the ledger and people's consents name it.
"""

from dataclasses import fields, replace
from datetime import datetime

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from mynaportal_sim.apps import amending, registration_tokens, store
from mynaportal_sim.apps.errors import RegistrationError
from mynaportal_sim.apps.model import App
from mynaportal_sim.apps.registration import Registration
from mynaportal_sim.oauth import client_metadata
from mynaportal_sim.oauth.answers import ToClients, answer, spoken_to_clients
from mynaportal_sim.oauth.checks import registration as checks
from mynaportal_sim.oauth.errors import OAuthError
from mynaportal_sim.oauth.register import (
    PLACE,
    bearer,
    checked,
    document,
    hold_what_is_said,
    metadata,
)
from mynaportal_sim.oauth.server import Server, ServerDep
from mynaportal_sim.oauth.trail import Trail, trail_of

_OWN = f"{PLACE}/{{client_id}}"
_ADDRESSES = ("redirect_uris", "event_endpoint", "post_logout_redirect_uris")
_OF_LOGINS = ("backchannel_logout_uri", "userinfo_signed_response_alg")
_MAY_CHANGE = frozenset({*_ADDRESSES, *_OF_LOGINS, "jwks", "jwks_uri", "about"})

router = APIRouter(route_class=ToClients)


@router.get(_OWN)
@spoken_to_clients
async def look(request: Request, server: ServerDep) -> Response:
    """Say what is registered of an app."""
    app, token = await _named(request, server)
    return answer(document(app, server, token))


@router.put(_OWN)
@spoken_to_clients
async def change(request: Request, server: ServerDep) -> Response:
    """Change where an app is found, its keys, and what it says of itself."""
    now, trail = server.now(), trail_of(request)
    before, token = await _named(request, server)
    trail.hold(checks.tries_are_few, server.tries.take(before.client_id, now))
    said = await metadata(request, trail)
    trail.hold(checks.names_this_client, (said, before))
    hold_what_is_said(said, client_metadata.profile_of(said, before.profile.value), trail)
    like = _registration(before)
    try:
        wanted = client_metadata.read(said, like)
    except RegistrationError as error:
        raise client_metadata.refused(error) from None
    trail.hold(checks.stays_what_people_are_asked, _changed(like, wanted))
    app = await checked(wanted, before.client_id, server, now, trail)
    after = replace(before, **{name: getattr(app, name) for name in (*_MAY_CHANGE, "keys")})
    change = (server, after, token, now, trail)
    refused = await server.database.write(_amended, *change)
    if refused is not None:
        raise refused
    return answer(document(after, server, token))


async def _named(request: Request, server: Server) -> tuple[App, str]:
    """The app whose token a request bears, and the token. Raises InvalidTokenError."""
    trail = trail_of(request)
    token = bearer(request, trail)
    owner = await server.database.read(registration_tokens.owner, token)
    app = None if owner is None else await server.app(owner)
    named = request.path_params["client_id"]
    found = trail.hold(checks.registration_token_is_the_clients, (app, named))
    trail.sender = found.client_id
    return found, token


def _registration(app: App) -> Registration:
    """What was declared of an app, without what a change brings along in any case."""
    known = {
        one.name: getattr(app, one.name)
        for one in fields(Registration)
        if hasattr(app, one.name)
    }
    declared = {
        "scopes": tuple(sorted(app.scopes)),
        "profile": app.profile.value,
        "purpose": app.purpose.code,
        "purpose_text": app.purpose.text,
        "event_endpoint": "",
    }
    return Registration(**{**known, **declared})


def _changed(before: Registration, wanted: Registration) -> str | None:
    """The first member that would change what people are asked by."""
    for one in fields(Registration):
        if one.name in _MAY_CHANGE:
            continue
        old, new = getattr(before, one.name), getattr(wanted, one.name)
        if one.name == "scopes":
            old, new = set(old), set(new)
        if old != new:
            return client_metadata.member_of(one.name)
    return None


def _amended(
    connection: Connection, server: Server, after: App, token: str, now: datetime, trail: Trail
) -> OAuthError | None:
    """Change what is registered, unless the token has ended meanwhile; a unit of work."""
    owner = registration_tokens.owner(connection, token)
    refused = trail.hold(checks.registration_token_still_counts, owner)
    if refused is not None:
        return refused
    before = store.find(connection, after.client_id)
    if before is not None:
        amending.amend(connection, before, after, now, server.randomness)
    return None
