"""Gives each answer the log's promises of what was entered for it."""

from base64 import b64encode

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from consent.ledger import promise
from consent.ledger.note import Signer
from consent.ledger.promise import Appended
from mynaportal_sim.database import written

HEADER = "Ledger-Promise"
_HEADER = HEADER.lower().encode()


class Promises:
    """Adds a header `Ledger-Promise`, a signed note in base64, for each entry of the ledger.

    Entries count once their transaction has committed, so a promise is never of one that was
    rolled back.
    """

    def __init__(self, app: ASGIApp, signer: Signer) -> None:
        self._app = app
        self._signer = signer

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return

        async def promising(message: Message) -> None:
            if message["type"] == "http.response.start" and entries:
                made = [b64encode(promise.sign(entry, self._signer)) for entry in entries]
                promised = [(_HEADER, note) for note in made]
                message["headers"] = [*message["headers"], *promised]
            await send(message)

        entries: list[Appended] = []
        before = written.set(entries)
        try:
            await self._app(scope, receive, promising)
        finally:
            written.reset(before)
