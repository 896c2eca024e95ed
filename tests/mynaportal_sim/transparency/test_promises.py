"""Each answer carries the log's promise of what was entered for it, and of nothing else."""

import asyncio
from base64 import b64decode
from collections.abc import Iterator
from datetime import UTC, datetime
from hashlib import sha256
from os import urandom

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from consent.ledger import promise, store
from consent.ledger.entry import Entry
from consent.ledger.merkle import leaf_hash
from consent.ledger.note import Signer
from mynaportal_sim.database import Database
from mynaportal_sim.transparency.promises import HEADER, Promises

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
SIGNER = Signer("log.invalid", Ed25519PrivateKey.from_private_bytes(sha256(b"log").digest()))


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def append(connection: Connection, count: int, *, fail: bool = False) -> None:
    for number in range(count):
        store.append(connection, Entry("token.issued", {"request": number}), NOW, urandom)
    if fail:
        raise LookupError


def answers(database: Database, *counts: str) -> list[httpx.Response]:
    """What is answered to requests that come at once, each of which enters so many entries."""

    async def endpoint(request: Request) -> Response:
        wanted = request.path_params["wanted"]
        try:
            await database.write(append, abs(int(wanted)), fail=wanted.startswith("-"))
        except LookupError:
            return PlainTextResponse("refused", 400)
        return PlainTextResponse("done")

    app = Promises(Starlette(routes=[Route("/{wanted}", endpoint)]), SIGNER)

    async def asked() -> list[httpx.Response]:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as client:
            got = (client.get(f"http://portal/{count}") for count in counts)
            return list(await asyncio.gather(*got))

    return asyncio.run(asked())


def promised(answer: httpx.Response) -> list[bytes]:
    notes = [b64decode(value) for value in answer.headers.get_list(HEADER, split_commas=True)]
    return [promise.opened(note, SIGNER.verifier).leaf_hash for note in notes]


def test_each_entry_is_promised_to_whoever_caused_it(database: Database) -> None:
    counts = ["1", "0", "2", "1", "0", "3"] * 4
    found = [promised(answer) for answer in answers(database, *counts)]
    assert [len(hashes) for hashes in found] == list(map(int, counts))
    stored = {leaf_hash(entry.leaf) for entry in database.run(store.newest, 100)}
    given = [one for hashes in found for one in hashes]
    assert len(given) == len(set(given))
    assert set(given) == stored


def test_what_was_rolled_back_is_never_promised(database: Database) -> None:
    counts = ["1", "-2", "1", "-1", "2"] * 4
    found = answers(database, *counts)
    assert [len(promised(answer)) for answer in found] == [
        max(int(count), 0) for count in counts
    ]
    stored = {leaf_hash(entry.leaf) for entry in database.run(store.newest, 100)}
    assert {one for answer in found for one in promised(answer)} == stored
