"""What an app was told of its consents and of sessions, and whether it has heard."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from mynaportal_sim.delivery import logouts, store
from mynaportal_sim.delivery.logouts import Logout
from mynaportal_sim.delivery.model import Delivery
from mynaportal_sim.web.console import Console, ConsoleDep, PageParam
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.wording import EVENTS, STATUSES

PAGE_LENGTH = 50
PLACE = "/apps/console/events"
router = APIRouter()

DELIVERED = (marked("Acknowledged"), "good")
WAITING = (marked("Waits"), "past")
FAILING = (marked("Fails"), "bad")
GIVEN_UP = (marked("Given up"), "bad")
LATEST = 20


@unique
class Show(StrEnum):
    """Which deliveries are shown."""

    EVERY = "every"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class DeliveryOut:
    """One event on its way, in words."""

    jti: str
    event: str
    arrangement: str
    made_at: datetime
    status: str
    tone: str
    heard_at: datetime | None
    next_at: datetime | None
    tries: int
    fault: str

    @classmethod
    def of(cls, delivery: Delivery, console: Console) -> "DeliveryOut":
        """`delivery` in the reader's language; only what is pushed has a next try."""
        waits = delivery.acknowledged_at is None
        label, tone = (FAILING if delivery.fault else WAITING) if waits else DELIVERED
        what, pushed = delivery.what, bool(console.app.event_endpoint)
        said = EVENTS.get(f"consent.{what}") or EVENTS.get(what) or STATUSES[what][0]
        return cls(
            jti=str(delivery.jti),
            event=console.page.text(said),
            arrangement="" if what in EVENTS else str(delivery.arrangement_id),
            made_at=delivery.made_at,
            status=console.page.text(label),
            tone=tone,
            heard_at=delivery.acknowledged_at,
            next_at=delivery.next_at if waits and pushed else None,
            tries=delivery.tries,
            fault=delivery.fault if waits else "",
        )


@dataclass(frozen=True, slots=True)
class LogoutOut:
    """One end of a session on its way, in words."""

    sid: str
    ended_at: datetime
    status: str
    tone: str
    next_at: datetime | None
    tries: int
    fault: str

    @classmethod
    def of(cls, logout: Logout, console: Console) -> "LogoutOut":
        """`logout` in the reader's language."""
        label, tone = DELIVERED
        if logout.next_at is not None:
            label, tone = FAILING if logout.fault else WAITING
        elif logout.fault:
            label, tone = GIVEN_UP
        told = (logout.next_at, logout.tries, logout.fault)
        return cls(logout.sid, logout.ended_at, console.page.text(label), tone, *told)


@router.get(PLACE)
async def events(
    console: ConsoleDep,
    show: Annotated[Show, Query()] = Show.EVERY,
    page: PageParam = 1,
) -> Response:
    """Show events for the app, newest first; or those that wait, oldest first."""
    db, app_id = console.portal.db, console.app.client_id
    look = store.of_app if show is Show.EVERY else store.waiting
    found = await db.read(look, app_id, PAGE_LENGTH + 1, (page - 1) * PAGE_LENGTH)
    waiting, failing = await db.read(store.count_waiting, app_id)
    ended = await db.read(logouts.of_app, app_id, LATEST)
    values: dict[str, object] = {
        "logouts": [LogoutOut.of(one, console) for one in ended],
        "events": [DeliveryOut.of(one, console) for one in found[:PAGE_LENGTH]],
        "show": show.value,
        "number": page,
        "more": len(found) > PAGE_LENGTH,
        "waiting": waiting,
        "failing": failing,
    }
    return console("console_events.html", values)
