"""Tells apps that a session has ended whose login they learned of.

OpenID Connect Back-Channel Logout 1.0: each gets a logout token that names the person and the
session as the app alone knows them, wherever it has registered that it takes them.
"""

import logging
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import NamedTuple
from urllib.parse import urlencode
from uuid import UUID

import httpx
from sqlalchemy import Connection, bindparam, exists, select
from sqlalchemy.exc import SQLAlchemyError

from consent.instants import instant, seconds
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.delivery import logouts, pinned, push
from mynaportal_sim.delivery.flight import CLAIMED_FOR, Flight
from mynaportal_sim.delivery.logouts import Logout
from mynaportal_sim.delivery.push import Message
from mynaportal_sim.delivery.security_event import Signing
from mynaportal_sim.delivery.sender import BATCH, Targets
from mynaportal_sim.errors import PortalError
from mynaportal_sim.jose import Json
from mynaportal_sim.login.sessions import ended_sessions
from mynaportal_sim.oauth import devices, families
from mynaportal_sim.oauth.families import Known
from mynaportal_sim.oauth.tables import token_families
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.pseudonyms import Pseudonyms

EVENT = "http://schemas.openid.net/event/backchannel-logout"
TYPE = "logout+jwt"
LIFETIME = timedelta(minutes=2)
KEPT_FOR = max(families.CODE_LIFETIME, devices.LIFETIME) + timedelta(minutes=1)
"""How long after a session has ended an app may still redeem a code of it; a bit more."""
ANSWERED = timedelta(seconds=2)
"""After so long an app has the ID token that it is then told about."""
EVERY = 0.5  # seconds
_FORM = "application/x-www-form-urlencoded"
_ACKNOWLEDGED_BY = (HTTPStatus.OK, HTTPStatus.NO_CONTENT)
_LEARNED_OF = exists().where(
    token_families.c.session == ended_sessions.c.began_as,
    token_families.c.code_used_at.is_not(None),
)
_UNTOLD = (
    select(ended_sessions)
    .where(_LEARNED_OF)
    .order_by(ended_sessions.c.ended_at)
    .limit(bindparam("most"))
)
_FORGET = ended_sessions.delete().where(
    ended_sessions.c.ended_at < bindparam("before"), ~_LEARNED_OF
)

_log = logging.getLogger(__name__)


class Teller(NamedTuple):
    """Who tells, by which keys and names, and whom where."""

    issuer: str
    names: Pseudonyms
    signing: Signing
    targets: Targets
    randomness: Randomness


async def tell_for_ever(database: Database, clock: Clock, teller: Teller) -> None:
    """Tell until cancelled; workers may do so side by side."""
    async with pinned.client() as http, Flight(database, clock, logouts.settle) as flight:
        while True:
            try:
                await tell(flight, http, teller)
            except (SQLAlchemyError, PortalError):
                _log.exception("logouts could not be told; trying again")
            await flight.pause(EVERY)


async def tell(flight: Flight[Logout], http: httpx.AsyncClient, teller: Teller) -> None:
    """Send what is due, as far as there is room for it, and wait for nobody's answer."""
    database = flight.database
    if await database.read(any_untold):
        await database.write(take_up, teller)
    now = flight.clock.now()
    busy, room = flight.busy, flight.room
    if not room or not await database.read(logouts.any_due, busy, now):
        return
    places = await database.read(teller.targets.endpoints)
    claimed = await database.write(logouts.claim, busy, now, now + CLAIMED_FOR, room)
    for one in claimed:
        place = places.get(one.client_id)
        flight.send(one.client_id, one, _send(http, place, one, teller, now))


def any_untold(connection: Connection) -> bool:
    """Whether there is anything for `take_up`, without taking it up."""
    return connection.execute(_UNTOLD, {"most": 1}).first() is not None


def take_up(connection: Connection, teller: Teller) -> None:
    """Find who must learn of the sessions that have ended; a unit of work."""
    places = teller.targets.endpoints(connection)
    ended = connection.execute(_UNTOLD, {"most": BATCH}).all()
    logouts.add(
        connection,
        [
            _logout(app, row.began_as, instant(row.ended_at), teller)
            for row in ended
            for app in families.leave(connection, row.began_as)
            if app.client_id in places
        ],
    )


def _logout(app: Known, session: bytes, ended_at: datetime, teller: Teller) -> Logout:
    """What an app is told; if it redeemed a code after the end, once it has its ID token."""
    return Logout(
        UUID(bytes=teller.randomness(16), version=4),
        app.client_id,
        app.sub,
        teller.names.session(app.client_id, session),
        ended_at,
        next_at=ended_at if app.at <= ended_at else app.at + ANSWERED,
    )


def forget_old(connection: Connection, now: datetime) -> None:
    """Drop the ended sessions whose login no app can learn of any more."""
    connection.execute(_FORGET, {"before": seconds(now - KEPT_FOR)})


async def _send(
    http: httpx.AsyncClient, place: str | None, logout: Logout, teller: Teller, now: datetime
) -> str:
    """What was wrong, empty if the app has acknowledged it (2.8)."""
    if place is None:
        return ""  # it takes them no more
    jti = UUID(bytes=teller.randomness(16), version=4)
    said = claims(logout, teller.issuer, jti, now)
    token = (await teller.signing()).sign(said, TYPE)
    content = urlencode({"logout_token": token})
    message = Message(content, _FORM, _ACKNOWLEDGED_BY)
    return await push.send(http, place, message, teller.targets.reach)


def claims(logout: Logout, issuer: str, jti: UUID, now: datetime) -> dict[str, Json]:
    """The claims of a logout token made at `now` (2.4); it has no nonce."""
    return {
        "iss": issuer,
        "sub": logout.sub,
        "aud": logout.client_id,
        "iat": int(now.timestamp()),
        "exp": int((now + LIFETIME).timestamp()),
        "jti": str(jti),
        "sid": logout.sid,
        "events": {EVENT: {}},
    }
