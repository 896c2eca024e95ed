"""Requests of an app that were refused, or in which something was let pass, as they come."""

from fastapi import APIRouter
from starlette.responses import Response

from mynaportal_sim.inspector import store
from mynaportal_sim.oauth.inspection import PLACE
from mynaportal_sim.web.console import ConsoleDep

LIMIT = 50
router = APIRouter()


@router.get("/apps/console/requests")
async def requests(console: ConsoleDep) -> Response:
    """Show the newest first; the page follows by itself where scripts run."""
    look = (console.app.client_id, LIMIT, console.portal.now)
    found = await console.portal.db.read(store.of_client, *look)
    return console("console_requests.html", {"requests": found, "place": PLACE})
