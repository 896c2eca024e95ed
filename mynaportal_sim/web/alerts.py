"""What a person should hear of: alerts that they have not seen yet, and others."""

from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Form, Response
from pydantic import AwareDatetime, BaseModel, Field
from sqlalchemy import Connection

from consent.instants import rfc3339
from mynaportal_sim.disclosure import acknowledged, notices
from mynaportal_sim.disclosure.alerts import LOOK_MAX, NEW, Alert, Kind, Watch
from mynaportal_sim.disclosure.history import pages
from mynaportal_sim.login.csrf import check_csrf
from mynaportal_sim.login.sessions import LoggedIn
from mynaportal_sim.web.acting import OwnDep
from mynaportal_sim.web.entry import EntryOut
from mynaportal_sim.web.kept import Portal, PortalDep
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.redirects import see_other
from mynaportal_sim.web.render import Page, PageDep

SHOWN_MAX = 200
GLANCE = 500
router = APIRouter()

TITLES: dict[Kind, str] = {
    Kind.NEW_CONSENT: marked("You consented to this app for the first time"),
    Kind.NEW_DATA: marked("This app got data of yours for the first time"),
    Kind.REFUSED: marked("This app was refused data of yours"),
    Kind.AFTER_WITHDRAWAL: marked("This app tried to get data after you withdrew"),
    Kind.DESPITE_WITHDRAWAL: marked("This app got data although you had withdrawn"),
    Kind.COPY_FOUND: marked("A copy of your data from this app was found elsewhere"),
    Kind.UNSUPERVISED: marked("Nobody is named who supervises this app"),
    Kind.WITHOUT_CONSENT: marked("An authority got data of yours without your consent"),
    Kind.WITHOUT_CONSENT_REFUSED: marked("An authority was refused data of yours"),
}
_TONES = {Kind.NEW_CONSENT: "good", Kind.NEW_DATA: "good", Kind.CARD: "past"}


@dataclass(frozen=True, slots=True)
class AlertOut:
    """One alert in words, with the entry that it is about."""

    kind: str
    title: str
    tone: str
    times: int
    unseen: bool
    entry: EntryOut

    @classmethod
    def of(cls, alert: Alert, portal: Portal, page: Page, *, unseen: bool) -> "AlertOut":
        """`alert` in the reader's language; what happened to a card is its own title."""
        entry = EntryOut.of(alert.event, portal.catalogue, page)
        titled = alert.kind in TITLES
        return cls(
            kind=alert.kind.value,
            title=page.text(TITLES[alert.kind]) if titled else entry.event,
            tone=_TONES.get(alert.kind, "bad"),
            times=alert.times,
            unseen=unseen,
            entry=entry,
        )

    @property
    def plain(self) -> dict[str, object]:
        """The alert as programs get it."""
        return {
            "kind": self.kind,
            "title": self.title,
            "times": self.times,
            "unseen": self.unseen,
            "entry": self.entry.plain,
        }


class SeenForm(BaseModel):
    """What the person saw: alerts up to an index of the log, and notices up to an instant."""

    csrf: str = ""
    position: int | None = Field(default=None, ge=0, lt=2**62)
    until: AwareDatetime | None = None


@router.get("/alerts")
async def alerts(page: PageDep, resident: OwnDep, portal: PortalDep) -> Response:
    """Show what there is to hear of, newest first."""
    holder = portal.pseudonyms.holder(resident.resident_id)
    seen = await portal.db.read(acknowledged.seen, holder)
    watch, more = await _watched(portal, holder, seen, LOOK_MAX)
    found = watch.alerts[:SHOWN_MAX]
    told = await portal.db.read(_told, holder, portal.now)
    shown = [
        AlertOut.of(alert, portal, page, unseen=alert in told.unseen) for alert in told.notices
    ]
    shown += [AlertOut.of(one, portal, page, unseen=one.unseen(seen)) for one in found]
    indexed = [alert.event.position for alert in found if alert.event.position is not None]
    position = max((one for one in indexed if one > seen), default=None)
    if page.for_program:
        answer: dict[str, object] = {
            "csrf": page.visitor.csrf,
            "alerts": [alert.plain for alert in shown],
            "position": position,
            "until": rfc3339(portal.now),
            "more": more,
        }
        return page.data(answer)
    values: dict[str, object] = {
        "unseen": [alert for alert in shown if alert.unseen],
        "seen": [alert for alert in shown if not alert.unseen],
        "position": position,
        "until": rfc3339(portal.now),
        "more": more,
        "looked": LOOK_MAX,
        "done": page.request.query_params.get("done"),
    }
    return page("alerts.html", values)


@router.post("/alerts")
async def acknowledge(
    page: PageDep, resident: OwnDep, portal: PortalDep, form: Annotated[SeenForm, Form()]
) -> Response:
    """Mark as seen the alerts that the person saw, and none that came since."""
    check_csrf(page.request, portal.settings, form.csrf)
    holder = portal.pseudonyms.holder(resident.resident_id)
    await portal.db.write(_mark, holder, form.position, form.until, portal.now)
    return see_other("/alerts?done=seen")


async def count_unseen(portal: Portal, session: LoggedIn) -> int:
    """How many alerts a person has not seen yet, among their newest `GLANCE` entries.

    Reads back to what they saw last, and on while an app looks new. Where that is further back,
    whether an app is new is left to the page of alerts, so that the first page stays quick.
    """
    holder = portal.pseudonyms.holder(session.resident_id)
    seen = await portal.db.read(acknowledged.seen, holder)
    watch, more = await _watched(portal, holder, seen, GLANCE)
    unseen = [alert for alert in watch.alerts if alert.unseen(seen)]
    told = await portal.db.read(_told, holder, portal.now)
    return len(told.unseen) + sum(not (more and alert.kind in NEW) for alert in unseen)


class _Told(NamedTuple):
    """What a person is told late, the newest first, and what of it they have not seen."""

    notices: list[Alert]
    unseen: list[Alert]


def _told(connection: Connection, holder: bytes, now: datetime) -> _Told:
    every = notices.notices(connection, holder, now)
    return _Told(every, notices.unseen(every, notices.seen(connection, holder)))


def _mark(
    connection: Connection,
    holder: bytes,
    position: int | None,
    until: datetime | None,
    now: datetime,
) -> None:
    if position is not None:
        acknowledged.acknowledge(connection, holder, position)
    if until is not None:
        notices.mark_seen(connection, holder, min(until, now))


async def _watched(portal: Portal, holder: bytes, seen: int, most: int) -> tuple[Watch, bool]:
    """What was gathered from at most so many of a person's newest entries, and whether there
    are older ones that could change it.
    """
    watch, looked = Watch(), 0
    async for events in pages(portal.db, holder, portal.now):
        if looked >= most:
            return watch, bool(events)
        watch.see(events)
        looked += len(events)
        oldest = events[-1].position if events else None
        reached = oldest is not None and oldest <= seen
        if reached and most < LOOK_MAX and watch.settled(seen):
            break
    return watch, False
