"""Who looks at a page, and what every page needs to know of them."""

from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends

from mynaportal_sim.deps import DatabaseDep
from mynaportal_sim.login.challenge import Channel
from mynaportal_sim.login.csrf import csrf_token
from mynaportal_sim.login.sessions import LoggedIn, Session, SessionDep
from mynaportal_sim.residents import store as residents


@dataclass(frozen=True, slots=True)
class Visitor:
    """Somebody with or without a session, and their name once they have logged in."""

    session: Session | None
    name: str | None

    @property
    def csrf(self) -> str:
        """What this visitor's forms carry; empty without a session."""
        return csrf_token(self.session) if self.session else ""

    @property
    def values(self) -> dict[str, object]:
        """What the frame of each page shows."""
        soft = self.session is not None and self.session.channel is Channel.SOFT
        return {"person": self.name, "csrf": self.csrf, "soft_card": soft}


NOBODY = Visitor(None, None)


async def _visitor(session: SessionDep, db: DatabaseDep) -> Visitor:
    if not isinstance(session, LoggedIn):
        return Visitor(session, None)
    resident = await db.read(residents.by_id, session.resident_id)
    return Visitor(session, None if resident is None else resident.name.full)


VisitorDep = Annotated[Visitor, Depends(_visitor)]
