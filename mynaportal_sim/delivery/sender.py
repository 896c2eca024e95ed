"""Brings events from the outbox to the apps, while the portal runs."""

import logging
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

import httpx
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from consent.store import outbox
from consent.store.outbox import Notice
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.delivery import pinned, push, security_event, store
from mynaportal_sim.delivery.flight import CLAIMED_FOR, Flight
from mynaportal_sim.delivery.model import Delivery, Try, Way, wait
from mynaportal_sim.delivery.reach import Reach
from mynaportal_sim.delivery.security_event import Sign, Signing
from mynaportal_sim.erasure import service as erasures
from mynaportal_sim.errors import PortalError
from mynaportal_sim.opaque import Randomness

EVERY = 0.2  # seconds
BATCH = 100


class Targets(NamedTuple):
    """Where apps are told of events, or of logouts, by app, and what is within reach.

    An app that is told of none there, such as one that polls, is not in it.
    """

    endpoints: Callable[[Connection], Mapping[str, str]]
    reach: Reach


_log = logging.getLogger(__name__)


async def send_for_ever(
    database: Database,
    clock: Clock,
    issuer: str,
    signing: Signing,
    targets: Targets,
    randomness: Randomness,
) -> None:
    """Deliver until cancelled; workers may do so side by side."""
    async with pinned.client() as http, Flight(database, clock, _settle) as flight:
        while True:
            try:
                now = clock.now()
                if await database.read(outbox.any_due, now):
                    sign = (await signing()).sign
                    await database.write(take_up, issuer, sign, now, randomness)
                await _push_due(flight, http, signing, targets)
            except (SQLAlchemyError, PortalError):
                _log.exception("events could not be delivered; trying again")
            await flight.pause(EVERY)


def take_up(
    connection: Connection,
    issuer: str,
    sign: Sign,
    now: datetime,
    randomness: Randomness,
) -> int:
    """Turn what is due in the outbox into signed deliveries, and open the erasures that follow;
    how many were due. A unit of work.
    """
    notices = outbox.take(connection, now, BATCH)
    erasures.open_cases(connection, notices, now, randomness)
    store.add(connection, [_delivery(one, issuer, sign, now, randomness) for one in notices])
    return len(notices)


def _delivery(
    notice: Notice,
    issuer: str,
    sign: Sign,
    now: datetime,
    randomness: Randomness,
) -> Delivery:
    jti = UUID(bytes=randomness(16), version=4)
    token = sign(security_event.claims(notice, issuer, jti, now), security_event.TYPE)
    return Delivery(
        jti, notice.app_id, notice.arrangement_id, notice.what, token, made_at=now, next_at=now
    )


async def _push_due(
    flight: Flight[Delivery], http: httpx.AsyncClient, signing: Signing, targets: Targets
) -> None:
    """Push what is due to those who take pushes, as far as there is room for it."""
    database, now = flight.database, flight.clock.now()
    places = await database.read(targets.endpoints)
    free = places.keys() - flight.busy
    if not (free and flight.room) or not await database.read(store.any_due, free, now):
        return
    until = now + CLAIMED_FOR
    claimed = await database.write(store.claim, free, now, until, flight.room)
    renewed = (await signing()).renewed
    for one in claimed:
        place = places[one.app_id]
        flight.send(one.app_id, one, push.push(http, place, renewed(one.token), targets.reach))


def _settle(connection: Connection, delivery: Delivery, fault: str, at: datetime) -> None:
    done = Try(at, Way.PUSH, fault)
    store.settle(connection, delivery, done, at + wait(delivery.tries))
