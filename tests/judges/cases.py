"""What judges are asked: what a log signs and proves, and each way to tamper with that."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from hashlib import sha256

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.ledger import checkpoint, merkle, tiles
from consent.ledger.checkpoint import Checkpoint
from consent.ledger.note import Signer, Verifier

SIZES = (1, 2, 3, 7, 8, 255, 256, 257, 70_000)
PAIRS = ((1, 2), (2, 3), (3, 7), (4, 8), (6, 8), (255, 257), (256, 257), (257, 70_000))
Row = tuple[str, bool]


@dataclass(frozen=True)
class Signed:
    """A note, and the verifier key to open it with."""

    note: bytes
    key: str


@dataclass(frozen=True)
class Inclusion:
    """A leaf's place in a tree, with its proof."""

    leaf: bytes
    index: int
    size: int
    proof: tuple[bytes, ...]
    root: bytes


@dataclass(frozen=True)
class Consistency:
    """Two sizes of a tree, with the proof that the one grew into the other."""

    old_size: int
    size: int
    old_root: bytes
    root: bytes
    proof: tuple[bytes, ...]


def key_of(seed: bytes) -> Ed25519PrivateKey:
    """A private key that is the same in each run."""
    return Ed25519PrivateKey.from_private_bytes(sha256(seed).digest())


ORIGIN = "log.invalid/ledger"
SIGNER, THIEF = Signer(ORIGIN, key_of(b"log")), Signer(ORIGIN, key_of(b"thief"))


class Log:
    """A log of 70,000 leaves, by the product's tiles."""

    def __init__(self) -> None:
        hashes = [merkle.leaf_hash(self.leaf(index)) for index in range(SIZES[-1])]
        self._tiles = tiles.grown(lambda _level, _number: b"", 0, hashes)

    @staticmethod
    def leaf(index: int) -> bytes:
        return b"leaf %d" % index

    def read(self, level: int, number: int) -> bytes:
        return self._tiles.get((level, number), b"")

    def root(self, size: int) -> bytes:
        return tiles.root(self.read, size)

    def signed(self, size: int) -> bytes:
        return checkpoint.sign(Checkpoint(ORIGIN, size, self.root(size)), SIGNER)

    def inclusion(self, index: int, size: int) -> Inclusion:
        ranges = tiles.inclusion_ranges(index, size)
        proof = tuple(tiles.hash_of(self.read, part) for part in ranges)
        return Inclusion(self.leaf(index), index, size, proof, self.root(size))

    def consistency(self, old: int, size: int) -> Consistency:
        ranges = tiles.consistency_ranges(old, size)
        proof = tuple(tiles.hash_of(self.read, part) for part in ranges)
        return Consistency(old, size, self.root(old), self.root(size), proof)


def notes(log: Log) -> Iterator[tuple[str, bool, Signed]]:
    """Checkpoints, whole and tampered with: what it is, whether it is good."""
    key = str(SIGNER.verifier)
    for size in SIZES:
        yield f"checkpoint of {size}", True, Signed(log.signed(size), key)
    note = log.signed(257)
    text, _, line = note.decode().partition("\n\n")
    other_name = Verifier("other.invalid", SIGNER.key.public_key())
    bad = {
        "another size": note.replace(b"\n257\n", b"\n258\n"),
        "another root": note.replace(note.split(b"\n")[2], log.signed(256).split(b"\n")[2]),
        "another origin": note.replace(ORIGIN.encode(), b"log.invalid/other", 1),
        "a signature cut": note[:-6] + note[-1:],
        "a byte of the signature": note[:-10] + bytes([note[-10] ^ 1]) + note[-9:],
        "no signature": text.encode() + b"\n",
        "no empty line": f"{text}\n{line}".encode(),
        "the signature of another text": f"{text}\n\n{_line(log.signed(7))}".encode(),
        "another's signature": checkpoint.sign(Checkpoint(ORIGIN, 7, log.root(7)), THIEF),
    }
    for name, content in bad.items():
        yield f"checkpoint: {name}", False, Signed(content, key)
    yield "checkpoint: another key", False, Signed(note, str(THIEF.verifier))
    yield "checkpoint: a key by another name", False, Signed(note, str(other_name))
    forged = key.replace(SIGNER.verifier.key_id.hex(), "00000000")
    yield "checkpoint: a key with another id", False, Signed(note, forged)


def inclusions(log: Log) -> Iterator[tuple[str, bool, Inclusion]]:
    """Proofs of inclusion, whole and tampered with."""
    for size in SIZES:
        for index in sorted({0, size // 2, size - 1}):
            yield f"inclusion of {index} in {size}", True, log.inclusion(index, size)
    for index, size in ((0, 1), (3, 7), (256, 257), (41_000, 70_000)):
        good = log.inclusion(index, size)
        where = f"inclusion of {index} in {size}"
        for at in range(len(good.proof)):
            yield f"{where}: hash {at}", False, replace(good, proof=_changed(good.proof, at))
        short = replace(good, proof=good.proof[:-1])
        if good.proof:
            yield f"{where}: a proof too short", False, short
            cut = (*good.proof[:-1], good.proof[-1][:31])
            yield f"{where}: a hash of 31 bytes", False, replace(good, proof=cut)
        if len(good.proof) > 1:
            yield f"{where}: reversed", False, replace(good, proof=good.proof[::-1])
        yield f"{where}: a proof too long", False, replace(good, proof=(*good.proof, bytes(32)))
        yield f"{where}: another leaf", False, replace(good, leaf=b"x")
        yield f"{where}: another root", False, replace(good, root=bytes(32))
        yield f"{where}: the next index", False, replace(good, index=index + 1)
        yield f"{where}: beyond the end", False, replace(good, index=size)
        yield f"{where}: size zero", False, replace(good, size=0)
        yield f"{where}: twice the size", False, replace(good, size=2 * size)


def consistencies(log: Log) -> Iterator[tuple[str, bool, Consistency]]:
    """Proofs of consistency, whole and tampered with."""
    for old, size in PAIRS:
        good = log.consistency(old, size)
        where = f"consistency of {old} with {size}"
        yield where, True, good
        for at in range(len(good.proof)):
            yield f"{where}: hash {at}", False, replace(good, proof=_changed(good.proof, at))
        yield f"{where}: a proof too short", False, replace(good, proof=good.proof[:-1])
        yield f"{where}: a proof too long", False, replace(good, proof=(*good.proof, bytes(32)))
        yield f"{where}: no proof", False, replace(good, proof=())
        cut = (*good.proof[:-1], good.proof[-1][:31])
        yield f"{where}: a hash of 31 bytes", False, replace(good, proof=cut)
        yield f"{where}: another old root", False, replace(good, old_root=bytes(32))
        yield f"{where}: another root", False, replace(good, root=bytes(32))
        swapped = replace(good, old_size=size, size=old, old_root=good.root, root=good.old_root)
        yield f"{where}: swapped", False, swapped
    same = Consistency(7, 7, log.root(7), log.root(7), ())
    yield "consistency of equal sizes", True, same
    yield "consistency of equal sizes: hashes", False, replace(same, proof=(bytes(32),))
    yield "consistency of equal sizes: another root", False, replace(same, root=bytes(32))


def _line(note: bytes) -> str:
    return note.decode().partition("\n\n")[2]


def _changed(proof: tuple[bytes, ...], at: int) -> tuple[bytes, ...]:
    flipped = bytes([proof[at][0] ^ 1]) + proof[at][1:]
    return (*proof[:at], flipped, *proof[at + 1 :])
