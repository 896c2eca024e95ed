"""What an app has declared, and what each declaration means to those who agreed to it."""

from dataclasses import dataclass
from datetime import datetime
from functools import partial

from fastapi import APIRouter
from starlette.responses import Response

from consent.model import ALIVE, Status
from mynaportal_sim.apps import declarations
from mynaportal_sim.apps.model import App, DeclaredVersion
from mynaportal_sim.disclosure import arrangements
from mynaportal_sim.disclosure.arrangements import Counts
from mynaportal_sim.web.console import ConsoleDep
from mynaportal_sim.web.kept import purpose_label

router = APIRouter()
_ALIVE = frozenset(Status(state.value) for state in ALIVE) | {Status.NOT_YET_VALID}


@dataclass(frozen=True, slots=True)
class DeclarationOut:
    """One declaration, and how those stand who agreed to it."""

    version: int
    purpose: str
    text: str
    scopes: list[str]
    reviewer: str
    declared_at: datetime | None
    newest: bool
    alive: int
    ended: int


@router.get("/apps/console/purposes")
async def purposes(console: ConsoleDep) -> Response:
    """Show each declaration, the newest first."""
    app, portal = console.app, console.portal
    counted = (app.client_id, app.purpose, portal.now)
    counts = await portal.db.read_aside(arrangements.count, *counted)
    known = await portal.db.read(declarations.of_apps, [app.client_id])
    labelled = partial(purpose_label, portal.catalogue, page=console.page)
    declared = [
        _shown(one, app, counts, labelled(one.purpose.code))
        for one in reversed(known[app.client_id])
    ]
    alive = sum(one.alive for one in declared)
    values: dict[str, object] = {"declared": declared, "alive": alive, "counts": counts}
    return console("console_purposes.html", values)


def _shown(declared: DeclaredVersion, app: App, counts: Counts, label: str) -> DeclarationOut:
    version = declared.purpose.version
    standing = counts.of_version(version)
    alive = sum(standing[status] for status in _ALIVE)
    return DeclarationOut(
        version=version,
        purpose=label,
        text=declared.purpose.text,
        scopes=sorted(declared.scopes),
        reviewer=declared.reviewer,
        declared_at=declared.declared_at,
        newest=version == app.purpose.version,
        alive=alive,
        ended=standing.total() - alive,
    )
