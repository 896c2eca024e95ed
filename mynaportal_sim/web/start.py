"""The first page."""

from fastapi import APIRouter, Response

from mynaportal_sim.deps import SettingsDep
from mynaportal_sim.web.render import PageDep

router = APIRouter()


@router.get("/")
async def start(page: PageDep, settings: SettingsDep) -> Response:
    """Say what this is and where to go."""
    return page("start.html", {"issuer": settings.issuer})
