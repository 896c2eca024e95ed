"""Records of exchanges on both databases: entered once, kept for seven years, then erased."""

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from os import urandom

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.ledger import store as ledger
from consent.ledger.copies import Copy
from consent.ledger.entry import Entry, read_body, read_leaf
from consent.ledger.evidence import Proven, judge
from consent.ledger.note import Signer
from consent.ledger.sequencer import sequence
from mynaportal_sim.database import Database
from mynaportal_sim.exchange import entries, service
from mynaportal_sim.exchange.errors import ImpossibleExchangeError
from mynaportal_sim.exchange.model import Exchange, Ground

NOW = datetime(2026, 11, 26, 3, 0, tzinfo=UTC)
SIGNER = Signer("log.invalid", Ed25519PrivateKey.from_private_bytes(bytes(32)))
HANAKO, TARO = b"h" * 32, b"t" * 32
ASKED = datetime(2024, 2, 29, 1, 2, 3, tzinfo=UTC)
EXCHANGE = Exchange(
    inquirer="清瀬市",
    provider="立川市",
    affair="児童手当の認定請求の審査",
    items=("地方税関係情報",),
    requested_at=ASKED,
    provided_at=ASKED + timedelta(minutes=3),
)
MARKED = replace(
    EXCHANGE,
    requested_at=ASKED + timedelta(days=1),
    provided_at=ASKED + timedelta(days=1),
    ground=Ground.LIFE_OR_SAFETY,
)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    database = Database(database_url)
    yield database
    database.close()


def enter(database: Database, *exchanges: Exchange, holder: bytes = HANAKO) -> None:
    for exchange in exchanges:
        database.run(service.record, exchange, holder, NOW, urandom)
    while database.run(sequence, SIGNER, NOW):
        pass


def test_a_persons_exchanges_are_read_as_they_were_recorded_latest_first(
    database: Database,
) -> None:
    database.run(ledger.append, Entry("access.permitted", {}, HANAKO), NOW, urandom)
    enter(database, EXCHANGE, MARKED)
    enter(database, EXCHANGE, holder=TARO)
    found = database.run(service.of_person, HANAKO, NOW)
    assert [one.exchange for one in found] == [MARKED, EXCHANGE]
    assert [one.position for one in found] == [2, 1]


def test_what_is_there_is_not_entered_again(database: Database) -> None:
    enter(database, EXCHANGE)
    both = [EXCHANGE, MARKED]
    assert database.run(service.add_missing, both, HANAKO, NOW, urandom) == 1
    assert database.run(service.add_missing, both, HANAKO, NOW, urandom) == 0


@pytest.mark.parametrize(
    ("asked", "says"),
    [
        pytest.param(NOW + timedelta(seconds=1), "future", id="that is yet to come"),
        pytest.param(
            datetime(2019, 11, 26, 3, tzinfo=UTC), "not kept", id="of seven years ago"
        ),
    ],
)
def test_no_exchange_is_recorded(database: Database, asked: datetime, says: str) -> None:
    exchange = replace(EXCHANGE, requested_at=asked, provided_at=asked)
    with pytest.raises(ImpossibleExchangeError, match=says):
        enter(database, exchange)


def test_a_record_is_kept_for_seven_years_to_the_second(database: Database) -> None:
    enter(database, EXCHANGE)
    end = datetime(2031, 2, 28, 1, 5, 3, tzinfo=UTC)
    just_before = end - timedelta(seconds=1)
    assert EXCHANGE.kept_until() == end
    assert database.run(service.overdue, HANAKO, just_before) == []
    assert len(database.run(service.of_person, HANAKO, just_before)) == 1
    assert database.run(service.overdue, HANAKO, end) == [0]
    assert database.run(service.of_person, HANAKO, end) == []


def test_an_overdue_record_is_erased_once_and_its_proof_stays_valid(database: Database) -> None:
    enter(database, EXCHANGE, MARKED)
    later = NOW + timedelta(days=8 * 366)
    overdue = database.run(service.overdue, HANAKO, later)
    erased = database.run(service.forget, overdue, later, urandom)
    assert sorted(erased) == [0, 1]
    assert database.run(service.forget, overdue, later, urandom) == []
    assert database.run(service.overdue, HANAKO, later) == []
    while database.run(sequence, SIGNER, later):
        pass
    [said] = [one for one in database.run(ledger.newest, 9) if b"ledger.erased" in one.leaf]
    openings = read_body(said.body or b"")
    assert openings["entries"].value == ["0", "1"]
    assert openings["reason"].value == service.ERASED_BECAUSE
    evidence = database.run(ledger.prove, 0)
    assert evidence is not None
    assert isinstance(judge(evidence, SIGNER.verifier), Proven)


def test_the_persons_copy_of_a_marked_record_says_when_and_why_and_no_more(
    database: Database,
) -> None:
    enter(database, MARKED)
    evidence = database.run(ledger.prove_to, HANAKO, NOW, 0)
    assert evidence is not None
    assert set(evidence.shown) == {"at", "requested_at", "legal_basis", "reason"}
    for said in (MARKED.inquirer, MARKED.provider, MARKED.affair, *MARKED.items):
        assert said.encode() not in bytes(evidence)
        assert json.dumps(said)[1:-1].encode() not in bytes(evidence)
    [logged] = database.run(ledger.of_holder, HANAKO, NOW, 9)
    body = read_body(logged.body or b"")
    for copy in Copy:
        assert not [name for name in copy.of(body) if name.startswith("undisclosed_")]


def test_a_leaf_says_nothing_of_an_exchange_but_its_type(database: Database) -> None:
    enter(database, EXCHANGE)
    [logged] = database.run(ledger.of_holder, HANAKO, NOW, 9)
    leaf = read_leaf(logged.leaf)
    assert leaf.type == entries.PROVIDED
    assert leaf.minute == NOW
    for said in ("清瀬市", "立川市", "児童手当", "2024-02-29"):
        assert said not in logged.leaf.decode()
