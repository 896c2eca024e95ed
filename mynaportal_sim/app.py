"""The portal as one ASGI application."""

import asyncio
import logging
import os
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from datetime import datetime
from email.utils import formatdate
from http import HTTPStatus
from pathlib import Path
from secrets import token_bytes
from urllib.parse import urlsplit

from fastapi import FastAPI, Response
from fastapi.staticfiles import StaticFiles
from sqlalchemy import Connection, literal, select
from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from card_reader.hardening import keep_pins_out_of_dumps
from consent.japan import day_of
from consent.ledger.errors import LedgerError
from mynaportal_sim import keys, once, problems, web
from mynaportal_sim.apps import store as apps
from mynaportal_sim.clock import Clock, ClockError
from mynaportal_sim.database import Database
from mynaportal_sim.delivery import logouts
from mynaportal_sim.delivery import store as deliveries
from mynaportal_sim.delivery.reach import ANYWHERE, PUBLIC
from mynaportal_sim.delivery.sender import Targets, send_for_ever
from mynaportal_sim.deps import DatabaseDep
from mynaportal_sim.documents import store as documents
from mynaportal_sim.domains.catalogue import catalogue
from mynaportal_sim.exchange import service as exchanges
from mynaportal_sim.inspector import store as inspected
from mynaportal_sim.login import challenge, demands, sessions, unchecked
from mynaportal_sim.login.limit import CODES_BURST, SECOND_DEVICE_BURST, RateLimit
from mynaportal_sim.login.ocsp_client import OcspClient
from mynaportal_sim.login.router import router as login_router
from mynaportal_sim.login.second_device import store as second_device
from mynaportal_sim.login.second_device.router import router as second_device_router
from mynaportal_sim.login.soft import SoftCards
from mynaportal_sim.oauth import backchannel, tables
from mynaportal_sim.oauth.browsers import Browsers
from mynaportal_sim.oauth.keys.following import SigningKeys
from mynaportal_sim.oauth.metadata import Published
from mynaportal_sim.oauth.router import router as oauth_router
from mynaportal_sim.operators import links
from mynaportal_sim.operators import sessions as operators
from mynaportal_sim.phr.router import router as fhir_router
from mynaportal_sim.pki import authority
from mynaportal_sim.pseudonyms import Pseudonyms
from mynaportal_sim.records import generate
from mynaportal_sim.residents import store as residents
from mynaportal_sim.settings import Mode, Settings
from mynaportal_sim.transparency.cosigning import seek
from mynaportal_sim.transparency.files import LedgerFiles
from mynaportal_sim.transparency.keeper import keep
from mynaportal_sim.transparency.promises import Promises
from mynaportal_sim.verifiers.router import router as verifiers_router
from mynaportal_sim.web.guard import HostGuard
from mynaportal_sim.web.render import YEAR_SECONDS
from mynaportal_sim.web.router import router as web_router

SAMPLE_APP_VARIABLE = "MYNASIM_SAMPLE_APP_URL"
"""Where `up` tells its portal processes of the app beside them, which the start page links."""
OCSP_VARIABLE = "MYNASIM_OCSP_RESPONDER"
"""Where `up` tells them of the responder beside them, which logins ask."""
FORGET_EVERY = 60.0  # seconds
GROW_EVERY = 1.0  # seconds
ERASE_EVERY = 1.0  # seconds

_log = logging.getLogger(__name__)


def create_app(settings: Settings) -> FastAPI:
    """The portal on a data directory that `world.prepare` has prepared."""
    app = FastAPI(
        title="mynaportal-sim", docs_url=None, redoc_url=None, openapi_url=None, lifespan=_open
    )
    dev = settings.mode is Mode.DEV
    clock = Clock(settings.clock if dev else None)
    app.state.settings = settings
    app.state.sample_app = os.environ.get(SAMPLE_APP_VARIABLE)
    responder = os.environ.get(OCSP_VARIABLE)
    app.state.ocsp = OcspClient(responder) if responder else None
    app.state.clock = clock
    app.state.database = Database(settings.database_url)
    app.state.pseudonyms = keys.pseudonyms(settings.keys)
    app.state.authority = authority.ensure(settings.authorities, clock.now(), token_bytes)
    app.state.token_keys = SigningKeys(app.state.database, clock, settings.keys)
    app.state.soft_cards = SoftCards(settings.cards) if dev else None
    app.state.catalogue = catalogue()
    app.state.step_up = demands.read(settings.step_up, app.state.catalogue.categories)
    app.state.login_limit = RateLimit()
    app.state.second_device_limit = RateLimit(SECOND_DEVICE_BURST, SECOND_DEVICE_BURST / 60)
    app.state.code_limit = RateLimit(CODES_BURST, CODES_BURST / 60)
    about_logins = (login_router, second_device_router)
    routers = (fhir_router, oauth_router, verifiers_router, *about_logins, web_router)
    for router in routers:  # by how often asked
        app.router.routes.extend(router.routes)  # matched one by one; inclusion nests
    app.add_api_route("/healthz", _healthz)
    app.add_api_route("/readyz", _readyz)
    app.mount("/static", StaticFiles(directory=Path(web.__file__).parent / "static"))
    app.mount("/ledger", LedgerFiles(settings.ledger))
    problems.install(app)
    app.add_middleware(
        Published,
        issuer=settings.issuer.rstrip("/"),
        keys=app.state.token_keys,
        strict=not dev,
        public_clients=settings.public_clients,
    )
    app.add_middleware(Promises, signer=keys.ledger_signer(settings.keys))
    if settings.public_clients:
        app.add_middleware(Browsers, database=app.state.database)
    app.add_middleware(HostGuard, hosts=settings.hosts, issuer=settings.issuer)
    return app


def from_environment() -> ASGIApp:
    """The portal with settings from the environment; what worker processes start."""
    keep_pins_out_of_dumps()
    app = create_app(Settings())
    return _Dated(app, app.state.clock, _lasting(app.state.settings))


def _lasting(settings: Settings) -> list[tuple[bytes, bytes]]:
    """Has browsers insist on https for a strict portal's name (RFC 6797).

    Never for `localhost`: they would for each of its ports, and so for all that a developer
    runs there by http. A dev portal's name is as little its own.
    """
    host = urlsplit(settings.issuer).hostname or ""
    if settings.mode is Mode.DEV or host.split(".")[-1] == "localhost":
        return []
    return [(b"strict-transport-security", f"max-age={YEAR_SECONDS}".encode())]


class _Dated:
    """Gives each answer the portal's time as its Date (RFC 9110 6.6.1), and what lasts.

    A clock that was moved shows there, so that apps which sign a time can follow it.
    """

    def __init__(
        self, app: ASGIApp, clock: Clock, lasting: Sequence[tuple[bytes, bytes]]
    ) -> None:
        self._app = app
        self._clock = clock
        self._lasting = lasting
        self._second = 0
        self._date = b""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        async def sent(message: Message) -> None:
            if message["type"] == "http.response.start":
                dated = (b"date", self._now())
                message["headers"] = [*message["headers"], dated, *self._lasting]
            await send(message)

        await self._app(scope, receive, sent)

    def _now(self) -> bytes:
        second = int(self._clock.now().timestamp())
        if second != self._second:
            self._second, self._date = second, formatdate(second, usegmt=True).encode()
        return self._date


@asynccontextmanager
async def _open(app: FastAPI) -> AsyncIterator[None]:
    database: Database = app.state.database
    settings: Settings = app.state.settings
    signer = keys.ledger_signer(settings.keys)
    strict = settings.mode is Mode.STRICT
    chores = [
        asyncio.create_task(keep(database, app.state.clock, signer, settings.ledger)),
        asyncio.create_task(seek(database, settings.witnesses, settings.ledger)),
        asyncio.create_task(
            send_for_ever(
                database,
                app.state.clock,
                settings.issuer.rstrip("/"),
                app.state.token_keys.fresh,
                Targets(apps.event_endpoints, PUBLIC if strict else ANYWHERE),
                token_bytes,
            )
        ),
        asyncio.create_task(_tell_of_logouts(app)),
        asyncio.create_task(_forget_for_ever(database, app.state.clock)),
        asyncio.create_task(_grow_for_ever(database, app.state.clock)),
        asyncio.create_task(_erase_for_ever(database, app.state.clock, app.state.pseudonyms)),
        asyncio.create_task(_erase_cards_for_ever(database, app.state.clock)),
    ]
    yield
    for chore in chores:
        chore.cancel()
        with suppress(asyncio.CancelledError):
            await chore
    if app.state.ocsp is not None:
        app.state.ocsp.close()
    database.close()


async def _tell_of_logouts(app: FastAPI) -> None:
    """Tell apps which sessions have ended."""
    state, settings = app.state, app.state.settings
    reach = PUBLIC if settings.mode is Mode.STRICT else ANYWHERE
    teller = backchannel.Teller(
        settings.issuer.rstrip("/"),
        state.pseudonyms,
        state.token_keys.fresh,
        Targets(apps.backchannel_logout_uris, reach),
        token_bytes,
    )
    await backchannel.tell_for_ever(state.database, state.clock, teller)


async def _forget_for_ever(database: Database, clock: Clock) -> None:
    """Drop what nothing would accept any more."""
    while True:
        await asyncio.sleep(FORGET_EVERY)
        try:
            await database.write(_forget, clock.now())
        except (SQLAlchemyError, ClockError):
            _log.exception("expired rows could not be dropped; trying again")


async def _grow_for_ever(database: Database, clock: Clock) -> None:
    """Let residents' records follow the clock, day by day of Japan."""
    filled = None
    while True:
        try:
            today = day_of(clock.now())
            if filled is not None and today != filled:
                for resident in await database.read(residents.accounts):
                    await database.write(generate.fill, resident, today)
            filled = today
        except (SQLAlchemyError, ClockError):
            _log.exception("records could not be brought up to date; trying again")
        await asyncio.sleep(GROW_EVERY)


async def _erase_for_ever(database: Database, clock: Clock, pseudonyms: Pseudonyms) -> None:
    """Erase the exchanges whose records are kept no longer, day by day of Japan."""
    done = None
    while True:
        try:
            now = clock.now()
            today = day_of(now)
            if today != done:
                for resident in await database.read(residents.accounts):
                    holder = pseudonyms.holder(resident.id)
                    overdue = await database.read(exchanges.overdue, holder, now)
                    if overdue:
                        await database.write(exchanges.forget, overdue, now, token_bytes)
            done = today
        except (SQLAlchemyError, ClockError, LedgerError):
            _log.exception("old exchanges could not be erased; trying again")
        await asyncio.sleep(ERASE_EVERY)


async def _erase_cards_for_ever(database: Database, clock: Clock) -> None:
    """Erase what the ledger says of cards that are kept no longer than their sessions."""
    while True:
        try:
            if await database.read(unchecked.any_ended):
                await database.write(unchecked.erase_ended, clock.now(), token_bytes)
        except (SQLAlchemyError, ClockError, LedgerError):
            _log.exception("logins that have ended could not be erased; trying again")
        await asyncio.sleep(ERASE_EVERY)


def _forget(connection: Connection, now: datetime) -> None:
    once.forget_expired(connection, now)
    challenge.forget_expired(connection, now)
    sessions.forget_ended(connection, now)
    backchannel.forget_old(connection, now)
    second_device.forget_expired(connection, now)
    tables.forget_expired(connection, now)
    documents.forget_expired(connection, now)
    inspected.forget_old(connection, now)
    links.forget_expired(connection, now)
    operators.forget_ended(connection, now)
    deliveries.forget_arrived(connection, now - deliveries.KEPT_FOR)
    logouts.forget_old(connection, now)


async def _healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


async def _readyz(db: DatabaseDep, response: Response) -> dict[str, str]:
    """The process answers, and so does its database."""
    try:
        await db.read(_anything)
    except SQLAlchemyError:
        response.status_code = HTTPStatus.SERVICE_UNAVAILABLE
        return {"status": "the database does not answer"}
    return {"status": "ready"}


def _anything(connection: Connection) -> None:
    connection.execute(select(literal(1)))
