"""Which app sent a person to a page that they only pass on their way back to it."""

from uuid import UUID

from mynaportal_sim.apps import store as apps
from mynaportal_sim.oauth import interaction as oauth
from mynaportal_sim.oauth.errors import InteractionGoneError
from mynaportal_sim.web.kept import Portal
from mynaportal_sim.web.redirects import origin_of
from mynaportal_sim.web.render import Page


async def on_the_way_to(
    page: Page, portal: Portal, interaction: UUID | None
) -> tuple[str | None, str]:
    """The app that sent the person here, and the origin to which they may be sent back."""
    if interaction is None:
        return None, ""
    try:
        session = page.visitor.session
        taken = await portal.db.write(
            oauth.take_up, interaction, session, portal.now, portal.pseudonyms
        )
    except InteractionGoneError:
        return None, ""
    app = await portal.db.read(apps.find, taken.request.client_id)
    return app.name if app else None, origin_of(taken.request.redirect_uri)
