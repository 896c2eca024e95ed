"""Whether a login is what an app asked for: how late, how strong, and whose.

A person who is logged in is sent to log in again only if that could help: once they have,
within this interaction, what is lacking will go on lacking, and the app is told.
"""

from datetime import datetime, timedelta
from enum import Enum, auto, unique

from sqlalchemy import Connection

from consent import service
from consent.mandate import MandateStatus
from mynaportal_sim.login.assurance import acr_values
from mynaportal_sim.login.sessions import LoggedIn, Session
from mynaportal_sim.oauth.request import AuthorizationRequest
from mynaportal_sim.pseudonyms import Pseudonyms

_AGAIN = frozenset({"login", "select_account"})
_KNOWN = frozenset(acr_values(strict=False))


@unique
class Person(Enum):
    """Who is logged in, as seen from whom the app means."""

    MEANT = auto()
    REPRESENTATIVE = auto()
    ANOTHER = auto()


@unique
class Login(Enum):
    """How a login stands to what was asked for."""

    SERVES = auto()
    MISSING = auto()
    TO_BE_TURNED = auto()
    OF_ANOTHER = auto()
    TOO_WEAK = auto()


_OF = {
    Person.MEANT: Login.SERVES,
    Person.REPRESENTATIVE: Login.TO_BE_TURNED,
    Person.ANOTHER: Login.OF_ANOTHER,
}


def person(
    connection: Connection,
    request: AuthorizationRequest,
    session: Session | None,
    names: Pseudonyms,
    now: datetime,
) -> Person:
    """Who is logged in, as seen from whom the app means, if it means somebody."""
    meant = request.claims.subs
    if not meant or not isinstance(session, LoggedIn):
        return Person.MEANT
    if names.subject(request.client_id, session.whom) in meant:
        return Person.MEANT
    mandates = service.represented_by(connection, session.resident_id)
    acts_for = [one.principal for one in mandates if one.status(now) is MandateStatus.ACTIVE]
    could_be = (session.resident_id, *acts_for)
    could = any(names.subject(request.client_id, one) in meant for one in could_be)
    return Person.REPRESENTATIVE if could else Person.ANOTHER


def judge(
    asked: AuthorizationRequest,
    session: Session | None,
    person: Person,
    begun_at: datetime,
    now: datetime,
) -> Login:
    """Whether the person is logged in as the app asks for.

    MISSING: they must log in, perhaps again. TO_BE_TURNED: they act for whom the app means,
    and must say so.
    """
    if asked.claims.acr and _KNOWN.isdisjoint(asked.claims.acr):
        return Login.TOO_WEAK
    if session is None or session.auth_time is None:
        return Login.MISSING
    found = _seen(asked, session, person)
    if session.auth_time >= begun_at:
        return found
    too_old = asked.max_age is not None and now - session.auth_time > timedelta(
        seconds=asked.max_age
    )
    wanted_anew = too_old or not _AGAIN.isdisjoint(asked.prompt) or _may_improve(asked, session)
    lacking = found in {Login.TOO_WEAK, Login.OF_ANOTHER}
    return Login.MISSING if wanted_anew or lacking else found


def _seen(asked: AuthorizationRequest, session: Session, person: Person) -> Login:
    """How it stands, whenever the person logged in."""
    if asked.claims.acr and session.acr not in asked.claims.acr:
        return Login.TOO_WEAK
    return _OF[person]


def _may_improve(asked: AuthorizationRequest, session: Session) -> bool:
    """Whether another login could be of a class that the app likes, and may be asked for."""
    liked = _KNOWN.intersection(asked.claims.preferred)
    return bool(liked) and session.acr not in liked and "none" not in asked.prompt
