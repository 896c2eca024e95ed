"""An authorization server over a real database, and the apps and persons that meet there."""

import asyncio
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import timedelta
from pathlib import Path
from secrets import token_bytes
from types import SimpleNamespace
from urllib.parse import parse_qs, urlencode, urlsplit
from uuid import UUID, uuid4

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from fastapi import FastAPI, Request
from sqlalchemy import Connection
from starlette.responses import Response

from consent import service
from consent.ledger.entry import read_body, read_leaf
from consent.ledger.store import newest
from consent.model import Event, Evidence, Notice
from consent.service import Change, Proposal
from mynaportal_sim import once
from mynaportal_sim.apps import registration
from mynaportal_sim.apps import service as apps
from mynaportal_sim.apps.registration import Registration
from mynaportal_sim.database import Database
from mynaportal_sim.domains.catalogue import catalogue
from mynaportal_sim.login.challenge import Channel
from mynaportal_sim.login.demands import Demand
from mynaportal_sim.login.sessions import Errand, LoggedIn
from mynaportal_sim.oauth import end_session, families, form, interaction
from mynaportal_sim.oauth.access import Presented, TokenDep
from mynaportal_sim.oauth.answers import refusal
from mynaportal_sim.oauth.errors import OAuthError
from mynaportal_sim.oauth.metadata import Published
from mynaportal_sim.oauth.nonces import Nonces
from mynaportal_sim.oauth.place import Place, place
from mynaportal_sim.oauth.router import router
from mynaportal_sim.oauth.scopes import SCOPES
from mynaportal_sim.oauth.server import Server, ServerDep, server_of
from mynaportal_sim.oauth.trail import trail_of
from mynaportal_sim.phr.router import router as phr
from mynaportal_sim.pseudonyms import Pseudonyms
from mynaportal_sim.settings import Mode
from tests.mynaportal_sim.oauth.signing import begun

from .kit import (
    CALLBACK,
    ISSUER,
    NOW,
    QUERY_AND_REVOKE,
    AppKit,
    Claims,
    SetClock,
    public_jwk,
)


@dataclass
class Portal:
    """The server under test, one person, and the way over HTTP and the units of work."""

    server: Server
    clock: SetClock
    web: FastAPI
    runner: asyncio.Runner
    resident_id: UUID = field(default_factory=uuid4)
    agent_id: UUID | None = None

    def register(self, **changed: object) -> AppKit:
        key = ec.generate_private_key(ec.SECP256R1())
        wanted = Registration(
            name="健康ノート",
            organisation="健康ノート株式会社",
            redirect_uris=(CALLBACK, "http://127.0.0.1:9000/cb?tenant=1"),
            jwks=json.dumps({"keys": [public_jwk(key)]}),
            scopes=(
                "openid",
                "patient/Observation.rs",
                "patient/DiagnosticReport.rs",
                "patient/MedicationDispense.rs",
            ),
            profile="oidc",
            supervisor="個人情報保護責任者 田中一郎",
            purpose="self-care",
            purpose_text="健診結果の推移を見るため",
        )
        app = registration.check(
            replace(wanted, **changed),  # type: ignore[arg-type]  # tests name real fields
            registration.new_client_id(token_bytes),
            SCOPES,
            catalogue().purposes,
            NOW,
        )
        self.server.database.run(apps.register, app, NOW, token_bytes)
        return AppKit(app, self.clock, key, ec.generate_private_key(ec.SECP256R1()))

    def send(self, method: str, path: str, **given: object) -> httpx.Response:
        async def sent() -> httpx.Response:
            transport = httpx.ASGITransport(self.web)
            async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
                return await client.request(method, path, **given)  # type: ignore[arg-type]

        return self.runner.run(sent())

    def post(
        self, path: str, form: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> httpx.Response:
        return self.send("POST", path, data=dict(form), headers=dict(headers or {}))

    def session(self, channel: Channel = Channel.SOFT, ago: int = 30) -> LoggedIn:
        """The person's own, or that of whoever acts for them; `ago` in seconds."""
        errand = None if self.agent_id is None else Errand(self.resident_id, uuid4())
        return LoggedIn(
            id="one session",
            resident_id=self.agent_id or self.resident_id,
            errand=errand,
            channel=channel,
            auth_time=self.clock.now() - timedelta(seconds=ago),
            seen_at=self.clock.now(),
        )

    def authorize(self, parameters: Mapping[str, str]) -> httpx.Response:
        return self.send("GET", f"/authorize?{urlencode(parameters)}")

    def interaction_id(self, kit: AppKit, **spoilt: str | None) -> UUID:
        """The interaction that the app's own request leads to, pushed where it must be."""
        parameters = kit.request(**spoilt)
        if kit.app.profile == "fapi2":
            headers = kit.proof(f"{ISSUER}/par")
            pushed = self.post("/par", kit.signed(parameters), headers)
            assert pushed.status_code == 201, pushed.text
            parameters = {
                "client_id": kit.client_id,
                "request_uri": pushed.json()["request_uri"],
            }
        answered = self.authorize(parameters)
        assert answered.status_code == 303, answered.text
        return UUID(answered.headers["location"].removeprefix("/interactions/"))

    def allow(self, interaction_id: UUID, *categories: str) -> str:
        """What the browser is sent to once the person has allowed these categories."""
        return self.server.database.run(
            allow_in_one,
            self.server,
            interaction_id,
            self.session(),
            categories or ("checkup",),
        )

    def code(self, kit: AppKit, *categories: str, **spoilt: str | None) -> str:
        location = self.allow(self.interaction_id(kit, **spoilt), *categories)
        return parse_qs(urlsplit(location).query)["code"][0]

    def code_of(self, parameters: Mapping[str, str], *categories: str) -> str:
        """The code that comes of a request through the browser."""
        location = self.authorize(parameters).headers["location"]
        interaction_id = UUID(location.removeprefix("/interactions/"))
        allowed = self.allow(interaction_id, *categories)
        return parse_qs(urlsplit(allowed).query)["code"][0]

    def let_public_clients_in(self, *, let: bool) -> None:
        self.web.state.server = replace(self.server, public_clients=let)

    def ask_for_a_card(self, category: str) -> None:
        """Have the data of a category take a login by card."""
        demands = {category: Demand(by_card=True)}
        self.web.state.server = replace(self.server, step_up=demands)

    def redeem(self, kit: AppKit, code: str, **spoilt: str) -> httpx.Response:
        headers = kit.proof(f"{ISSUER}/token") if kit.app.profile == "fapi2" else {}
        return self.post("/token", kit.signed(kit.redemption(code, **spoilt)), headers)

    def refresh(self, kit: AppKit, refresh_token: str, **spoilt: str) -> httpx.Response:
        form = {"grant_type": "refresh_token", "refresh_token": refresh_token, **spoilt}
        headers = kit.proof(f"{ISSUER}/token") if kit.app.profile == "fapi2" else {}
        return self.post("/token", kit.signed(form), headers)

    def introspect(self, kit: AppKit, token: str) -> Claims:
        answered = self.post("/introspect", kit.signed({"token": token}))
        assert answered.status_code == 200, answered.text
        said: Claims = answered.json()
        return said

    def own_token(self, kit: AppKit, scope: str = QUERY_AND_REVOKE) -> str:
        """A token that the app gets for itself."""
        form = {"grant_type": "client_credentials", "scope": scope}
        headers = kit.proof(f"{ISSUER}/token") if kit.app.profile == "fapi2" else {}
        answered = self.post("/token", kit.signed(form), headers)
        assert answered.status_code == 200, answered.text
        token: str = answered.json()["access_token"]
        return token

    def manage(self, kit: AppKit, method: str, grant_id: str, token: str) -> httpx.Response:
        """Ask about a grant (GET), or end it (DELETE)."""
        path = f"/grants/{grant_id}"
        headers = {"Authorization": f"Bearer {token}"}
        if kit.app.profile == "fapi2":
            proof = kit.proof(f"{ISSUER}{path}", method, token)
            headers = {"Authorization": f"DPoP {token}", **proof}
        return self.send(method, path, headers=headers)

    def userinfo(self, kit: AppKit, token: str, method: str = "GET") -> httpx.Response:
        """Ask whom a token is about, as the app's profile has it."""
        headers = {"Authorization": f"Bearer {token}"}
        if kit.app.profile == "fapi2":
            proof = kit.proof(f"{ISSUER}/userinfo", method, token)
            headers = {"Authorization": f"DPoP {token}", **proof}
        return self.send(method, "/userinfo", headers=headers)

    def fetch(self, authorization: str, **headers: str) -> httpx.Response:
        return self.send(
            "GET", "/fhir/Patient", headers={"Authorization": authorization, **headers}
        )

    def withdraw(self, kit: AppKit) -> None:
        self._change(kit, Event.WITHDRAW)

    def suspend(self, kit: AppKit) -> None:
        self._change(kit, Event.SUSPEND)

    def _change(self, kit: AppKit, event: Event) -> None:
        def unit(connection: Connection) -> None:
            now = self.clock.now()
            [version] = service.in_force(connection, self.resident_id, kit.client_id, now)
            ids = (uuid4(), self.resident_id, version.arrangement_id, version.id)
            holder = self.server.pseudonyms.holder(self.resident_id)
            service.change(connection, Change(event, *ids, "web", holder), now, token_bytes)

        self.server.database.run(unit)

    def ledger(self) -> list[tuple[str, dict[str, object]]]:
        """Type and fields of every entry, oldest first."""
        logged = self.server.database.run(newest, 1000)
        return [
            (
                read_leaf(entry.leaf).type,
                {name: opening.value for name, opening in read_body(entry.body).items()},
            )
            for entry in reversed(logged)
            if entry.body is not None
        ]


def allow_in_one(
    connection: Connection,
    server: Server,
    interaction_id: UUID,
    session: LoggedIn,
    categories: tuple[str, ...],
) -> str:
    now = server.now()
    taken = interaction.take_up(connection, interaction_id, session, now, server.pseudonyms)
    at = place(connection, session.whom, taken, now)
    proposal = _proposal(server, taken, session, at)
    granted = [rule for rule in proposal.terms.rules if rule.category in categories]
    version = service.answer(connection, proposal, granted, now, token_bytes)
    if not granted:
        return interaction.refuse(connection, server, taken, session, "access_denied", now)
    ground = interaction.Ground(version)
    return interaction.issue(connection, server, taken, session, ground, now)


def _proposal(
    server: Server, taken: interaction.Interaction, session: LoggedIn, at: Place
) -> Proposal:
    begun = server.now().replace(microsecond=0)
    return Proposal(
        id=taken.id,
        resident_id=session.whom,
        app_id=taken.request.client_id,
        app_name="健康ノート",
        service=at.service,
        terms=at.terms(taken, begun, Notice("1", "ja")),
        evidence=Evidence("soft", "jpki"),
        holder=server.pseudonyms.holder(session.whom),
        amends=at.before.id if at.amends and at.before else None,
    )


def released(connection: Connection, presented: Presented) -> bool:
    """As the gate does it: whose token, and the proof used up."""
    holder = families.holder_of(connection, presented.token.client_id, presented.token.jti)
    if presented.dpop_jti is None or presented.dpop_expires is None:
        return holder is not None
    fresh = once.burn(connection, "dpop", presented.dpop_jti, presented.dpop_expires)
    return holder is not None and fresh


@pytest.fixture
def portal(database_url: str, tmp_path: Path) -> Iterator[Portal]:
    clock = SetClock()
    database = Database(database_url)
    pseudonyms, keys = Pseudonyms(b"p" * 32), begun(database, clock, tmp_path / "keys")
    web = FastAPI()
    state = {
        "settings": SimpleNamespace(
            issuer=ISSUER, dpop_nonce=False, mode=Mode.DEV, public_clients=False
        ),
        "step_up": {},
        "database": database,
        "clock": clock,
        "pseudonyms": pseudonyms,
        "token_keys": keys,
        "catalogue": catalogue(),
    }
    for name, value in state.items():
        setattr(web.state, name, value)
    web.include_router(router)
    web.add_middleware(Published, issuer=ISSUER, keys=keys)

    @web.get("/fhir/Patient")
    async def data(server: ServerDep, presented: TokenDep) -> Response:
        if await server.database.write(released, presented):
            return Response(status_code=204)
        return Response(status_code=401)

    web.include_router(phr)

    @web.get("/end-session")
    async def ends(request: Request, server: ServerDep) -> Response:
        parameters = form.parse(request.scope["query_string"])
        await end_session.read(parameters, server, trail_of(request))
        return Response(status_code=204)

    @web.exception_handler(OAuthError)
    async def answered(request: Request, error: OAuthError) -> Response:
        return await refusal(request, await server_of(request), error)

    nonces = Nonces(pseudonyms)
    server = Server(ISSUER, database, clock, pseudonyms, keys, catalogue(), nonces)
    with asyncio.Runner() as runner:
        yield Portal(server, clock, web, runner)
    database.close()


@pytest.fixture
def oidc(portal: Portal) -> AppKit:
    return portal.register()


@pytest.fixture
def fapi(portal: Portal) -> AppKit:
    return portal.register(profile="fapi2")
