"""The municipal counter of a dev portal as pages: pick a person, see what each event changes,
and let it happen. Nobody logs in; forms are bound to the browser's session.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from http import HTTPStatus
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Response
from pydantic import BaseModel, Field
from sqlalchemy import Connection

from mynaportal_sim.issuing import holdings, telling, words
from mynaportal_sim.issuing.judging import possible
from mynaportal_sim.issuing.life import Status
from mynaportal_sim.issuing.life_events import LifeEvent
from mynaportal_sim.issuing.model import Standing
from mynaportal_sim.issuing.refusals import Refusal
from mynaportal_sim.issuing.wishes import Wish
from mynaportal_sim.issuing.words import Words
from mynaportal_sim.login import cookies
from mynaportal_sim.login.csrf import check_csrf
from mynaportal_sim.residents import store as residents
from mynaportal_sim.residents.model import TEXT_MAX, Municipality, Name, Resident
from mynaportal_sim.web.card_out import HoldingOut
from mynaportal_sim.web.counter_dealing import CounterDep, DevCounter, event_of
from mynaportal_sim.web.dates import DAY
from mynaportal_sim.web.kept import PortalDep, begun
from mynaportal_sim.web.redirects import see_other
from mynaportal_sim.web.render import Page, PageDep

router = APIRouter(prefix="/counter")
_FIELDS: Mapping[LifeEvent, tuple[str, ...]] = {
    LifeEvent.ISSUE: ("pin", "password", "until"),
    LifeEvent.REISSUE: ("pin", "password", "until"),
    LifeEvent.CHANGE_NAME: ("name", "certify"),
    LifeEvent.MOVE: ("address", "certify"),
    LifeEvent.ADD_PHONE: ("pin", "password"),
    LifeEvent.UNBLOCK: ("pin", "password", "text_pin", "register_pin"),
    LifeEvent.COME_OF_AGE: ("password",),
    LifeEvent.CERTIFY: (),
    LifeEvent.EXTEND_PERMIT: ("until",),
}


@dataclass(frozen=True, slots=True)
class EventOut:
    """One event in words: what it changes, what its form asks, or why it cannot happen."""

    name: str
    label: str
    changes: list[str]
    fields: tuple[str, ...]
    why_not: str | None

    @classmethod
    def of(cls, event: LifeEvent, standing: Standing, page: Page, now: datetime) -> "EventOut":
        """The event in the reader's language, for a person who stands so."""
        refusal = possible(standing, event, now)
        fields = _FIELDS.get(event, ())
        if standing.resident.permitted_until is None:
            fields = tuple(field for field in fields if field != "until")
        return cls(
            name=telling.name_of(event),
            label=page.choose(words.EVENTS[event].ja, words.EVENTS[event].en),
            changes=[
                page.choose(one.ja, one.en) for one in words.effects(event, standing, now)
            ],
            fields=fields,
            why_not=None if refusal is None else refusal_line(refusal, page),
        )


class CounterForm(BaseModel):
    """What an event brings; an empty field was left as it is."""

    csrf: str = ""
    family: str = Field(default="", max_length=TEXT_MAX)
    given: str = Field(default="", max_length=TEXT_MAX)
    kana_family: str = Field(default="", max_length=TEXT_MAX)
    kana_given: str = Field(default="", max_length=TEXT_MAX)
    romaji_family: str = Field(default="", max_length=TEXT_MAX)
    romaji_given: str = Field(default="", max_length=TEXT_MAX)
    address: str = Field(default="", max_length=TEXT_MAX)
    municipality: str = Field(default="", max_length=5)
    until: date | Literal[""] = ""
    pin: str = Field(default="", max_length=16, repr=False)
    password: str = Field(default="", max_length=16, repr=False)
    text_pin: str = Field(default="", max_length=16, repr=False)
    register_pin: str = Field(default="", max_length=16, repr=False)
    certify: bool = False

    def wish(self, event: LifeEvent, places: Mapping[str, Municipality]) -> Wish:
        """The wish that the form says."""
        return Wish(
            event=event,
            name=_name(self.family, self.given),
            kana=_name(self.kana_family, self.kana_given),
            romaji=_name(self.romaji_family, self.romaji_given),
            address=self.address.strip() or None,
            municipality=places.get(self.municipality),
            until=self.until or None,
            pin=self.pin or None,
            password=self.password or None,
            text_pin=self.text_pin or None,
            register_pin=self.register_pin or None,
            certify=self.certify,
        )


def _name(family: str, given: str) -> Name | None:
    """A name; None where both fields were left empty."""
    name = Name(family.strip(), given.strip())
    return name if name.family or name.given else None


@router.get("")
async def people(page: PageDep, portal: PortalDep, counter: CounterDep) -> Response:
    """Show who can come to the counter, and how their cards stand."""
    found = await portal.db.read(_people, counter.now)
    values: dict[str, object] = {
        "people": [
            {
                "persona": one.persona,
                "name": one.name.full,
                "note": page.choose(one.note_ja, one.note_en),
                "status": _status(status, page),
                "tone": "good" if status is Status.ACTIVE else "past",
            }
            for one, status in found
        ]
    }
    return page("counter.html", values)


@router.get("/{persona}")
async def person(
    persona: str, page: PageDep, portal: PortalDep, counter: CounterDep
) -> Response:
    """Show how a person stands, and what each event would change."""
    new = await begun(page, portal)
    standing = await counter.stand(await counter.resident(persona))
    response = await _person(page, counter, standing)
    if new is not None:
        cookies.write(response, new.id, portal.settings)
    return response


@router.post("/{persona}/{event}")
async def deal(
    persona: str,
    event: str,
    page: PageDep,
    portal: PortalDep,
    counter: CounterDep,
    form: Annotated[CounterForm, Form()],
) -> Response:
    """Let an event happen."""
    check_csrf(page.request, portal.settings, form.csrf)
    resident = await counter.resident(persona)
    wish = form.wish(event_of(event), await counter.municipalities())
    found = await counter.deal(resident, wish)
    if isinstance(found, Refusal):
        return await _again(page, counter, resident, (event, found))
    return see_other(f"/counter/{persona}?done={event}")


async def _again(
    page: Page, counter: DevCounter, resident: Resident, refused: tuple[str, Refusal]
) -> Response:
    """The page again, with what was wrong."""
    event, refusal = refused
    standing = await counter.stand(resident)
    problem = {"event": event, "text": refusal_line(refusal, page)}
    return await _person(page, counter, standing, problem)


async def _person(
    page: Page,
    counter: DevCounter,
    standing: Standing,
    problem: Mapping[str, str] | None = None,
) -> Response:
    now, resident = counter.now, standing.resident
    events = [EventOut.of(event, standing, page, now) for event in LifeEvent]
    done = page.request.query_params.get("done")
    values: dict[str, object] = {
        "resident": resident,
        "cards": [
            HoldingOut.of(one, page, now)
            for one in (standing.card, standing.phone, *standing.others)
            if one is not None
        ],
        "possible": [one for one in events if one.why_not is None],
        "impossible": [one for one in events if one.why_not is not None],
        "places": await counter.municipalities(),
        "done": next((one.label for one in events if one.name == done), None),
        "problem": problem,
        "unreadable": bool(standing.unreadable),
        "set_aside": standing.set_aside,
    }
    status = HTTPStatus.OK if problem is None else HTTPStatus.UNPROCESSABLE_ENTITY
    return page("counter_person.html", values, status=status)


def refusal_line(refusal: Refusal, page: Page) -> str:
    """A refusal in the reader's language."""
    sentence = page.choose(refusal.reason.sentence_ja, refusal.reason.sentence_en)
    status = "" if refusal.status is None else _status(refusal.status, page)
    day = "" if refusal.day is None else DAY[page.language](refusal.day)
    return sentence.format(status=status, day=day, text=refusal.text)


def _status(status: Status | None, page: Page) -> str:
    told = Words("no card", "カードなし") if status is None else words.STATUSES[status]
    return page.choose(told.ja, told.en)


def _people(connection: Connection, now: datetime) -> list[tuple[Resident, Status | None]]:
    """Everybody, with how their newest card stands."""
    found = []
    for resident in residents.everyone(connection):
        held = holdings.of_resident(connection, resident.id)
        card = next((one for one in held if not one.is_phone), None)
        found.append((resident, None if card is None else card.status(now)))
    return found
