"""Each way to falsify a stored log, and what the verifier says of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.ledger import checkpoint, tiles
from consent.ledger.checkpoint import Checkpoint
from consent.ledger.entry import Entry, Logged, erasure, seal
from consent.ledger.merkle import HASH_LENGTH, leaf_hash, root
from consent.ledger.note import Signer
from consent.ledger.tiles import WIDTH, TileId
from consent.ledger.verify import Fault, Report, verify

NOW = datetime(2026, 11, 23, 18, 29, 59, tzinfo=UTC)
SIGNER = Signer("log.invalid", Ed25519PrivateKey.from_private_bytes(sha256(b"log").digest()))
THIEF = Signer("log.invalid", Ed25519PrivateKey.from_private_bytes(sha256(b"thief").digest()))
HOLDER = bytes(32)
SIZE = 2 * WIDTH + 40
SIGNED_AT = (1, 7, WIDTH, WIDTH + 9, 2 * WIDTH + 30, SIZE)


@dataclass(frozen=True)
class Log:
    """A log as it is stored, to be falsified."""

    entries: tuple[Logged, ...]
    tiles: dict[TileId, bytes]
    checkpoints: tuple[tuple[int, bytes], ...]

    def judged(self) -> Report:
        return verify(
            self.entries, sorted(self.tiles.items()), self.checkpoints, SIGNER.verifier
        )

    def with_entry(self, index: int, entry: Logged) -> "Log":
        entries = (*self.entries[:index], entry, *self.entries[index + 1 :])
        return replace(self, entries=entries)

    def with_leaf_hash(self, index: int, value: bytes) -> "Log":
        return replace(self, tiles=self.tiles | spliced(self.tiles, index, value))


def spliced(stored: dict[TileId, bytes], index: int, value: bytes) -> dict[TileId, bytes]:
    number, place = divmod(index, WIDTH)
    tile = bytearray(stored[0, number])
    tile[place * HASH_LENGTH : (place + 1) * HASH_LENGTH] = value
    return {(0, number): bytes(tile)}


def note(size: int, head: bytes, signer: Signer = SIGNER) -> tuple[int, bytes]:
    return size, checkpoint.sign(Checkpoint("log.invalid", size, head), signer)


def logged(index: int, entry: Entry | None = None, at: datetime = NOW) -> Logged:
    app_id = f"app-{index}" if entry is None else None
    entry = entry or Entry("access.permitted", {"app_id": app_id or "", "reason": "ok"}, HOLDER)
    leaf, body = seal(
        entry, at, lambda length: sha256(b"%d" % index).digest() * (length // 32 + 1)
    )
    return Logged(index + 1, index, leaf, body, entry.holder, app_id)


def grown_log(size: int, signed_at: tuple[int, ...], *others: Logged) -> Log:
    """A log of `size` entries; `others` stand in for those of the same index."""
    instead = {entry.position: entry for entry in others}
    entries = tuple(instead.get(index) or logged(index) for index in range(size))
    hashes = [leaf_hash(entry.leaf) for entry in entries]
    stored = tiles.grown(lambda _level, _number: b"", 0, hashes)
    return Log(entries, stored, tuple(note(at, root(hashes[:at])) for at in signed_at))


LOG = grown_log(SIZE, SIGNED_AT)


def flipped(data: bytes, at: int = -3) -> bytes:
    changed = bytearray(data)
    changed[at] ^= 1
    return bytes(changed)


def changed_leaf(log: Log) -> Log:
    return log.with_entry(300, log.entries[300]._replace(leaf=flipped(log.entries[300].leaf)))


def changed_body(log: Log) -> Log:
    body = (log.entries[300].body or b"").replace(b"app-300", b"app-301")
    return log.with_entry(300, log.entries[300]._replace(body=body))


def shortened_body(log: Log) -> Log:
    return log.with_entry(300, log.entries[300]._replace(body=b'{"fields":{}}'))


def torn_body(log: Log) -> Log:
    return log.with_entry(300, log.entries[300]._replace(body=b"{"))


def another_holder(log: Log) -> Log:
    return log.with_entry(300, log.entries[300]._replace(holder=b"\1" * 32))


def another_app(log: Log) -> Log:
    return log.with_entry(300, log.entries[300]._replace(app_id="app-1"))


def dropped_body(log: Log) -> Log:
    return log.with_entry(300, log.entries[300]._replace(body=None, holder=None, app_id=None))


def replaced_leaf(log: Log) -> Log:
    """Leaf, body and leaf hash all fit each other, as a thief with the database can arrange."""
    other = logged(999)._replace(position=300)
    return log.with_entry(300, other).with_leaf_hash(300, leaf_hash(other.leaf))


def strange_leaf(log: Log) -> Log:
    strange = log.entries[300]._replace(leaf=b"{}")
    return log.with_entry(300, strange).with_leaf_hash(300, leaf_hash(b"{}"))


def missing_entry(log: Log) -> Log:
    return replace(log, entries=log.entries[:300] + log.entries[301:])


def missing_last_entry(log: Log) -> Log:
    return replace(log, entries=log.entries[:-1])


def missing_first_entry(log: Log) -> Log:
    return replace(log, entries=log.entries[1:])


def added_entry(log: Log) -> Log:
    return replace(log, entries=(*log.entries, logged(SIZE)))


def missing_tile(log: Log) -> Log:
    return replace(log, tiles={key: tile for key, tile in log.tiles.items() if key != (0, 1)})


def cut_tile(log: Log) -> Log:
    return replace(log, tiles=log.tiles | {(0, 2): log.tiles[0, 2][:-HASH_LENGTH]})


def changed_upper_tile(log: Log) -> Log:
    return replace(log, tiles=log.tiles | {(1, 0): flipped(log.tiles[1, 0])})


def missing_upper_tile(log: Log) -> Log:
    return replace(log, tiles={key: tile for key, tile in log.tiles.items() if key[0] == 0})


def stolen_checkpoint(log: Log) -> Log:
    forged = note(WIDTH, sha256(b"mine").digest(), THIEF)
    return replace(log, checkpoints=(*log.checkpoints[:2], forged, *log.checkpoints[3:]))


def misfiled_checkpoint(log: Log) -> Log:
    misfiled = (WIDTH, log.checkpoints[0][1])
    return replace(log, checkpoints=(*log.checkpoints[:2], misfiled, *log.checkpoints[3:]))


def torn_checkpoint(log: Log) -> Log:
    torn = (WIDTH, log.checkpoints[2][1][:-1])
    return replace(log, checkpoints=(*log.checkpoints[:2], torn, *log.checkpoints[3:]))


def dropped_checkpoints(log: Log) -> Log:
    return replace(log, checkpoints=log.checkpoints[:-2])


def nothing_left(log: Log) -> Log:
    return Log((), {}, log.checkpoints)


@pytest.mark.parametrize(
    ("falsify", "expected"),
    [
        pytest.param(changed_leaf, {Fault.LEAF_CHANGED: 300}, id="leaf"),
        pytest.param(changed_body, {Fault.BODY_CHANGED: 300}, id="body"),
        pytest.param(shortened_body, {Fault.BODY_CHANGED: 300}, id="field erased"),
        pytest.param(torn_body, {Fault.BODY_CHANGED: 300}, id="body torn"),
        pytest.param(another_holder, {Fault.BODY_CHANGED: 300}, id="holder"),
        pytest.param(another_app, {Fault.BODY_CHANGED: 300}, id="app"),
        pytest.param(dropped_body, {Fault.BODY_GONE: 300}, id="body erased in secret"),
        pytest.param(
            replaced_leaf,
            {Fault.TREE_DIFFERS: 542, Fault.TILE_CHANGED: 0, Fault.UNSIGNED: 265},
            id="entry and hash",
        ),
        pytest.param(
            strange_leaf,
            {
                Fault.LEAF_MALFORMED: 300,
                Fault.TREE_DIFFERS: 542,
                Fault.TILE_CHANGED: 0,
                Fault.UNSIGNED: 265,
            },
            id="a leaf of no known form",
        ),
        pytest.param(missing_entry, {Fault.ENTRY_MISSING: 300}, id="entry gone"),
        pytest.param(missing_last_entry, {Fault.ENTRY_MISSING: SIZE - 1}, id="last entry gone"),
        pytest.param(missing_first_entry, {Fault.ENTRY_MISSING: 0}, id="first entry gone"),
        pytest.param(added_entry, {Fault.HASH_MISSING: SIZE}, id="entry without hash"),
        pytest.param(
            missing_tile,
            {Fault.HASH_MISSING: 256, Fault.TREE_DIFFERS: 265, Fault.TILE_CHANGED: 0},
            id="tile gone",
        ),
        pytest.param(
            cut_tile,
            {Fault.HASH_MISSING: SIZE - 1, Fault.TREE_DIFFERS: SIZE, Fault.UNSIGNED: 542},
            id="tile cut",
        ),
        pytest.param(changed_upper_tile, {Fault.TILE_CHANGED: 0}, id="upper tile"),
        pytest.param(missing_upper_tile, {Fault.TILE_CHANGED: 0}, id="upper tile gone"),
        pytest.param(stolen_checkpoint, {Fault.CHECKPOINT_UNTRUSTED: WIDTH}, id="wrong key"),
        pytest.param(misfiled_checkpoint, {Fault.CHECKPOINT_MALFORMED: WIDTH}, id="misfiled"),
        pytest.param(
            torn_checkpoint, {Fault.CHECKPOINT_MALFORMED: WIDTH}, id="checkpoint torn"
        ),
        pytest.param(dropped_checkpoints, {Fault.UNSIGNED: 265}, id="checkpoints dropped"),
        pytest.param(nothing_left, {Fault.TREE_DIFFERS: 1}, id="everything but checkpoints"),
    ],
)
def test_what_was_falsified_is_named(
    falsify: Callable[[Log], Log], expected: dict[Fault, int]
) -> None:
    report = falsify(LOG).judged()
    assert not report.whole
    assert {found.fault: found.at for found in report.findings} == expected


@settings(max_examples=30, deadline=None)
@given(st.integers(1, 2 * WIDTH + 5), st.data())
def test_an_honest_log_is_whole(size: int, data: st.DataObject) -> None:
    earlier = data.draw(st.sets(st.integers(0, size - 1), max_size=4))
    report = grown_log(size, (*sorted(earlier), size)).judged()
    assert report.findings == ()
    assert (report.size, report.bodies) == (size, size)
    assert report.signed is not None
    assert report.signed.size == size


def test_an_empty_log_is_whole() -> None:
    assert Log((), {}, ()).judged() == Report(0, 0, None, ())


def test_what_an_entry_says_was_erased_leaves_the_log_whole() -> None:
    said = logged(SIZE - 1, erasure([7, 300], "retention"))
    report = dropped_body(grown_log(SIZE, SIGNED_AT, said)).judged()
    assert report.whole
    assert report.bodies == SIZE - 1


@pytest.mark.parametrize(
    ("earlier", "found"),
    [
        pytest.param(timedelta(minutes=1), {}, id="as transactions overlap"),
        pytest.param(timedelta(hours=1), {Fault.BACK_DATED: 300}, id="an hour"),
    ],
)
def test_an_entry_that_was_slipped_in_with_an_earlier_date_is_named(
    earlier: timedelta, found: dict[Fault, int]
) -> None:
    log = grown_log(SIZE, SIGNED_AT, logged(300, at=NOW - earlier))
    assert {one.fault: one.at for one in log.judged().findings} == found


def test_it_says_between_which_checkpoints_the_tree_was_changed() -> None:
    (found,) = (
        found
        for found in replaced_leaf(LOG).judged().findings
        if found.fault is Fault.TREE_DIFFERS
    )
    assert found.detail == f"in the entries {WIDTH + 9} to 541: what came before them fits"
    assert found.count == 2


def test_the_first_of_many_is_named_and_the_others_counted() -> None:
    log = LOG
    for index in (500, 77, 300):
        changed = log.entries[index]._replace(leaf=b"x")
        log = log.with_entry(index, changed)
    (found,) = log.judged().findings
    assert (found.fault, found.at, found.count) == (Fault.LEAF_CHANGED, 77, 3)


@pytest.mark.parametrize(
    "leaf",
    [
        pytest.param(b'"minute":"0000-junk-minute!', id="no minute"),
        pytest.param(b'"minute":"\xff\xff', id="no text"),
        pytest.param(b"not a leaf", id="no leaf"),
    ],
)
def test_a_leaf_that_is_none_is_named_where_there_are_no_bodies(leaf: bytes) -> None:
    log = grown_log(3, (3,), Logged(1, 1, leaf, None, None))
    entries = [entry._replace(body=None) for entry in log.entries]
    tiles = sorted(log.tiles.items())
    report = verify(entries, tiles, log.checkpoints, SIGNER.verifier, bodiless=True)
    assert [(one.fault, one.at) for one in report.findings] == [(Fault.LEAF_MALFORMED, 1)]
