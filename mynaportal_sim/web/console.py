"""The console of those who operate an app: what each of its pages knows, and its first page.

A console sees one app, by a session of its own. It names nobody but as the app does, and its
pages know nothing of a person who may be logged in beside it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from consent.model import Status
from mynaportal_sim.apps import key_sets
from mynaportal_sim.apps.model import App
from mynaportal_sim.delivery import store as deliveries
from mynaportal_sim.deps import DatabaseDep, NowDep, SettingsDep
from mynaportal_sim.disclosure import arrangements
from mynaportal_sim.erasure import store as erasures
from mynaportal_sim.erasure.model import Status as Owed
from mynaportal_sim.login import cookies
from mynaportal_sim.login.csrf import csrf_token
from mynaportal_sim.operators import sessions
from mynaportal_sim.operators.sessions import COOKIE, Operator
from mynaportal_sim.web.errors import OperatorRequiredError
from mynaportal_sim.web.kept import Portal, PortalDep
from mynaportal_sim.web.render import Page
from mynaportal_sim.web.visitor import NOBODY

PAGES_MAX = 10_000
PageParam = Annotated[int, Query(ge=1, le=PAGES_MAX)]
router = APIRouter()


async def _operator(
    request: Request, settings: SettingsDep, db: DatabaseDep, now: NowDep
) -> Operator:
    session_id = cookies.read(request, settings, COOKIE)
    found = None if session_id is None else await db.read(sessions.find, session_id, now)
    if found is None:
        raise OperatorRequiredError
    return found


OperatorDep = Annotated[Operator, Depends(_operator)]


@dataclass(frozen=True, slots=True)
class Console:
    """One app's side of the portal, for one request of its operator."""

    operator: Operator
    portal: Portal
    page: Page

    @property
    def app(self) -> App:
        return self.operator.app

    def __call__(self, template: str, values: Mapping[str, object]) -> Response:
        """The page made of `template`, in the console's frame."""
        frame = {
            "app": self.app,
            "csrf": csrf_token(self.operator.id),
            "ends_at": self.operator.ends_at,
        }
        return self.page(template, {**frame, **values})


async def _console(operator: OperatorDep, portal: PortalDep, request: Request) -> Console:
    return Console(operator, portal, Page(request, NOBODY))


ConsoleDep = Annotated[Console, Depends(_console)]


@router.get("/apps/console")
async def overview(console: ConsoleDep) -> Response:
    """Show what the portal knows of the app, and what waits to be done."""
    app, db, now = console.app, console.portal.db, console.portal.now
    counts = await db.read_aside(arrangements.count, app.client_id, app.purpose, now)
    owed = await db.read(erasures.urgent, app.client_id)
    waiting, failing = await db.read(deliveries.count_waiting, app.client_id)
    values: dict[str, object] = {
        "counts": counts,
        "in_force": counts.of(Status.GRANTED),
        "owed": len(owed),
        "overdue": sum(one.status(now) is Owed.OVERDUE for one in owed),
        "waiting": waiting,
        "failing": failing,
        "said": app.about,
        "key_set": await db.read(key_sets.find, app.client_id),
        "keys": [
            {
                "name": key.kid or key.thumbprint,
                "algorithms": sorted(key.algorithms),
                "thumbprint": key.thumbprint,
            }
            for key in app.keys
        ],
    }
    return console("console.html", values)
