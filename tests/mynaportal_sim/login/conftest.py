"""A portal with a real database, real authorities and cards, and browsers that visit it."""

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from os import urandom
from pathlib import Path
from types import MappingProxyType
from typing import Any

import httpx
import pytest
from fastapi import FastAPI, Request
from starlette.responses import JSONResponse

from card_reader.client.jpki import Jpki
from card_reader.client.login import sign_challenge
from card_reader.client.session import Session as CardSession
from card_reader.emulator.card import Card
from card_reader.emulator.personalise import CardData, write_card
from card_reader.statement import Challenge
from consent.ledger.entry import read_body, read_leaf
from consent.ledger.store import newest
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.deps import DatabaseDep, NowDep, SettingsDep
from mynaportal_sim.issuing.cards import Counter
from mynaportal_sim.issuing.keys import Keys, new_keys
from mynaportal_sim.issuing.register import register
from mynaportal_sim.login import cookies, sessions
from mynaportal_sim.login.csrf import check_csrf, csrf_token
from mynaportal_sim.login.errors import LoginError, LoginRefusedError
from mynaportal_sim.login.limit import RateLimit
from mynaportal_sim.login.router import router
from mynaportal_sim.login.service import Refused, SoftLogin, log_in_by_soft_card
from mynaportal_sim.login.sessions import ResidentDep
from mynaportal_sim.login.soft import SoftCards
from mynaportal_sim.login.token import LoginToken
from mynaportal_sim.login.trust import Trust, TrustDep
from mynaportal_sim.pki import authority
from mynaportal_sim.pki.authority import Authorities
from mynaportal_sim.pki.model import Family
from mynaportal_sim.pseudonyms import Pseudonyms
from mynaportal_sim.residents import personas
from mynaportal_sim.residents.model import Resident
from mynaportal_sim.settings import Settings

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
ORIGIN = "http://localhost:8400"
COOKIE = "mynasim-session-8400"
CAST = (
    "sato-hanako",
    "suzuki-kenichi",
    "yamamoto-daisuke",
    "nakamura-naoki",
    "kobayashi-sakura",
)


class SetClock(Clock):
    """A clock that stands still until a test sets it."""

    def __init__(self) -> None:
        super().__init__()
        self.time = NOW

    def now(self) -> datetime:
        return self.time


@dataclass(frozen=True)
class Issuer:
    """What takes long to make, and so is made once: the authorities and everybody's keys."""

    authorities: Authorities
    keys: dict[str, Keys]
    cards: dict[str, CardData] = field(default_factory=dict)

    def card(self, resident: Resident) -> CardData:
        """A person's first card, which is the same in every portal."""
        persona = resident.persona
        if persona not in self.cards:
            self.cards[persona] = _counter(self).make(resident, self.keys[persona], NOW)
        return self.cards[persona]


@pytest.fixture(scope="session")
def issuer(tmp_path_factory: pytest.TempPathFactory) -> Issuer:
    long_ago = NOW - timedelta(days=7 * 365)
    authorities = authority.ensure(tmp_path_factory.mktemp("ca"), long_ago, urandom, Family)
    return Issuer(authorities, dict(zip(CAST, new_keys(len(CAST)), strict=True)))


class Browser:
    """One browser with one cookie. `csrf` is what the portal's page has told it."""

    def __init__(self, portal: "Portal") -> None:
        self._portal = portal
        self._client = httpx.AsyncClient(
            transport=httpx.ASGITransport(portal.app), base_url=ORIGIN
        )
        self.session_id = ""
        self.csrf = ""
        self.open()

    def open(self) -> None:
        """Open the login page."""
        self.csrf = self.get("/login").json()["csrf"]

    def get(self, path: str) -> httpx.Response:
        return self._send(self._client.build_request("GET", path))

    def post(
        self, path: str, headers: Mapping[str, str] = MappingProxyType({}), **body: Any
    ) -> httpx.Response:
        sent = {"Origin": ORIGIN, "X-CSRF-Token": self.csrf, **headers}
        return self._send(self._client.build_request("POST", path, headers=sent, **body))

    def _send(self, request: httpx.Request) -> httpx.Response:
        if self.session_id:
            request.headers["Cookie"] = f"{COOKIE}={self.session_id}"
        response = self._portal.runner.run(self._client.send(request))
        self._client.cookies.clear()
        self.session_id = response.cookies.get(COOKIE) or self.session_id
        return response

    def challenge(self, **asked: object) -> dict[str, Any]:
        answer = self.post("/auth/card/challenges", json={"channel": "agent", **asked})
        assert answer.status_code == 201, answer.text
        challenge: dict[str, Any] = answer.json()
        return challenge

    def present(self, token: LoginToken | bytes) -> httpx.Response:
        body = token if isinstance(token, bytes) else token.to_json()
        return self.post("/auth/card/logins", content=body)

    def soft(self, persona: str, pin: str = "1234", **more: object) -> httpx.Response:
        return self.post("/login/soft", json={"persona": persona, "pin": pin, **more})

    def who(self) -> str | None:
        """The resident that the portal takes this browser for."""
        answer = self.get("/me")
        return answer.json()["resident_id"] if answer.status_code == 200 else None


@dataclass
class Portal:
    """A small portal, composed of this room's parts as the real one composes them."""

    app: FastAPI
    database: Database
    clock: SetClock
    trust: Trust
    issuer: Issuer
    cards: Path
    residents: dict[str, Resident]
    runner: asyncio.Runner = field(default_factory=asyncio.Runner)

    def browser(self) -> Browser:
        return Browser(self)

    def card(self, persona: str) -> Card:
        return Card.load(self.cards / f"{persona}.json")

    def data(self, persona: str) -> CardData:
        """A new card of that person, with the same keys; nobody has registered it."""
        resident = self.residents[persona]
        return self.counter.make(resident, self.issuer.keys[persona], self.clock.now())

    @property
    def counter(self) -> Counter:
        return _counter(self.issuer)

    def sign(self, challenge: dict[str, Any], persona: str = "sato-hanako") -> LoginToken:
        """What a person's card and agent make of a challenge, or of a changed one."""
        fields = {name: challenge[name] for name in Challenge.__slots__}
        signed = sign_challenge(
            Jpki(CardSession(self.card(persona))), Challenge(**fields), "1234"
        )
        return LoginToken.of(challenge["login_id"], challenge["origin"], signed, "1")

    def entries(self) -> list[tuple[str, dict[str, object]]]:
        """The ledger, oldest first: types and fields."""
        logged = self.database.run(newest, 100)
        return [(read_leaf(each.leaf).type, _values(each.body)) for each in reversed(logged)]

    def id_of(self, persona: str) -> str:
        return str(self.residents[persona].id)


def _values(body: bytes | None) -> dict[str, object]:
    assert body is not None
    return {name: opening.value for name, opening in read_body(body).items()}


@pytest.fixture
def portal(database_url: str, tmp_path: Path, issuer: Issuer) -> Iterator[Portal]:
    database = Database(database_url)
    built_in = [each for each in personas.load(None, NOW.date()) if each.id in CAST]
    residents = {
        resident.persona: resident
        for resident in database.run(personas.settle, built_in, urandom)
    }
    cards = tmp_path / "cards"
    cards.mkdir()
    made = [(resident, issuer.card(resident)) for resident in residents.values()]
    database.run(register, issuer.authorities, made, NOW)
    for resident, data in made:
        write_card(cards / f"{resident.persona}.json", data)
    clock = SetClock()
    app = compose(database, clock, issuer, tmp_path)
    trust = Trust.of(app.state.settings, issuer.authorities, app.state.pseudonyms)
    portal = Portal(app, database, clock, trust, issuer, cards, residents)
    yield portal
    portal.runner.close()
    database.close()


def _counter(issuer: Issuer) -> Counter:
    return Counter(issuer.authorities, ORIGIN, urandom)


def compose(database: Database, clock: Clock, issuer: Issuer, data: Path) -> FastAPI:
    """The application that serves this room, with the few pages that a login needs."""
    app = FastAPI()
    app.state.settings = Settings(data=data, issuer=ORIGIN)
    app.state.database = database
    app.state.clock = clock
    app.state.pseudonyms = Pseudonyms(bytes(32))
    app.state.authority = issuer.authorities
    app.state.ocsp = None
    app.state.soft_cards = SoftCards(data / "cards")
    app.state.login_limit = RateLimit()
    app.include_router(router)
    app.add_exception_handler(LoginError, _problem)
    app.get("/login")(_login_page)
    app.post("/login/soft")(_soft)
    app.post("/logout")(_logout)
    app.get("/me")(_me)
    return app


async def _problem(_request: Request, error: Exception) -> JSONResponse:
    assert isinstance(error, LoginError)
    body = {"code": error.code, "title": str(error)}
    if isinstance(error, LoginRefusedError):
        body["reference"] = error.reference
    return JSONResponse(body, error.status, headers=dict(error.headers))


async def _login_page(db: DatabaseDep, settings: SettingsDep, now: NowDep) -> JSONResponse:
    session = await db.write(sessions.begin, now, urandom)
    response = JSONResponse({"csrf": csrf_token(session.id)})
    cookies.write(response, session.id, settings)
    return response


async def _soft(
    request: Request,
    settings: SettingsDep,
    db: DatabaseDep,
    trust: TrustDep,
    now: NowDep,
) -> JSONResponse:
    session_id = check_csrf(request, settings, request.headers.get("X-CSRF-Token"))
    entered = SoftLogin(session_id, **await request.json())
    outcome = await log_in_by_soft_card(db, request.app.state.soft_cards, entered, trust, now)
    if isinstance(outcome, Refused):
        left = outcome.refusal.tries_left
        return JSONResponse({"code": outcome.refusal.code, "left": left}, 401)
    response = JSONResponse({"interaction": outcome.interaction})
    cookies.write(response, outcome.session.id, settings)
    return response


async def _logout(
    request: Request, settings: SettingsDep, db: DatabaseDep, now: NowDep
) -> JSONResponse:
    session_id = check_csrf(request, settings, request.headers.get("X-CSRF-Token"))
    await db.write(sessions.end, session_id, now)
    response = JSONResponse({})
    cookies.remove(response, settings)
    return response


async def _me(person: ResidentDep) -> dict[str, object]:
    return {
        "resident_id": str(person.resident_id),
        "acr": person.acr,
        "amr": list(person.amr),
        "auth_time": person.auth_time.isoformat(),
        "csrf": csrf_token(person.id),
    }
