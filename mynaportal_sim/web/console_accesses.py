"""What an app was given of late, and what it was refused, and why."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from mynaportal_sim.disclosure import of_app
from mynaportal_sim.disclosure.event import Event
from mynaportal_sim.disclosure.of_app import Listing
from mynaportal_sim.web.console import Console, ConsoleDep
from mynaportal_sim.web.entry import reason_line, title_line
from mynaportal_sim.web.history import BeforeParam
from mynaportal_sim.web.kept import category_labels

PAGE_LENGTH = 25
PLACE = "/apps/console/accesses"
router = APIRouter()


@unique
class Show(StrEnum):
    """Which entries are shown."""

    ACCESSES = "accesses"
    REFUSALS = "refusals"


@dataclass(frozen=True, slots=True)
class AccessOut:
    """An entry of the app's copy, in words."""

    index: int | None
    at: datetime
    event: str
    request: str
    categories: list[str]
    count: int | None
    reason: str
    reason_code: str

    @classmethod
    def of(cls, event: Event, console: Console) -> "AccessOut":
        """`event` in the reader's language."""
        catalogue, page = console.portal.catalogue, console.page
        return cls(
            index=event.position,
            at=event.at,
            event=title_line(event, page),
            request=event.request,
            categories=category_labels(catalogue, event.categories, page),
            count=event.count,
            reason=reason_line(event.reason, page) if event.reason else "",
            reason_code=event.reason,
        )


@router.get(PLACE)
async def accesses(
    console: ConsoleDep,
    show: Annotated[Show, Query()] = Show.ACCESSES,
    before: BeforeParam = None,
) -> Response:
    """Show what the app was given, or refused, newest first."""
    asked = (console.app.client_id, Listing(show.value), PAGE_LENGTH, before)
    found = await console.portal.db.read_aside(of_app.search, *asked)
    values: dict[str, object] = {
        "entries": [AccessOut.of(row.event, console) for row in found.rows],
        "show": show.value,
        "older": found.older,
        "first": before is None,
    }
    return console("console_accesses.html", values)
