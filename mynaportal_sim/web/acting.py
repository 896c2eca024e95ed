"""Whose pages these are, and what the one who opens them may do there."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Annotated
from uuid import UUID

from fastapi import Depends
from sqlalchemy import Connection

from consent import service
from consent.japan import day_of
from consent.mandate import (
    Act,
    Answer,
    Band,
    Bands,
    Duty,
    Mandate,
    Refusal,
    Refused,
    Wish,
    lapses_with,
    may,
    may_oneself,
)
from consent.model import MYSELF, ConsentVersion, Evidence, Granter
from mynaportal_sim.deps import NowDep, SettingsDep
from mynaportal_sim.login.errors import LoginRequiredError
from mynaportal_sim.login.sessions import LoggedIn, ResidentDep
from mynaportal_sim.residents import store as residents
from mynaportal_sim.residents.model import Resident
from mynaportal_sim.web.errors import MandateRefusedError, OnlyInPersonError
from mynaportal_sim.web.visitor import Visitor, VisitorDep


@dataclass(frozen=True, slots=True)
class Whom:
    """The person whom a page is about, and as what the one who is logged in opens it."""

    session: LoggedIn
    subject: Resident
    mandate: Mandate | None
    bands: Bands
    now: datetime

    @property
    def resident_id(self) -> UUID:
        """Whose data the page is about."""
        return self.subject.id

    @property
    def channel(self) -> str:
        """How the one who acts logged in."""
        return self.session.channel

    @property
    def evidence(self) -> Evidence:
        """How the one who acts is known."""
        return Evidence(self.session.channel, self.session.acr or "")

    def helped(self, by: str) -> Evidence:
        """The same, and who helped them, empty for nobody."""
        return replace(self.evidence, assisted_by=by)

    @property
    def acting(self) -> Granter:
        """As what they act, and under which mandate."""
        if self.mandate is None:
            return MYSELF
        return Granter(self.mandate.role, self.mandate.id, lapses_with(self.mandate))

    @property
    def mandate_ends(self) -> datetime | None:
        """When the mandate ends by itself; None for no mandate, or where nothing ends it so."""
        if self.mandate is None:
            return None
        ends = (self.mandate.valid_until, self.mandate.lapses_at)
        return min((at for at in ends if at is not None), default=None)

    @property
    def within(self) -> frozenset[str] | None:
        """The kinds of data they may see and do something about; None for all."""
        return None if self.mandate is None else self.mandate.scope.categories

    @property
    def band(self) -> Band:
        """Who decides for the person, by their age."""
        return self.bands.of(self.subject.age_on(day_of(self.now)))

    def sees(self, version: ConsentVersion) -> bool:
        """Whether an answer is about nothing but what they may see."""
        asked = {rule.category for rule in version.asked} | version.terms.categories
        return self.within is None or asked <= self.within

    def answer_to(self, act: Act, categories: Iterable[str] = (), purpose: str = "") -> Answer:
        """Whether they may do this here."""
        wish = Wish(act, frozenset(categories), purpose)
        age = self.subject.age_on(day_of(self.now))
        if self.mandate is None:
            return may_oneself(wish, age, self.bands)
        return may(self.mandate, wish, age, self.bands, self.now, blocked=False)

    def kept_from_ending(self, version: ConsentVersion) -> Refusal | None:
        """Why they may not end a consent; None where they may."""
        terms = version.terms
        answer = self.answer_to(Act.WITHDRAW, terms.categories, terms.purpose.code)
        return answer.reason if isinstance(answer, Refused) else None

    def demand(
        self, act: Act, categories: Iterable[str] = (), purpose: str = ""
    ) -> frozenset[Duty]:
        """What doing this takes beside it.

        Raises:
            MandateRefusedError: they may not.
        """
        answer = self.answer_to(act, categories, purpose)
        if isinstance(answer, Refused):
            raise MandateRefusedError(answer.reason)
        return answer.duties


async def _whom(
    session: ResidentDep, visitor: VisitorDep, settings: SettingsDep, now: NowDep
) -> Whom:
    return whom(session, visitor, settings.bands, now)


def whom(session: LoggedIn, visitor: Visitor, bands: Bands, now: datetime) -> Whom:
    """Whose pages a visitor who is logged in is on.

    Raises:
        MandateRefusedError: they chose to act for somebody who is kept from them, or whom they
            have no mandate for.
    """
    if visitor.subject is None:
        if not visitor.acts:  # the resident is gone
            raise LoginRequiredError
        raise MandateRefusedError(Refusal.NOT_ACTING)
    return Whom(session, visitor.subject, visitor.mandate, bands, now)


WhomDep = Annotated[Whom, Depends(_whom)]
"""For pages that ask by themselves whether what they do is allowed."""


async def _viewer(whom: WhomDep) -> Whom:
    whom.demand(Act.VIEW)
    return whom


ViewerDep = Annotated[Whom, Depends(_viewer)]
"""For pages that show what is within the scope."""


async def _whole(whom: ViewerDep) -> Whom:
    if whom.within is not None:
        raise MandateRefusedError(Refusal.CATEGORY_OUT_OF_SCOPE)
    return whom


WholeDep = Annotated[Whom, Depends(_whole)]
"""For pages that add up all there is, and so show kinds of data together."""


async def _in_person(session: ResidentDep) -> LoggedIn:
    if session.errand is not None:
        raise OnlyInPersonError
    return session


OwnDep = Annotated[LoggedIn, Depends(_in_person)]
"""For pages on which nobody acts for another."""


def agents_of(connection: Connection, principal: UUID) -> dict[str, str]:
    """By the ids of mandates, the names of those who act or acted for a person."""
    return {
        str(one.id): named
        for one in service.acting_for(connection, principal)
        if one.agent is not None and (named := name_of(connection, one.agent))
    }


def name_of(connection: Connection, resident_id: UUID) -> str:
    """A person's name, empty for nobody."""
    known = residents.by_id(connection, resident_id)
    return "" if known is None else known.name.full
