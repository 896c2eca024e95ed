"""What the endpoints work with, and the addresses at which they are found."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from secrets import token_bytes
from typing import Annotated

from fastapi import Depends, Request

from consent.catalogue import Catalogue
from mynaportal_sim.apps import store as apps
from mynaportal_sim.apps.model import App
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.oauth.keys import KeyRing
from mynaportal_sim.pseudonyms import Pseudonyms

REMEMBERED_MAX = 1000


@dataclass(frozen=True, slots=True)
class Server:
    """One authorization server. `issuer` has no slash at its end."""

    issuer: str
    database: Database
    clock: Clock
    pseudonyms: Pseudonyms
    keys: KeyRing
    catalogue: Catalogue
    randomness: Callable[[int], bytes] = token_bytes
    _apps: dict[str, App] = field(default_factory=dict, init=False, repr=False)

    @property
    def token_endpoint(self) -> str:
        return f"{self.issuer}/token"

    @property
    def resource(self) -> str:
        """The FHIR server, the audience of every access token."""
        return f"{self.issuer}/fhir"

    async def app(self, client_id: str) -> App | None:
        """The app of that client_id; remembered, since a registered app never changes."""
        if client_id not in self._apps:
            found = await self.database.read(apps.find, client_id)
            if found is None:
                return None
            if len(self._apps) >= REMEMBERED_MAX:
                self._apps.clear()
            self._apps[client_id] = found
        return self._apps[client_id]

    def now(self) -> datetime:
        return self.clock.now()


async def _server(request: Request) -> Server:
    state = request.app.state
    if not hasattr(state, "server"):
        state.server = Server(
            issuer=state.settings.issuer.rstrip("/"),
            database=state.database,
            clock=state.clock,
            pseudonyms=state.pseudonyms,
            keys=state.token_keys,
            catalogue=state.catalogue,
        )
    server: Server = state.server
    return server


ServerDep = Annotated[Server, Depends(_server)]
