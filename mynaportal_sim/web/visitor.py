"""Who looks at a page, for whom they act, and what every page needs to know of both."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends
from sqlalchemy import Connection

from consent import service
from consent.mandate import Mandate
from mynaportal_sim.deps import DatabaseDep
from mynaportal_sim.login.challenge import Channel
from mynaportal_sim.login.csrf import csrf_token
from mynaportal_sim.login.sessions import LoggedIn, Session, SessionDep
from mynaportal_sim.residents import store as residents
from mynaportal_sim.residents.model import Resident


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody with or without a session; once logged in, `subject` is whom pages are about.

    That is they themselves, or whoever they act for under `mandate`. Both are None where they
    chose to act for somebody and have no mandate, or are kept from the person.
    """

    session: Session | None
    me: Resident | None = None
    subject: Resident | None = None
    mandate: Mandate | None = None

    @property
    def csrf(self) -> str:
        """What this visitor's forms carry; empty without a session."""
        return csrf_token(self.session.id) if self.session else ""

    @property
    def acts(self) -> bool:
        """Whether this visitor chose to act for somebody."""
        return isinstance(self.session, LoggedIn) and self.session.errand is not None

    @property
    def values(self) -> dict[str, object]:
        """What the frame of each page shows."""
        soft = self.session is not None and self.session.channel is Channel.SOFT
        return {
            "person": None if self.me is None else self.me.name.full,
            "csrf": self.csrf,
            "soft_card": soft,
            "unchecked_card": self.session is not None and self.session.unchecked,
            "acts": self.acts,
            "acts_for": self.subject.name.full if self.acts and self.subject else None,
            "acts_as": None if self.mandate is None else self.mandate.role.value,
        }


NOBODY = Visitor(None)


async def _visitor(session: SessionDep, db: DatabaseDep) -> Visitor:
    if not isinstance(session, LoggedIn):
        return Visitor(session)
    return await db.read(_look, session)


VisitorDep = Annotated[Visitor, Depends(_visitor)]


def _look(connection: Connection, session: LoggedIn) -> Visitor:
    """The person, and whom their session is about, on one snapshot."""
    me = residents.by_id(connection, session.resident_id)
    if session.errand is None:
        return Visitor(session, me, me)
    found = service.mandate(connection, *session.errand)
    if found is None or found.blocked or found.mandate.agent != session.resident_id:
        return Visitor(session, me)
    subject = residents.by_id(connection, session.errand.principal)
    return Visitor(session, me, subject, found.mandate)
