"""What a person has seen stays seen, and nothing that is yet to come counts as seen."""

from collections.abc import Iterator
from secrets import token_bytes

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.ledger.entry import Entry
from consent.ledger.note import Signer
from consent.ledger.sequencer import sequence
from consent.ledger.store import append
from mynaportal_sim.database import Database
from mynaportal_sim.disclosure.acknowledged import NOTHING, acknowledge, seen
from tests.mynaportal_sim.disclosure.kit import BEGIN, HOLDER


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """A database whose log has ten entries."""
    opened = Database(database_url)
    for _ in range(10):
        opened.run(append, Entry("login.accepted", {}, HOLDER), BEGIN, token_bytes)
    signer = Signer("log.example", Ed25519PrivateKey.generate())
    opened.run(sequence, signer, BEGIN, 100)
    yield opened
    opened.close()


@pytest.mark.parametrize(
    ("marks", "left"),
    [
        pytest.param([], NOTHING, id="never"),
        pytest.param([4], 4, id="once"),
        pytest.param([4, 7], 7, id="later"),
        pytest.param([7, 4], 7, id="an older page, sent late"),
        pytest.param([10_000], 9, id="beyond the end of the log"),
    ],
)
def test_a_mark_moves_forward_and_not_beyond_the_log(
    database: Database, marks: list[int], left: int
) -> None:
    for position in marks:
        database.run(acknowledge, HOLDER, position)
    assert database.run(seen, HOLDER) == left
    assert database.run(seen, b"o" * 32) == NOTHING
