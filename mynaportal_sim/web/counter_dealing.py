"""The municipal counter behind a page or an API: where it is found, and what it answers.

Only a dev portal has one. Making keys takes time, so everything here runs in a thread.
"""

import logging
from asyncio import to_thread
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from secrets import token_bytes
from typing import Annotated, ParamSpec, TypeVar

from fastapi import Depends, Request

from card_reader.errors import CardFileError
from mynaportal_sim.deps import DatabaseDep, NowDep, SettingsDep
from mynaportal_sim.issuing import telling
from mynaportal_sim.issuing.errors import OvertakenError
from mynaportal_sim.issuing.life_events import LifeEvent
from mynaportal_sim.issuing.model import Standing
from mynaportal_sim.issuing.office import Office, deal_with, office_of, stand
from mynaportal_sim.issuing.refusals import Refusal
from mynaportal_sim.issuing.wishes import Wish
from mynaportal_sim.login.errors import NoSuchPersonaError, SoftCardsOffError
from mynaportal_sim.records.generate import follow
from mynaportal_sim.residents import store as residents
from mynaportal_sim.residents.model import Municipality, Resident
from mynaportal_sim.web.errors import (
    CardOvertakenError,
    CardUnavailableError,
    NoSuchLifeEventError,
)

P = ParamSpec("P")
T = TypeVar("T")

_log = logging.getLogger(__name__)
_EVENTS = {telling.name_of(event): event for event in LifeEvent}


@dataclass(frozen=True, slots=True)
class DevCounter:
    """The counter, for one request."""

    office: Office
    now: datetime

    async def resident(self, persona: str) -> Resident:
        """The person of this persona's name.

        Raises:
            NoSuchPersonaError: there is none.
        """
        found = await self.office.database.read(residents.by_persona, persona)
        if found is None:
            raise NoSuchPersonaError
        return found

    async def stand(self, resident: Resident) -> Standing:
        """How a person stands."""
        return await _in_thread(stand, self.office, resident)

    async def deal(self, resident: Resident, wish: Wish) -> Refusal | Standing:
        """Let an event happen, and answer how the person then stands.

        Raises:
            CardOvertakenError: somebody else dealt with the card at the same time.
            CardUnavailableError: its file is held by another process, or cannot be written.
        """
        return await _in_thread(deal_with, self.office, resident, wish, self.now)

    async def municipalities(self) -> dict[str, Municipality]:
        """Those in which somebody lives, by their codes."""
        people = await self.office.database.read(residents.everyone)
        found = {one.municipality.code: one.municipality for one in people}
        return dict(sorted(found.items()))


async def _in_thread(ask: Callable[P, T], *given: P.args, **more: P.kwargs) -> T:
    try:
        return await to_thread(ask, *given, **more)
    except OvertakenError:
        raise CardOvertakenError from None
    except CardFileError as error:
        _log.warning("at the counter: %s", error)
        raise CardUnavailableError from None


async def _counter(
    request: Request, settings: SettingsDep, db: DatabaseDep, now: NowDep
) -> DevCounter:
    if request.app.state.soft_cards is None:
        raise SoftCardsOffError
    office = await to_thread(office_of, settings, db, now, token_bytes, follow)
    return DevCounter(office, now)


CounterDep = Annotated[DevCounter, Depends(_counter)]


def event_of(name: str) -> LifeEvent:
    """The event that an address names.

    Raises:
        NoSuchLifeEventError: there is none.
    """
    found = _EVENTS.get(name)
    if found is None:
        raise NoSuchLifeEventError
    return found
