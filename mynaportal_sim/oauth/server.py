"""What the endpoints work with, and the addresses at which they are found."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_bytes
from typing import Annotated

from fastapi import Depends, Request

from consent import token as tokens
from consent.catalogue import Catalogue
from consent.token import AccessToken, Rejected, Rejection
from mynaportal_sim.apps import store as apps
from mynaportal_sim.apps.model import App
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.delivery.reach import ANYWHERE, PUBLIC, Reach
from mynaportal_sim.login.demands import Demand
from mynaportal_sim.login.limit import RateLimit
from mynaportal_sim.oauth.keys.following import SigningKeys
from mynaportal_sim.oauth.nonces import Nonces
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.pseudonyms import Pseudonyms
from mynaportal_sim.settings import Mode

TRIES, TRY_EVERY = 10, 6.0
"""How often one token may try at once to register or change an app; then once in this time."""
FETCHES = 8
"""How many addresses are read at once because somebody registers or changes an app."""


def _tries() -> RateLimit:
    return RateLimit(TRIES, 1 / TRY_EVERY)


def _fetches() -> asyncio.Semaphore:
    return asyncio.Semaphore(FETCHES)


@dataclass(frozen=True, slots=True)
class Server:
    """One authorization server. `issuer` has no slash at its end.

    `step_up` is what data take of a login, by category. `reading` is which apps' keys are being
    read at their jwks_uri. `tries` are those to register and change apps, by invitation and by
    app, and `fetches` are the turns of what is read for that; both are of this process alone.
    """

    issuer: str
    database: Database
    clock: Clock
    pseudonyms: Pseudonyms
    keys: SigningKeys
    catalogue: Catalogue
    nonces: Nonces
    strict: bool = False
    step_up: Mapping[str, Demand] = field(default_factory=dict)
    public_clients: bool = False
    reading: dict[str, asyncio.Task[None]] = field(default_factory=dict)
    tries: RateLimit = field(default_factory=_tries)
    fetches: asyncio.Semaphore = field(default_factory=_fetches)
    randomness: Randomness = token_bytes

    @property
    def reach(self) -> Reach:
        """Where it may connect to because an app named the place."""
        return PUBLIC if self.strict else ANYWHERE

    @property
    def token_endpoint(self) -> str:
        return f"{self.issuer}/token"

    @property
    def grant_endpoint(self) -> str:
        """Where apps manage their grants, the audience of the tokens that are their own."""
        return f"{self.issuer}/grants"

    @property
    def resource(self) -> str:
        """The FHIR server, the audience of every token about a person."""
        return f"{self.issuer}/fhir"

    async def app(self, client_id: str) -> App | None:
        """The app of that client_id, as it is now: its purpose and its URIs can change."""
        return await self.database.read(apps.find, client_id)

    async def verified(self, token: str, now: datetime) -> AccessToken | Rejected:
        """What an access token says, if a key of ours that still counts has signed it."""
        ring = await self.keys.fresh()
        checked = tokens.verify(token, ring.public, self.issuer, self.resource, now)
        if isinstance(checked, Rejected) and checked.reason is Rejection.KEY:
            # Another process may have made a key since, and have signed with it.
            ring = await self.keys.anew()
            checked = tokens.verify(token, ring.public, self.issuer, self.resource, now)
        return checked

    def now(self) -> datetime:
        return self.clock.now()


async def server_of(request: Request) -> Server:
    """The server that answers this request."""
    state = request.app.state
    if not hasattr(state, "server"):
        state.server = Server(
            issuer=state.settings.issuer.rstrip("/"),
            database=state.database,
            clock=state.clock,
            pseudonyms=state.pseudonyms,
            keys=state.token_keys,
            catalogue=state.catalogue,
            nonces=Nonces(state.pseudonyms, state.settings.dpop_nonce),
            strict=state.settings.mode is Mode.STRICT,
            step_up=state.step_up,
            public_clients=state.settings.public_clients,
        )
    server: Server = state.server
    return server


ServerDep = Annotated[Server, Depends(server_of)]
