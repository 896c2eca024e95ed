"""A portal asks a real witness over its HTTP interface, and understands what it says."""

import asyncio
import shutil
from base64 import b64encode
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from hashlib import sha256
from os import urandom
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, delete, update
from starlette.applications import Starlette

from consent.ledger import cosigned, store, tables
from consent.ledger.cosignature import Cosigner, Witness
from consent.ledger.entry import Entry
from consent.ledger.errors import UntrustedNoteError
from consent.ledger.evidence import Proven, judge
from consent.ledger.note import Signer, parse
from consent.ledger.sequencer import sequence
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.transparency.cosigning import WitnessRefusalError, ask
from mynaportal_sim.witness import memory, server
from mynaportal_sim.witness_places import WitnessPlace

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
SIGNER = Signer("log.invalid", Ed25519PrivateKey.from_private_bytes(sha256(b"log").digest()))


@dataclass
class Rig:
    """A stored log, and a witness of it."""

    database: Database
    app: Starlette
    witness: Witness

    def grow(self, count: int) -> None:
        def append(connection: Connection) -> None:
            for number in range(count):
                entry = Entry("token.issued", {"request": number})
                store.append(connection, entry, NOW, urandom)

        self.database.run(append)
        self.database.run(sequence, SIGNER, NOW)

    def ask(self, name: Witness | None = None) -> int | None:
        place = WitnessPlace(name or self.witness, "http://witness.invalid")

        async def asked() -> int | None:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport) as client:
                return await ask(self.database, client, place)

        return asyncio.run(asked())

    def post(self, body: bytes) -> httpx.Response:
        async def posted() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport) as client:
                url = "http://witness.invalid/add-checkpoint"
                return await client.post(url, content=body)

        return asyncio.run(posted())

    def get(self, path: str) -> httpx.Response:
        async def got() -> httpx.Response:
            transport = httpx.ASGITransport(self.app)
            async with httpx.AsyncClient(transport=transport) as client:
                return await client.get(f"http://witness.invalid/{path}")

        return asyncio.run(got())


@pytest.fixture
def rig(database_url: str, tmp_path: Path) -> Iterator[Rig]:
    database = Database(database_url)
    new = Cosigner("witness.invalid/1", Ed25519PrivateKey.generate())
    with memory.held(tmp_path / "w", new) as (cosigner, kept):
        logs = {SIGNER.name: [SIGNER.verifier]}
        app = server.create_app(cosigner, kept, logs, Clock(None))
        yield Rig(database, app, cosigner.witness)
    database.close()


def cut(connection: Connection, size: int) -> None:
    """What an operator does who wants the last entries not to have been."""
    connection.execute(delete(tables.bodies).where(tables.bodies.c.entry_id > size))
    connection.execute(delete(tables.entries).where(tables.entries.c.position >= size))
    connection.execute(delete(tables.checkpoints).where(tables.checkpoints.c.size > size))
    connection.execute(update(tables.head).values(size=size))


def test_what_a_witness_saw_stands_in_the_proofs(rig: Rig) -> None:
    assert rig.ask() is None
    rig.grow(5)
    assert rig.ask() == 5
    assert rig.ask() is None
    rig.grow(3)
    assert rig.ask() == 8
    rig.grow(2)
    [seen] = rig.database.run(cosigned.seen)
    assert (seen.key, seen.size) == (str(rig.witness), 8)
    for index, size in ((1, 8), (7, 8), (8, 10)):
        evidence = rig.database.run(store.prove, index)
        assert evidence is not None
        verdict = judge(evidence, SIGNER.verifier, [rig.witness])
        assert isinstance(verdict, Proven)
        assert verdict.checkpoint.size == size
        assert [one.by for one in verdict.witnessed] == ["witness.invalid/1"] * (size == 8)
    shown = rig.get(server.place_of("log.invalid"))
    assert rig.witness.cosigned_at(shown.content) is not None


def test_a_portal_that_forgot_how_far_a_witness_came_goes_on(rig: Rig) -> None:
    rig.grow(5)
    rig.ask()
    rig.database.run(lambda connection: connection.execute(delete(tables.witnesses)))
    assert rig.ask() == 5
    assert [one.size for one in rig.database.run(cosigned.seen)] == [5]
    rig.grow(2)
    assert rig.ask() == 7


def test_a_log_that_was_cut_gets_no_cosignature_and_is_told_so(rig: Rig) -> None:
    rig.grow(5)
    rig.grow(5)
    rig.ask()
    rig.database.run(cut, 5)
    rig.database.run(lambda connection: connection.execute(delete(tables.witnesses)))
    with pytest.raises(WitnessRefusalError, match="the log was cut"):
        rig.ask()


def test_a_log_that_was_signed_anew_gets_no_cosignature(rig: Rig) -> None:
    rig.grow(5)
    rig.grow(5)
    rig.ask()
    rig.database.run(cut, 5)
    rig.database.run(lambda connection: connection.execute(delete(tables.tile_rows)))
    rig.database.run(cut, 0)
    rig.grow(12)
    with pytest.raises(WitnessRefusalError, match="422"):
        rig.ask()


def test_a_witness_that_lost_its_memory_is_not_believed(rig: Rig, tmp_path: Path) -> None:
    rig.grow(5)
    rig.ask()
    new = Cosigner("witness.invalid/1", Ed25519PrivateKey.generate())
    with memory.held(tmp_path / "young", new) as (cosigner, kept):
        logs = {SIGNER.name: [SIGNER.verifier]}
        rig.app = server.create_app(cosigner, kept, logs, Clock(None))
        rig.grow(2)
        with pytest.raises(WitnessRefusalError, match="lost its memory"):
            rig.ask()


def test_another_keys_line_is_no_cosignature(rig: Rig) -> None:
    rig.grow(5)
    other = Witness("witness.invalid/1", Ed25519PrivateKey.generate().public_key())
    with pytest.raises(UntrustedNoteError):
        rig.ask(other)
    assert rig.database.run(cosigned.seen) == []


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        pytest.param(b"", 400, "no request", id="nothing"),
        pytest.param(b"old 0\n\n" + b"x" * 20_000, 400, "no request", id="too long"),
        pytest.param(
            b"old 0\n\n" + SIGNER.sign("other.invalid\n0\n" + "A" * 43 + "=\n"),
            404,
            "does not know",
            id="unknown log",
        ),
    ],
)
def test_a_witness_says_why_it_refuses(rig: Rig, body: bytes, status: int, said: str) -> None:
    answer = rig.post(body)
    assert (answer.status_code, said in answer.text) == (status, True)


def test_a_stale_size_is_answered_with_the_size_that_was_seen(rig: Rig) -> None:
    rig.grow(5)
    rig.ask()
    last = rig.database.run(store.checkpoint)
    assert last is not None
    answer = rig.post(b"old 3\n\n" + last.note)
    assert (answer.status_code, answer.text) == (409, "5\n")
    assert answer.headers["content-type"] == "text/x.tlog.size"
    assert rig.get(server.place_of("nobody")).status_code == 404


@pytest.mark.parametrize(
    "added",
    [
        pytest.param(lambda own, _: [(own.name, own.key_id + bytes(72))], id="in its name"),
        pytest.param(lambda _, log: [log] * 63, id="the log's line, often"),
        pytest.param(lambda *_: [(f"x{n}", bytes(9)) for n in range(63)], id="as many as fit"),
    ],
)
def test_lines_that_others_added_do_not_keep_a_witness_from_starting_again(
    rig: Rig,
    tmp_path: Path,
    added: Callable[[Witness, tuple[str, bytes]], list[tuple[str, bytes]]],
) -> None:
    rig.grow(5)
    newest = rig.database.run(store.checkpoint)
    assert newest is not None
    [log] = parse(newest.note).signatures
    lines = added(rig.witness, (log.name, log.key_id + log.signature))
    more = "".join(f"— {name} {b64encode(blob).decode()}\n" for name, blob in lines)
    assert rig.post(b"old 0\n\n" + newest.note + more.encode()).status_code == 200
    shutil.copytree(tmp_path / "w", tmp_path / "restarted")
    with memory.held(tmp_path / "restarted") as (_, kept):
        assert kept.size("log.invalid") == 5
