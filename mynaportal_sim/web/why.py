"""GET /why/…: what was looked at in a request that was refused, for the app's developer.

Whoever has the id that the answer bore may read it: secrets are masked when it is kept.
"""

from fastapi import APIRouter, Response

from mynaportal_sim.inspector import store
from mynaportal_sim.inspector.model import Inspected, Looked, Result
from mynaportal_sim.oauth.inspection import PLACE
from mynaportal_sim.web.errors import NoSuchRefusalError
from mynaportal_sim.web.kept import PortalDep
from mynaportal_sim.web.language import marked as _
from mynaportal_sim.web.render import Page, PageDep

router = APIRouter()

RESULTS = {
    Result.HELD: _("held"),
    Result.LET_PASS: _("let pass"),
    Result.REFUSED: _("refused"),
    Result.NOT_REACHED: _("not reached"),
}


@router.get(f"{PLACE}/{{trace}}")
async def why(trace: str, page: PageDep, portal: PortalDep) -> Response:
    """Show a request as it was received, and each check in order with its result."""
    refusal = await portal.db.read(store.find, trace, portal.now)
    if refusal is None:
        raise NoSuchRefusalError
    if page.for_program:
        return page.data(refusal.plain())
    return page("why.html", {"refusal": refusal, "looked": _rows(refusal, page)})


def _rows(refusal: Inspected, page: Page) -> list[dict[str, str]]:
    return [_row(one, page) for one in refusal.looked]


def _row(one: Looked, page: Page) -> dict[str, str]:
    return one._asdict() | {"result": one.result.value, "shown": page.text(RESULTS[one.result])}
