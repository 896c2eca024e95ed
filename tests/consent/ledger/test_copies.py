"""Entries by whose they are, the fields that each reader's copy opens, and erasing them."""

from os import urandom

from sqlalchemy import Connection

from consent.ledger import evidence, store
from consent.ledger.copies import Copy
from consent.ledger.entry import Entry, read_body, read_leaf
from consent.ledger.evidence import Proven
from consent.ledger.sequencer import sequence
from mynaportal_sim.database import Database
from tests.consent.ledger.kit import HANAKO, NOW, SIGNER, TARO, filled, judged, numbers


def test_an_app_finds_the_entries_about_it_newest_first(database: Database) -> None:
    def two_apps(connection: Connection) -> None:
        for number in range(6):
            entry = Entry(
                "token.issued", {"app_id": f"app-{number % 2}", "request": number}, HANAKO
            )
            store.append(connection, entry, NOW, urandom)

    database.run(two_apps)
    first = database.run(store.of_app, "app-1", 2)
    assert numbers(first) == [5, 3]
    assert numbers(database.run(store.of_app, "app-1", 2, first[-1].id)) == [1]
    assert database.run(store.of_app, "app-9", 2) == []


def test_erasing_leaves_every_proof_valid_and_says_so(database: Database) -> None:
    filled(database, 300)
    before = {index: database.run(store.prove, index, ["request"]) for index in (7, 8)}
    assert database.run(store.erase, [7, 9, 999], "retention", NOW, urandom) == [7, 9]
    assert database.run(store.erase, [7], "retention", NOW, urandom) == []
    database.run(sequence, SIGNER, NOW)
    for index, kept in before.items():
        assert kept is not None
        assert isinstance(evidence.judge(kept, SIGNER.verifier), Proven)
        now = database.run(store.prove, index)
        assert now is not None
        assert isinstance(evidence.judge(now, SIGNER.verifier), Proven)
    gone = database.run(store.prove, 7, ["request"])
    assert gone is not None
    assert gone.shown == {}
    assert database.run(store.prove_to, HANAKO, NOW, 7) is None
    assert database.run(store.erase, [300], "to hide it", NOW, urandom) == []
    (said,) = database.run(store.newest, 1)
    assert read_leaf(said.leaf).type == "ledger.erased"
    assert read_body(said.body or b"")["entries"].value == ["7", "9"]
    report = database.run(judged)
    assert report.whole
    assert (report.size, report.bodies) == (301, 299)


def test_each_reader_gets_the_fields_that_their_copy_shows(database: Database) -> None:
    fields = {"app_id": "app-1", "reason": "ok", "certificate": "c", "channel": "soft"}
    database.run(store.append, Entry("login.accepted", fields, HANAKO), NOW, urandom)
    database.run(sequence, SIGNER, NOW)
    own = database.run(store.prove_to, HANAKO, NOW, 0)
    assert own is not None
    assert set(own.shown) == {"app_id", "at", "certificate", "channel", "reason"}
    given = database.run(store.prove_to_app, "app-1", 0)
    assert given is not None
    assert set(given.shown) == {"app_id", "at", "reason"}
    assert database.run(store.prove_to, TARO, NOW, 0) is None
    assert database.run(store.prove_to_app, "app-2", 0) is None
    [stored] = database.run(store.newest, 1)
    audited = Copy.AUDITOR.of(read_body(stored.body or b""))
    assert set(audited) == {"app_id", "at", "channel", "holder", "reason"}
