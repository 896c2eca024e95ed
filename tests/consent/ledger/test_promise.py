"""A promise is the log's word, and shows when the log broke it."""

from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from consent.ledger import checkpoint, merkle, promise, tiles
from consent.ledger.checkpoint import Checkpoint
from consent.ledger.errors import LedgerError, MalformedError, UntrustedNoteError
from consent.ledger.note import Signer
from consent.ledger.promise import MERGE_DELAY, Appended, Broken, Due, Kept

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
SIGNER = Signer("log.invalid", Ed25519PrivateKey.from_private_bytes(sha256(b"log").digest()))
THIEF = Signer("log.invalid", Ed25519PrivateKey.from_private_bytes(sha256(b"thief").digest()))
LEAVES = [merkle.leaf_hash(b"%d" % number) for number in range(300)]
STORED = tiles.grown(lambda _level, _number: b"", 0, LEAVES)
HEAD = Checkpoint("log.invalid", 300, merkle.root(LEAVES))


def judged(leaf: bytes, now: datetime, head: Checkpoint = HEAD) -> object:
    given = promise.opened(promise.sign(Appended(leaf, NOW), SIGNER), SIGNER.verifier)
    index = promise.find(leaf, STORED.items())
    return promise.judge(given, index, head, lambda *tile: STORED.get(tile, b""), now)


@pytest.mark.parametrize(
    ("leaf", "now", "verdict"),
    [
        pytest.param(LEAVES[0], NOW, Kept(0), id="first"),
        pytest.param(LEAVES[299], NOW, Kept(299), id="last"),
        pytest.param(bytes(32), NOW, Due(NOW + MERGE_DELAY), id="not yet"),
        pytest.param(
            bytes(32),
            NOW + MERGE_DELAY,
            Broken(NOW + MERGE_DELAY),
            id="dropped from the outbox",
        ),
    ],
)
def test_a_log_that_lacks_the_leaf_after_the_delay_broke_its_word(
    leaf: bytes, now: datetime, verdict: object
) -> None:
    assert judged(leaf, now) == verdict


def test_a_leaf_that_the_signed_tree_does_not_hold_keeps_no_promise() -> None:
    late = NOW + timedelta(hours=1)
    assert isinstance(
        judged(LEAVES[7], late, Checkpoint("log.invalid", 300, bytes(32))), Broken
    )
    short = Checkpoint("log.invalid", 5, merkle.root(LEAVES[:5]))
    assert isinstance(judged(LEAVES[7], late, short), Broken)


def test_a_hash_is_found_only_where_a_hash_stands() -> None:
    row = b"".join(LEAVES[:3])
    assert promise.find(row[16:48], [((0, 0), row)]) is None
    assert promise.find(LEAVES[1], [((1, 0), row), ((0, 2), row)]) == 2 * 256 + 1


def test_no_promise_is_a_checkpoint_and_no_checkpoint_a_promise() -> None:
    note = promise.sign(Appended(bytes(32), NOW), SIGNER)
    with pytest.raises(LedgerError):
        checkpoint.opened(note, SIGNER.verifier)
    with pytest.raises(UntrustedNoteError):
        promise.opened(checkpoint.sign(HEAD, SIGNER), SIGNER.verifier)
    with pytest.raises(UntrustedNoteError):
        promise.opened(promise.sign(Appended(bytes(32), NOW), THIEF), SIGNER.verifier)


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("log.invalid/promise\n", id="nothing"),
        pytest.param(f"other/promise\n{'A' * 43}=\n1\n", id="another log's"),
        pytest.param("log.invalid/promise\nAAAA\n1\n", id="a short hash"),
        pytest.param(f"log.invalid/promise\n{'A' * 43}=\nnow\n", id="no time"),
        pytest.param(f"log.invalid/promise\n{'A' * 43}=\n1\nmore\n", id="a line more"),
    ],
)
def test_what_was_signed_and_is_no_promise_is_told(text: str) -> None:
    note = Signer("log.invalid/promise", SIGNER.key).sign(text)
    with pytest.raises(MalformedError, match="no promise"):
        promise.opened(note, SIGNER.verifier)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_promise_or_a_clear_refusal(data: bytes) -> None:
    with pytest.raises(LedgerError):
        promise.opened(data, SIGNER.verifier)
