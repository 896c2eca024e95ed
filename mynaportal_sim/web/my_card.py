"""A person's own card: how it stands, until when it is good, and what happened to it."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter, Response
from sqlalchemy import Connection

from consent.instants import rfc3339
from mynaportal_sim.issuing import holdings, telling
from mynaportal_sim.issuing.entries import TYPES
from mynaportal_sim.issuing.model import Happened, Holding
from mynaportal_sim.web.acting import OwnDep
from mynaportal_sim.web.card_out import HoldingOut
from mynaportal_sim.web.kept import PortalDep
from mynaportal_sim.web.render import Page, PageDep
from mynaportal_sim.web.wording import EVENTS

router = APIRouter()


@dataclass(frozen=True, slots=True)
class HappenedOut:
    """An event in words."""

    event: str
    label: str
    at: datetime

    @classmethod
    def of(cls, happened: Happened, page: Page) -> "HappenedOut":
        """`happened` in the reader's language."""
        label = page.text(EVENTS[TYPES[happened.event]])
        return cls(telling.name_of(happened.event), label, happened.at)

    @property
    def plain(self) -> dict[str, object]:
        """The same for programs."""
        return {"event": self.event, "at": rfc3339(self.at)}


@router.get("/my-card")
async def my_card(page: PageDep, resident: OwnDep, portal: PortalDep) -> Response:
    """Show the person's cards and phones, and the events that changed them."""
    held, lived = await portal.db.read(_look, resident)
    cards = [HoldingOut.of(one, page, portal.now) for one in held]
    events = [HappenedOut.of(one, page) for one in lived]
    if page.for_program:
        return page.data(
            {"cards": [one.plain for one in cards], "events": [one.plain for one in events]}
        )
    values: dict[str, object] = {
        "cards": cards,
        "events": events,
        "counter": page.request.app.state.soft_cards is not None,
        "me": page.visitor.me,
    }
    return page("my_card.html", values)


def _look(connection: Connection, resident: OwnDep) -> tuple[list[Holding], list[Happened]]:
    resident_id = resident.resident_id
    return (
        holdings.of_resident(connection, resident_id),
        holdings.life_of(connection, resident_id),
    )
