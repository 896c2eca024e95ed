"""Which app sent a person to a page that they only pass on their way back to it."""

from typing import NamedTuple
from uuid import UUID

from mynaportal_sim.apps import store as apps
from mynaportal_sim.oauth import interaction as oauth
from mynaportal_sim.oauth.errors import InteractionGoneError
from mynaportal_sim.web.kept import Portal
from mynaportal_sim.web.redirects import origin_of
from mynaportal_sim.web.render import Page


class OnTheWay(NamedTuple):
    """The app that sent the person here, and the origin to which they may be sent back.

    `by_card` says that it takes no login by a soft card, `likes_card` that it would like one
    by the person's own.
    """

    app_name: str | None = None
    target: str = ""
    by_card: bool = False
    likes_card: bool = False


NOWHERE = OnTheWay()


async def on_the_way_to(page: Page, portal: Portal, interaction: UUID | None) -> OnTheWay:
    """Where the person is going, if they are on their way to an app."""
    if interaction is None:
        return NOWHERE
    try:
        session = page.visitor.session
        taken = await portal.db.write(
            oauth.take_up, interaction, session, portal.now, portal.pseudonyms
        )
    except InteractionGoneError:
        return NOWHERE
    app = await portal.db.read(apps.find, taken.request.client_id)
    request = taken.request
    target = origin_of(request.redirect_uri)
    name, claims = app.name if app else None, request.claims
    return OnTheWay(name, target, claims.demands_card, claims.likes_card)
