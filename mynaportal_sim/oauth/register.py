"""POST /register: an app that was invited registers itself (RFC 7591)."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from consent.model.granted import DETAIL_TYPE
from mynaportal_sim.apps import fetching, invites, registration, registration_tokens
from mynaportal_sim.apps import service as apps
from mynaportal_sim.apps.errors import RegistrationError
from mynaportal_sim.apps.invites import Invite
from mynaportal_sim.apps.model import App, Profile
from mynaportal_sim.apps.registration import Registration
from mynaportal_sim.jose import Json
from mynaportal_sim.oauth import client_metadata, form
from mynaportal_sim.oauth.answers import ToClients, answer, spoken_to_clients
from mynaportal_sim.oauth.checks import registration as checks
from mynaportal_sim.oauth.checks.registration import Said
from mynaportal_sim.oauth.errors import InvalidClientMetadataError, OAuthError
from mynaportal_sim.oauth.keys.files import ALGORITHM
from mynaportal_sim.oauth.profiles import PROFILES
from mynaportal_sim.oauth.scopes import SCOPES
from mynaportal_sim.oauth.server import Server, ServerDep
from mynaportal_sim.oauth.token import GRANTS
from mynaportal_sim.oauth.trail import Trail, trail_of

PLACE = "/register"
MEDIA_TYPE = "application/json"
router = APIRouter(route_class=ToClients)


class Registered(NamedTuple):
    """An app that has just been registered, and the token by which it manages that."""

    app: App
    token: str


@router.post(PLACE, status_code=201)
@spoken_to_clients
async def register(request: Request, server: ServerDep) -> Response:
    """Register an app by what it says of itself."""
    now, trail = server.now(), trail_of(request)
    token = bearer(request, trail)
    invite = await server.database.read(invites.find, token)
    standing = None if invite is None else invite.standing(now)
    invite = trail.hold(checks.invitation_stands, (invite, standing))
    trail.hold(checks.tries_are_few, server.tries.take(invite.id, now))
    said = await metadata(request, trail)
    wanted = _wanted(said, invite, server, trail)
    app = await checked(
        wanted, registration.new_client_id(server.randomness), server, now, trail
    )
    done = await server.database.write(_registered, server, app, invite, now, trail)
    if isinstance(done, OAuthError):
        raise done
    server.tries.give_back(invite.id)  # the invitation itself counts its uses
    return answer(document(done.app, server, done.token), 201)


def bearer(request: Request, trail: Trail) -> str:
    """The token that a request bears. Raises InvalidTokenError: it bears none."""
    values = request.headers.getlist("authorization")
    return trail.hold(checks.registration_token_is_in_the_header, values)


async def metadata(request: Request, trail: Trail) -> dict[str, Json]:
    """What a client says of itself, each known member of its type. Raises OAuthError."""
    said = trail.hold(checks.metadata_are_an_object, await form.read_body(request, MEDIA_TYPE))
    trail.parameters = {name: _shown(value) for name, value in said.items()}
    trail.hold(checks.members_have_their_types, client_metadata.misfit(said))
    return said


def _shown(value: Json) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def hold_what_is_said(said: Mapping[str, Json], profile: str, trail: Trail) -> None:
    """Hold what only a client that registers itself says. Raises OAuthError."""
    try:
        known = PROFILES[Profile(profile)]
    except ValueError:
        names = " or ".join(Profile)
        raise InvalidClientMetadataError("mynasim_profile", f"must be {names}") from None
    flags = {
        "dpop_bound_access_tokens": known.binds_tokens,
        "require_pushed_authorization_requests": known.wants_pushed,
    }
    of_server = (tuple(GRANTS), (DETAIL_TYPE,), ALGORITHM)
    trail.hold_all(checks.CHECKS, Said(said, profile, known.algorithms, flags, *of_server))


def _wanted(
    said: Mapping[str, Json], invite: Invite, server: Server, trail: Trail
) -> Registration:
    """What is to be registered, with what is left out filled in. Raises OAuthError."""
    hold_what_is_said(said, client_metadata.profile_of(said), trail)
    like = replace(registration.NOTHING, organisation=invite.organisation)
    try:
        read = client_metadata.read(said, like)
    except RegistrationError as error:
        raise client_metadata.refused(error) from None
    labels = {code: one.label_ja for code, one in server.catalogue.purposes.items()}
    wanted = registration.completed(read, labels)
    trail.hold(checks.organisation_is_the_invited, (wanted, invite))
    return wanted


async def checked(
    wanted: Registration, client_id: str, server: Server, now: datetime, trail: Trail
) -> App:
    """The app that `wanted` becomes, by the rule that holds for every app. Raises OAuthError.

    Names are resolved on the way, which takes as long as their servers like.
    """
    read = trail.hold(checks.keys_can_be_read, await _with_its_keys(wanted, server))
    trail.hold(checks.sector_has_the_redirect_uris, await _sector(read, server))
    made = await asyncio.to_thread(_checked, read, client_id, server, now)
    return trail.hold(checks.app_may_be_registered, made)


async def _with_its_keys(wanted: Registration, server: Server) -> Registration | OAuthError:
    try:
        return await fetching.with_its_keys(wanted, server.reach, server.fetches)
    except RegistrationError as error:
        return client_metadata.refused(error)


async def _sector(wanted: Registration, server: Server) -> OAuthError | None:
    try:
        await fetching.check_sector(wanted, server.reach, server.fetches)
    except RegistrationError as error:
        return client_metadata.refused(error)
    return None


def _checked(
    wanted: Registration, client_id: str, server: Server, now: datetime
) -> App | OAuthError:
    reach = server.reach if server.strict else None
    purposes = server.catalogue.purposes
    try:
        return registration.check(wanted, client_id, SCOPES, purposes, now, reach)
    except RegistrationError as error:
        return client_metadata.refused(error)


def _registered(
    connection: Connection,
    server: Server,
    app: App,
    invite: Invite,
    now: datetime,
    trail: Trail,
) -> Registered | OAuthError:
    """Use the invitation, and register what it was used for; a unit of work."""
    spent = invites.spend(connection, invite.id, now)
    refused = trail.hold(checks.invitation_is_not_used_up, spent)
    if refused is not None:
        return refused
    apps.register(connection, app, now, server.randomness, invite.id)
    token = registration_tokens.issue(connection, app.client_id, server.randomness)
    return Registered(app, token)


def document(app: App, server: Server, token: str) -> dict[str, object]:
    """What a client is told of itself (RFC 7591 3.2.1, RFC 7592 3)."""
    return {
        **client_metadata.told(app),
        "registration_client_uri": f"{server.issuer}{PLACE}/{app.client_id}",
        "registration_access_token": token,
    }
