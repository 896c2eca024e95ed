"""The stored ledger, on both databases: outbox, sequencer, proofs, and crashes."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial
from itertools import pairwise
from os import urandom

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from sqlalchemy import Connection, Table, select, update

from consent.ledger import checkpoint, evidence, store, tables
from consent.ledger.entry import read_body
from consent.ledger.errors import ForkError, MalformedError, UntrustedNoteError
from consent.ledger.evidence import Evidence, Proven, Unproven
from consent.ledger.note import Signer
from consent.ledger.proof import verify_consistency
from consent.ledger.sequencer import sequence
from consent.ledger.verify import Fault
from mynaportal_sim.database import Database
from tests.consent.kit import patiently
from tests.consent.ledger.kit import (
    HANAKO,
    NOW,
    SIGNER,
    TARO,
    append_all,
    filled,
    happened,
    judged,
    numbers,
)


def test_entries_get_indices_in_outbox_order_and_one_checkpoint_a_batch(
    database: Database,
) -> None:
    database.run(append_all, range(25))
    assert database.run(store.size) == (0, 25)
    assert [database.run(sequence, SIGNER, NOW, 10) for _ in range(4)] == [10, 10, 5, 0]
    assert database.run(store.size) == (25, 0)
    logged = database.run(lambda connection: list(store.in_order(connection)))
    assert [entry.position for entry in logged] == list(range(25))
    assert numbers(logged) == list(range(25))
    signed = database.run(lambda connection: list(store.all_checkpoints(connection)))
    assert [size for size, _ in signed] == [10, 20, 25]
    report = database.run(judged)
    assert report.findings == ()
    assert report.size == report.bodies == 25


def test_an_entry_is_logged_only_if_its_transaction_commits(database: Database) -> None:
    class Abandoned(Exception):  # noqa: N818  no error, a way out of the transaction
        pass

    def abandoned(connection: Connection) -> None:
        store.append(connection, happened(1), NOW, urandom)
        raise Abandoned

    with pytest.raises(Abandoned):
        database.run(abandoned)
    assert database.run(store.size) == (0, 0)
    assert database.run(sequence, SIGNER, NOW) == 0


def test_a_person_finds_their_own_entries_newest_first_page_by_page(database: Database) -> None:
    database.run(append_all, range(5))
    database.run(append_all, range(100, 103), TARO)
    database.run(append_all, range(200, 203), None)
    database.run(sequence, SIGNER, NOW)
    database.run(append_all, range(5, 7))
    first = database.run(store.of_holder, HANAKO, NOW, 4)
    rest = database.run(store.of_holder, HANAKO, NOW, 4, first[-1].id)
    assert numbers(first) == [6, 5, 4, 3]
    assert numbers(rest) == [2, 1, 0]
    assert [entry.position for entry in first] == [None, None, 4, 3]
    assert database.run(store.of_holder, urandom(32), NOW, 4) == []
    everyone = database.run(store.newest, 100)
    assert numbers(everyone) == [6, 5, 202, 201, 200, 102, 101, 100, 4, 3, 2, 1, 0]
    assert numbers(database.run(store.newest, 2, everyone[2].id)) == [201, 200]


def test_each_entry_is_proven_by_a_file_that_stands_alone(database: Database) -> None:
    filled(database, 600, batch=77)
    for index in (0, 1, 255, 256, 511, 599):
        proof = database.run(store.prove, index, ["request", "no such field"])
        assert proof is not None
        verdict = evidence.judge(Evidence.parse(bytes(proof)), SIGNER.verifier)
        assert isinstance(verdict, Proven)
        assert verdict.leaf.type == "access.permitted"
        assert {name: shown.value for name, shown in verdict.shown.items()} == {
            "request": index
        }
        assert verdict.checkpoint.size == 600
    assert database.run(store.prove, 600) is None
    assert database.run(store.prove, -1) is None


def test_growth_between_any_two_checkpoints_is_proven(database: Database) -> None:
    filled(database, 300, batch=70)
    notes = database.run(
        lambda connection: [note for _, note in store.all_checkpoints(connection)]
    )
    signed = [checkpoint.opened(note, SIGNER.verifier) for note in notes]
    for old, new in pairwise(signed):
        proof = database.run(store.prove_growth, old.size, new.size)
        assert verify_consistency(old.size, new.size, old.root, new.root, proof)


def test_evidence_shows_no_more_than_was_chosen(database: Database) -> None:
    filled(database, 3)
    proof = database.run(store.prove, 1, ["reason"])
    assert proof is not None
    assert set(Evidence.parse(bytes(proof)).shown) == {"reason"}
    extra = bytes(proof).splitlines()[1]
    holder = read_body(database.run(store.newest, 2)[1].body or b"")["holder"]
    assert str(holder.value).encode() not in extra


def test_evidence_of_another_place_or_value_proves_nothing(database: Database) -> None:
    filled(database, 5)
    proof = database.run(store.prove, 1, ["request"])
    elsewhere = database.run(store.prove, 2, ["request"])
    assert proof is not None
    assert elsewhere is not None
    moved = Evidence(2, proof.leaf, proof.shown, proof.hashes, proof.checkpoint)
    untrue = Evidence(1, proof.leaf, elsewhere.shown, proof.hashes, proof.checkpoint)
    assert isinstance(evidence.judge(moved, SIGNER.verifier), Unproven)
    assert isinstance(evidence.judge(untrue, SIGNER.verifier), Unproven)
    other_key = Signer("log.invalid", Ed25519PrivateKey.generate()).verifier
    with pytest.raises(UntrustedNoteError):
        evidence.judge(proof, other_key)


@pytest.mark.parametrize(
    ("name", "column", "fault"),
    [
        pytest.param("ledger_entries", "leaf", Fault.LEAF_CHANGED, id="leaf"),
        pytest.param("ledger_bodies", "body", Fault.BODY_CHANGED, id="body"),
    ],
)
def test_one_flipped_byte_names_its_entry(
    database: Database, name: str, column: str, fault: Fault
) -> None:
    filled(database, 300)
    table: Table = getattr(tables, name.removeprefix("ledger_"))
    key = table.primary_key.columns[0]

    def flip(connection: Connection) -> None:
        data = bytearray(
            connection.execute(select(table.c[column]).where(key == 124)).scalar_one()
        )
        data[len(data) // 2] ^= 1
        connection.execute(update(table).where(key == 124).values({column: bytes(data)}))

    database.run(flip)
    report = database.run(judged)
    assert [(found.fault, found.at) for found in report.findings] == [(fault, 123)]


def test_a_sequencer_signs_nothing_after_a_tree_that_was_changed(database: Database) -> None:
    filled(database, 300)
    database.run(append_all, range(300, 310))

    def falsify(connection: Connection) -> None:
        last = tables.tile_rows.c.number == 1
        connection.execute(update(tables.tile_rows).where(last).values(hashes=bytes(44 * 32)))

    database.run(falsify)
    with pytest.raises(ForkError, match="size 300"):
        database.run(sequence, SIGNER, NOW)
    assert database.run(store.size) == (300, 10)


def test_a_sequencer_goes_on_from_no_checkpoint_but_its_own(database: Database) -> None:
    filled(database, 3)
    database.run(append_all, range(3, 4))
    with pytest.raises(UntrustedNoteError):
        database.run(sequence, Signer("log.invalid", Ed25519PrivateKey.generate()), NOW)


def test_many_writers_and_sequencers_leave_no_gap_and_no_double(database_url: str) -> None:
    def work(worker: int) -> None:
        database = Database(database_url)
        for n in range(20):
            number = worker * 100 + n
            patiently(database, partial(append_all, numbers=range(number, number + 1)))
            patiently(database, partial(sequence, signer=SIGNER, now=NOW, limit=7))
        database.close()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    database = Database(database_url)
    while database.run(sequence, SIGNER, NOW):
        pass
    logged = database.run(lambda connection: list(store.in_order(connection)))
    report = database.run(judged)
    database.close()
    assert sorted(map(str, numbers(logged))) == sorted(
        str(worker * 100 + n) for worker in range(6) for n in range(20)
    )
    assert [entry.position for entry in logged] == list(range(120))
    assert report.findings == ()


def proof_file(extra: str, index: str = "0", hashes: str = "") -> bytes:
    return f"c2sp.org/tlog-proof@v1\nextra {extra}\nindex {index}\n{hashes}\no\n1\n".encode()


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"\xff", id="not UTF-8"),
        pytest.param(proof_file("e30="), id="no leaf"),
        pytest.param(proof_file("e30"), id="base64 without padding"),
        pytest.param(proof_file("e30=", index="01"), id="leading zero"),
        pytest.param(proof_file("e30=", index="-1"), id="negative index"),
        pytest.param(proof_file("W10="), id="extra is a list"),
        pytest.param(proof_file("eyJsZWFmIjoxfQ=="), id="leaf is a number"),
        pytest.param(
            proof_file("eyJsZWFmIjoieCIsImZpZWxkcyI6e319", hashes="AAAA\n"),
            id="hash of 3 bytes",
        ),
    ],
)
def test_what_is_no_proof_file_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        Evidence.parse(data)
