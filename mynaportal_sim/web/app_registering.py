"""The page on which a developer registers an app, and what they are told then.

It is opened by an invitation, whose token stands behind the # of the address as in a link to a
console: it is in no log and no preview uses it up. Whoever has registered an app is in its
console.
"""

import asyncio
from collections.abc import Mapping, Sequence
from datetime import datetime
from http import HTTPStatus
from secrets import token_bytes

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from mynaportal_sim.apps import fetching, invites, registration, service
from mynaportal_sim.apps.errors import RegistrationError
from mynaportal_sim.apps.invites import InvitationStatus, Invite
from mynaportal_sim.apps.model import App, Profile
from mynaportal_sim.apps.registration import Registration
from mynaportal_sim.login import cookies
from mynaportal_sim.login.csrf import check_origin
from mynaportal_sim.login.errors import RateLimitedError
from mynaportal_sim.oauth import form
from mynaportal_sim.oauth.scopes import CATEGORY_OF, SYSTEM
from mynaportal_sim.oauth.scopes import SCOPES as KNOWN_SCOPES
from mynaportal_sim.oauth.server import Server, ServerDep
from mynaportal_sim.operators import links
from mynaportal_sim.operators.links import Way
from mynaportal_sim.operators.sessions import COOKIE, Operator
from mynaportal_sim.settings import Mode
from mynaportal_sim.web.console import ConsoleDep
from mynaportal_sim.web.kept import Portal, PortalDep
from mynaportal_sim.web.language import marked as _
from mynaportal_sim.web.redirects import see_other
from mynaportal_sim.web.registration_form import (
    EMPTY,
    INVITATION,
    PROFILES,
    SCOPES,
    TOKEN,
    Filled,
    faults_beside,
    of_invitation,
)
from mynaportal_sim.web.render import Page
from mynaportal_sim.web.visitor import NOBODY

REGISTERED = "/apps/console/registered"
_FORM = "application/x-www-form-urlencoded"
router = APIRouter()


@router.get(invites.PAGE)
async def blank(request: Request, portal: PortalDep) -> Response:
    """Show the form; to look at it uses no invitation up."""
    return _page(Page(request, NOBODY), portal, EMPTY, [])


@router.post(invites.PAGE)
async def fill_in(request: Request, portal: PortalDep, server: ServerDep) -> Response:
    """Register the app, or say beside each field what to change."""
    check_origin(request, portal.settings)
    filled = Filled.read(await form.read_body(request, _FORM))
    invite = await portal.db.read(invites.find, filled.values[TOKEN])
    standing = None if invite is None else invite.standing(portal.now)
    wanted = filled.wanted(invite)
    found = of_invitation(wanted, invite, standing)
    if invite is not None and standing is InvitationStatus.LIVE:
        _count(invite, server, portal.now)
    # Nobody has the portal look anything up who was not invited.
    known = await _looked_up(wanted, server, found, allowed=standing is InvitationStatus.LIVE)
    found = filled.of_its_own(found)
    if invite is None or found:
        page = Page(request, NOBODY)
        return _page(page, portal, filled.without_secrets(found), found)
    app = _app(known, portal)
    operator = await portal.db.write(_registered, app, invite, portal.now)
    if operator is None:
        used_up = RegistrationError(TOKEN, INVITATION[InvitationStatus.USED_UP])
        return _page(Page(request, NOBODY), portal, filled, [used_up])
    server.tries.give_back(invite.id)  # the invitation itself counts its uses
    response = see_other(REGISTERED)
    cookies.write(response, operator.id, portal.settings, COOKIE)
    return response


def _count(invite: Invite, server: Server, now: datetime) -> None:
    """Count a try by an invitation, as `POST /register` does. Raises RateLimitedError."""
    if wait := server.tries.take(invite.id, now):
        raise RateLimitedError(wait)


async def _looked_up(
    wanted: Registration, server: Server, found: list[RegistrationError], *, allowed: bool
) -> Registration:
    """`wanted` with the keys that it points to; what is wrong with it goes into `found`."""
    known = wanted
    try:
        if allowed:
            known = await fetching.with_its_keys(wanted, server.reach, server.fetches)
    except RegistrationError as error:
        found.append(error)
    purposes = server.catalogue.purposes
    wrong = await asyncio.to_thread(registration.faults, known, KNOWN_SCOPES, purposes)
    missing = known.jwks_uri and not known.jwks  # of which it is said already why
    found += [one for one in wrong if not (missing and one.field == "jwks")]
    return known


def _app(wanted: Registration, portal: Portal) -> App:
    client_id = registration.new_client_id(token_bytes)
    known = portal.catalogue.purposes
    return registration.check(wanted, client_id, KNOWN_SCOPES, known, portal.now)


def _registered(
    connection: Connection, app: App, invite: Invite, now: datetime
) -> Operator | None:
    """Use the invitation, register the app and let its developer in; a unit of work."""
    if not invites.spend(connection, invite.id, now):
        return None
    service.register(connection, app, now, token_bytes, invite.id)
    return links.let_in(connection, app, Way.REGISTRATION, now, token_bytes)


def _page(
    page: Page, portal: Portal, filled: Filled, found: Sequence[RegistrationError]
) -> Response:
    values: dict[str, object] = {
        "filled": filled.values,
        "chosen": filled.scopes,
        "faults": faults_beside(found, page),
        "profiles": _profiles(page, portal),
        "groups": _scopes(page, portal),
        "purposes": {
            code: page.choose(one.label_ja, one.label_en, one.label_easy)
            for code, one in portal.catalogue.purposes.items()
        },
    }
    status = HTTPStatus.UNPROCESSABLE_ENTITY if found else HTTPStatus.OK
    return page("app_register.html", values, status=status)


def _profiles(page: Page, portal: Portal) -> list[Mapping[str, str]]:
    strict = portal.settings.mode is Mode.STRICT
    offered = [one for one in Profile if not strict or one is not Profile.LENIENT]
    return [
        {"code": one.value, "label": page.text(label), "meaning": page.text(meaning)}
        for one in offered
        for label, meaning in [PROFILES[one]]
    ]


def _scopes(page: Page, portal: Portal) -> list[dict[str, object]]:
    """The scopes by the category of data that they are about, then all others."""
    groups: list[dict[str, object]] = []
    for code, category in portal.catalogue.categories.items():
        of_it = sorted(scope for scope in KNOWN_SCOPES if CATEGORY_OF.get(scope) == code)
        label = page.choose(category.label_ja, category.label_en, category.label_easy)
        meaning = page.choose(category.explanation_ja, category.explanation_en)
        groups.append({"label": label, "meaning": meaning, "scopes": _named(of_it, page)})
    others = (
        (_("Without any data"), "", KNOWN_SCOPES - CATEGORY_OF.keys() - SYSTEM),
        (
            _("As a system, with nobody there"),
            _("For SMART Backend Services alone. Most apps need none of these."),
            SYSTEM,
        ),
    )
    for label, meaning, scopes in others:
        told = {"label": page.text(label), "meaning": meaning and page.text(meaning)}
        groups.append({**told, "scopes": _named(sorted(scopes), page)})
    return groups


def _named(scopes: Sequence[str], page: Page) -> dict[str, str]:
    """Each scope with what it is; as a system, what it is of a person."""
    words = {one: SCOPES.get(one.replace("system/", "patient/")) for one in scopes}
    return {one: one if said is None else page.text(said) for one, said in words.items()}


@router.get(REGISTERED)
async def registered(console: ConsoleDep) -> Response:
    """Tell whoever has registered an app what to put into its settings, and what comes next."""
    issuer = console.portal.settings.issuer.rstrip("/")
    return console("console_registered.html", {"issuer": issuer})
