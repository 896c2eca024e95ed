"""Evidence of one entry in one file (C2SP tlog-proof), which needs no server to be checked.

Its `extra` line carries RFC 8785 JSON `{"fields", "leaf"}`: the leaf as it was logged, and the
openings of those fields that the file's giver chose to show, each `{"salt", "value"}`.
"""

import json
import re
from base64 import b64decode, b64encode
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from consent.ledger import checkpoint as checkpoints
from consent.ledger.checkpoint import Checkpoint
from consent.ledger.cosignature import Witness, Witnessed
from consent.ledger.entry import Leaf, Opening, b64url, canonical, misfit, read_body, read_leaf
from consent.ledger.errors import MalformedError
from consent.ledger.merkle import HASH_LENGTH, leaf_hash
from consent.ledger.note import Verifier
from consent.ledger.proof import verify_inclusion

HEADER = "c2sp.org/tlog-proof@v1"
_SHAPE = re.compile(
    HEADER + r"\nextra (\S+)\nindex (0|[1-9][0-9]{0,18})\n((?:\S+\n)*)\n(.+)", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A logged leaf, what is shown of its fields, and the proof of its place in the log."""

    index: int
    leaf: bytes
    shown: Mapping[str, Opening]
    hashes: tuple[bytes, ...]
    checkpoint: bytes

    def __bytes__(self) -> bytes:
        fields = {
            name: {"salt": b64url(opening.salt), "value": opening.value}
            for name, opening in self.shown.items()
        }
        extra = canonical({"fields": fields, "leaf": self.leaf.decode()}).encode()
        lines = [HEADER, f"extra {b64encode(extra).decode()}", f"index {self.index}"]
        lines += [b64encode(part).decode() for part in self.hashes]
        return "\n".join([*lines, "", ""]).encode() + self.checkpoint

    @classmethod
    def parse(cls, data: bytes) -> "Evidence":
        """Evidence from a file's bytes; nothing of it is verified.

        Raises:
            MalformedError: the bytes are no such file.
        """
        try:
            found = _SHAPE.fullmatch(data.decode())
            if found is None:
                raise MalformedError("this is no proof file with a leaf in it")
            extra = b64decode(found[1], validate=True)
            hashes = tuple(b64decode(line, validate=True) for line in found[3].split())
            leaf = json.loads(extra)["leaf"].encode()
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise MalformedError("this is no proof file with a leaf in it") from error
        if any(len(part) != HASH_LENGTH for part in hashes):
            raise MalformedError(f"a hash of the proof has not {HASH_LENGTH} bytes")
        return cls(int(found[2]), leaf, read_body(extra), hashes, found[4].encode())


@dataclass(frozen=True, slots=True)
class Proven:
    """What evidence proves: a leaf is in the log, and these openings are of its fields."""

    leaf: Leaf
    shown: Mapping[str, Opening]
    checkpoint: Checkpoint
    witnessed: tuple[Witnessed, ...] = ()


@dataclass(frozen=True, slots=True)
class Unproven:
    """Why evidence proves nothing."""

    reason: str


def judge(
    evidence: Evidence, verifier: Verifier, witnesses: Iterable[Witness] = ()
) -> Proven | Unproven:
    """Whether the log that signs with this key holds what the evidence says.

    What is proven names those of `witnesses` that have cosigned its checkpoint.

    Raises:
        MalformedError: leaf or checkpoint are none.
        UntrustedNoteError: the checkpoint is not signed by this key, or a line under a
            witness's name and key is not its signature.
    """
    checkpoint = checkpoints.opened(evidence.checkpoint, verifier)
    leaf = read_leaf(evidence.leaf)
    if not verify_inclusion(
        leaf_hash(evidence.leaf),
        evidence.index,
        checkpoint.size,
        evidence.hashes,
        checkpoint.root,
    ):
        return Unproven("the leaf is not at this index of the log that was signed")
    wrong = misfit(leaf, evidence.shown)
    if wrong is not None:
        return Unproven(f"the field {wrong} is not what the leaf commits to")
    seen = [(one.name, one.cosigned_at(evidence.checkpoint)) for one in witnesses]
    witnessed = (Witnessed(checkpoint, name, at) for name, at in seen if at is not None)
    return Proven(leaf, evidence.shown, checkpoint, tuple(witnessed))
