"""A person's way from the authorization endpoint back to the app: log in, ask, issue, refuse.

`next_step` decides and does nothing; the others are units of work. An interaction is answered
once, within ten minutes, and by the session that first took it up as a logged-in person; for a
device it is from the start that of the browser where its code was typed. A pushed request is
used up by the answer, not by looking at a page (FAPI 2.0 5.3.2.2, note 3).
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import StrEnum, unique
from typing import NamedTuple, cast
from uuid import UUID

from sqlalchemy import Connection, bindparam, insert, or_, select, update

from consent import token as tokens
from consent.model import ConsentVersion, Term
from mynaportal_sim import opaque
from mynaportal_sim.apps import store as apps
from mynaportal_sim.login.sessions import LoggedIn, Session
from mynaportal_sim.oauth import devices, families, logins, managed, scope_rules, scopes
from mynaportal_sim.oauth.devices import Waiting
from mynaportal_sim.oauth.errors import InteractionGoneError
from mynaportal_sim.oauth.families import Family, NewFamily
from mynaportal_sim.oauth.logins import Login, Person, judge
from mynaportal_sim.oauth.managed import Action
from mynaportal_sim.oauth.request import AuthorizationRequest
from mynaportal_sim.oauth.server import Server
from mynaportal_sim.oauth.tables import interactions
from mynaportal_sim.oauth.way_back import (
    DEVICE_DONE,
    leads_to_the_app,
    redirect,
    tell_device,
    use_pushed,
)
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.pseudonyms import Pseudonyms

LIFETIME = timedelta(minutes=10)
# How long what is not refreshed can be of use: a code, and an access token.
UNREFRESHED = families.CODE_LIFETIME + tokens.LIFETIME
_NONE = timedelta(0)


@unique
class State(StrEnum):
    """What became of an interaction."""

    OPEN = "open"
    ISSUED = "issued"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class Interaction:
    """An authorization request on its way.

    `pushed` is the digest of its PAR handle, `device` one that waits for the answer, if there
    is one. `person` is who has taken it up, as seen from whom the app means.
    """

    id: UUID
    request: AuthorizationRequest
    pushed: bytes | None
    begun_at: datetime
    person: Person = Person.MEANT
    device: Waiting | None = None


@dataclass(frozen=True, slots=True)
class LogIn:
    """The person must log in (again)."""


@dataclass(frozen=True, slots=True)
class Turn:
    """The person must say that they act for whom the app means."""


@dataclass(frozen=True, slots=True)
class Ask:
    """The person must be asked."""


@dataclass(frozen=True, slots=True)
class Issue:
    """What is asked was granted before, by this version; nothing need be asked."""

    version: ConsentVersion


@dataclass(frozen=True, slots=True)
class Refuse:
    """The app gets this error code (OpenID Connect Core 3.1.2.6, and its Unmet
    Authentication Requirements 1.0)."""

    error: str


class Ground(NamedTuple):
    """What a code is issued under: a consent, and the mandate of whoever acts for the person.

    No key outlives that mandate, which ends by itself at `mandate_ends`, if it does.
    """

    version: ConsentVersion
    mandate_ends: datetime | None = None

    @property
    def ends(self) -> datetime:
        """When no key under it is good any more."""
        ends, mandate_ends = self.version.gives_until, self.mandate_ends
        return ends if mandate_ends is None else min(ends, mandate_ends)


Step = LogIn | Turn | Ask | Issue | Refuse


def next_step(
    interaction: Interaction,
    session: Session | None,
    consents: Iterable[ConsentVersion],
    now: datetime,
) -> Step:
    """What comes next. `consents` are the resident's with this app that are in force at `now`.

    A consent spares the question only if it gives exactly what is asked, no less and no more,
    on the same term; records that the person left out one by one are not asked for again. What
    is asked for once is asked each time, and so is what changes a grant, and what a device gets
    that anybody may hold (RFC 8628 5.4). A grant that is not
    this person's, or not any more what the app knew, is named in vain.
    """
    request = interaction.request
    silent = "none" in request.prompt
    login = _login(interaction, session, now)
    if login is not Login.SERVES:
        return _until_logged_in(login, silent=silent)
    managing = request.managing
    named = None if managing is None else managing.version_id
    if named is not None and all(version.id != named for version in consents):
        return Refuse("invalid_grant_id")
    asked_anyway = (
        "consent" in request.prompt or managing is not None or interaction.device is not None
    )
    if not asked_anyway and request.wish.term is not Term.ONCE:
        for version in consents:
            if _gives_exactly(version, request):
                return Issue(version)
    return Refuse("consent_required") if silent else Ask()


def _login(interaction: Interaction, session: Session | None, now: datetime) -> Login:
    request, begun_at = interaction.request, interaction.begun_at
    return judge(request, session, interaction.person, begun_at, now)


def _until_logged_in(login: Login, *, silent: bool) -> Step:
    """What comes next where a login does not serve."""
    if login is Login.TOO_WEAK:
        return Refuse("unmet_authentication_requirements")
    if silent or login is Login.OF_ANOTHER:
        return Refuse("login_required")
    return Turn() if login is Login.TO_BE_TURNED else LogIn()


def _gives_exactly(version: ConsentVersion, request: AuthorizationRequest) -> bool:
    terms, wish = version.terms, request.wish
    lasts = terms.valid_until - terms.valid_from
    whole = replace(terms, rules=tuple(one for one in terms.rules if not one.names_items))
    return (
        version.app_id == request.client_id
        and whole == wish.terms(terms.valid_from, terms.valid_until, terms.notice)
        and -LIFETIME < lasts - wish.term.validity <= _NONE
    )


_INSERT = insert(interactions)
_IS_OPEN = (
    interactions.c.id == bindparam("wanted"),
    interactions.c.state == State.OPEN.value,
    interactions.c.expires_at > bindparam("now"),
    or_(interactions.c.session.is_(None), interactions.c.session == bindparam("mine")),
    or_(interactions.c.begun_in.is_(None), interactions.c.begun_in == bindparam("began_as")),
)
_FIND = select(interactions).where(*_IS_OPEN)
_BIND = update(interactions).where(*_IS_OPEN).values(session=bindparam("mine"))
_CLOSE = update(interactions).where(*_IS_OPEN).values(state=bindparam("outcome"))
# Only whoever has taken it up by a login that serves is given anything.
_CLOSE_BOUND = _CLOSE.where(interactions.c.session == bindparam("mine"))
_HAND_OVER = (
    update(interactions)
    .where(interactions.c.session == bindparam("was"))
    .values(session=bindparam("becomes"))
)


def begin(
    connection: Connection,
    request: AuthorizationRequest,
    pushed: bytes | None,
    now: datetime,
    randomness: Randomness,
    device: Waiting | None = None,
) -> UUID:
    """Store a new interaction and give its id: 128 random bits."""
    code, user_code, begun_in = device or (None, None, None)
    interaction_id = UUID(bytes=randomness(16))
    connection.execute(
        _INSERT,
        {
            "id": interaction_id,
            "client_id": request.client_id,
            "request": request.dump(),
            "pushed": pushed,
            "device": code,
            "user_code": user_code,
            "begun_in": begun_in,
            "state": State.OPEN.value,
            "session": None,
            "begun_at": int(now.timestamp()),
            "expires_at": int((now + LIFETIME).timestamp()),
        },
    )
    return interaction_id


def take_up(
    connection: Connection,
    interaction_id: UUID,
    session: Session | None,
    now: datetime,
    names: Pseudonyms,
) -> Interaction:
    """The open interaction; from now on only this session's, if its login is what was asked.

    Raises:
        InteractionGoneError: it was answered, has expired, is another session's, leads to where
            the app is no more, or never was.
    """
    mine = _in_session(interaction_id, session, now)
    row = connection.execute(_FIND, mine).first()
    if row is None:
        raise InteractionGoneError
    request = AuthorizationRequest.load(row.request)
    if row.device is None and not leads_to_the_app(connection, request):
        raise InteractionGoneError
    interaction = Interaction(
        row.id,
        request,
        row.pushed,
        datetime.fromtimestamp(row.begun_at, UTC),
        logins.person(connection, request, session, names, now),
        row.device and Waiting(row.device, row.user_code, row.begun_in),
    )
    serves = _login(interaction, session, now) is Login.SERVES
    if serves and not connection.execute(_BIND, mine).rowcount:
        raise InteractionGoneError
    return interaction


def issue(
    connection: Connection,
    server: Server,
    interaction: Interaction,
    session: LoggedIn,
    ground: Ground,
    now: datetime,
) -> str:
    """Close the interaction with a code; the URL to send the browser to (303).

    The code of a device that waits is good from now on.

    Raises:
        InteractionGoneError: it, or what it came of, was answered before.
    """
    request, version = interaction.request, ground.version
    _close(connection, interaction, session, State.ISSUED, now)
    sub = apps.subject(connection, server.pseudonyms, request.client_id, session.whom)
    family = Family(
        id=UUID(bytes=server.randomness(16)),
        client_id=request.client_id,
        sub=sub,
        arrangement_id=version.arrangement_id,
        version_id=version.id,
        scope=scope_rules.granted(_scopes(connection, request, session), version.terms.rules),
        redirect_uri=request.redirect_uri,
        code_challenge=request.code_challenge,
        nonce=request.nonce,
        dpop_jkt=request.dpop_jkt,
        authenticated_at=int(session.auth_time.timestamp()),
        acr=cast("str", session.acr),
        amr=" ".join(session.amr),
        sender_constrained=False,
        actor=_actor(server, request.client_id, session),
        claims=request.claims.granted,
        session=session.began_as or None,
    )
    ends = ground.ends if request.refreshed else min(ground.ends, now + UNREFRESHED)
    new = NewFamily(family, ends)
    if interaction.device is not None:
        families.begin_as(connection, new, interaction.device.code, now + devices.LIFETIME)
        return f"{DEVICE_DONE}?outcome={State.ISSUED}"
    code = families.begin(connection, new, now, server.randomness)
    return redirect(server, request.redirect_uri, request.state, {"code": code})


def _scopes(
    connection: Connection, request: AuthorizationRequest, session: LoggedIn
) -> Iterable[str]:
    """The scopes asked for, beside those of the grant that they are merged into.

    Whether there is an ID token is this request's alone to say, which also bears its nonce.
    Whoever acts for another is nobody whom a FHIR resource here is about.
    """
    managing = request.managing
    if session.errand is not None:
        own = tuple(one for one in request.scopes if one != scopes.FHIR_USER)
        request = replace(request, scopes=own)
    if managing is None or managing.action is not Action.MERGE:
        return request.scopes
    before = managed.scopes_under(connection, request.client_id, managing)
    return sorted({*request.scopes, *before} - {scopes.OPENID}.difference(request.scopes))


def refuse(
    connection: Connection,
    server: Server,
    interaction: Interaction,
    session: Session | None,
    error: str,
    now: datetime,
) -> str:
    """Close the interaction without a code; the URL to send the browser to (303).

    Raises:
        InteractionGoneError: it, or what it came of, was answered before.
    """
    _close(connection, interaction, session, State.REFUSED, now)
    request = interaction.request
    if interaction.device is not None:
        return f"{DEVICE_DONE}?outcome={State.REFUSED}"
    return redirect(server, request.redirect_uri, request.state, {"error": error})


def _close(
    connection: Connection,
    interaction: Interaction,
    session: Session | None,
    outcome: State,
    now: datetime,
) -> None:
    closed = connection.execute(
        _CLOSE_BOUND if outcome is State.ISSUED else _CLOSE,
        _in_session(interaction.id, session, now) | {"outcome": outcome.value},
    )
    if closed.rowcount != 1 or not _answered(connection, interaction, outcome, now):
        raise InteractionGoneError


def _answered(
    connection: Connection, interaction: Interaction, outcome: State, now: datetime
) -> bool:
    """Use up what the interaction came of; False if something has done so before."""
    if interaction.device is not None:
        allowed = outcome is State.ISSUED
        return tell_device(connection, interaction.device.code, now, allowed=allowed)
    return interaction.pushed is None or use_pushed(connection, interaction.pushed, now)


def hand_over(connection: Connection, session: Session, turned: Session) -> None:
    """Let a session that got a new id go on with what it took up under the old one."""
    connection.execute(
        _HAND_OVER, {"was": opaque.digest(session.id), "becomes": opaque.digest(turned.id)}
    )


def _actor(server: Server, client_id: str, session: LoggedIn) -> str | None:
    """The app's name for whoever acts for the person; it leads back to nobody."""
    if session.errand is None:
        return None
    return server.pseudonyms.subject(client_id, session.resident_id)


def _in_session(
    interaction_id: UUID, session: Session | None, now: datetime
) -> dict[str, object]:
    mine, began_as = (opaque.digest(session.id), session.began_as) if session else (None, None)
    seconds = int(now.timestamp())
    return {"wanted": interaction_id, "now": seconds, "mine": mine, "began_as": began_as}
