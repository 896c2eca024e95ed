"""What a witness cosigns and what it refuses, and that its word can be checked."""

from base64 import b64encode
from datetime import UTC, datetime
from hashlib import sha256

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from consent.ledger import merkle
from consent.ledger.checkpoint import Checkpoint, opened, sign
from consent.ledger.cosignature import Cosigner, Witness, with_line, witnessed
from consent.ledger.errors import LedgerError, MalformedError, UntrustedNoteError
from consent.ledger.note import Signer, Verifier
from consent.ledger.witness import Refused, Request, judge

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
LEAVES = [merkle.leaf_hash(b"%d" % number) for number in range(20)]
OTHER = [merkle.leaf_hash(b"x%d" % number) for number in range(20)]


def key(seed: bytes) -> Ed25519PrivateKey:
    return Ed25519PrivateKey.from_private_bytes(sha256(seed).digest())


SIGNER, THIEF = Signer("log.invalid", key(b"log")), Signer("log.invalid", key(b"thief"))
STRANGER = Signer("other.invalid", key(b"stranger"))
COSIGNER = Cosigner("witness.invalid/1", key(b"witness"))
LOGS = {"log.invalid": [SIGNER.verifier]}


def head(size: int, leaves: list[bytes] = LEAVES, origin: str = "log.invalid") -> Checkpoint:
    return Checkpoint(origin, size, merkle.root(leaves[:size]))


def asked(
    old: int,
    new: Checkpoint,
    hashes: list[bytes] | None = None,
    signer: Signer = SIGNER,
    leaves: list[bytes] = LEAVES,
) -> Request:
    if hashes is None:
        grown = 0 < old < new.size
        hashes = merkle.consistency_proof(leaves[: new.size], old) if grown else []
    return Request(old, tuple(hashes), sign(new, signer))


SEEN = {"log.invalid": head(7)}


@pytest.mark.parametrize(
    ("request_", "last", "verdict"),
    [
        pytest.param(asked(0, head(7)), {}, head(7), id="the first time"),
        pytest.param(asked(7, head(12)), SEEN, head(12), id="grown"),
        pytest.param(asked(7, head(7)), SEEN, head(7), id="once more"),
        pytest.param(asked(0, head(0)), {}, head(0), id="an empty log"),
        pytest.param(
            asked(0, Checkpoint("log.invalid", 0, bytes(32))),
            {},
            Refused.INCONSISTENT,
            id="an empty log that is not",
        ),
        pytest.param(
            asked(0, head(7, origin="other.invalid"), signer=STRANGER),
            {},
            Refused.UNKNOWN_LOG,
            id="unknown log",
        ),
        pytest.param(asked(0, head(7), signer=THIEF), {}, Refused.UNTRUSTED, id="stolen name"),
        pytest.param(asked(9, head(7)), SEEN, Refused.OLD_TOO_LARGE, id="old above new"),
        pytest.param(asked(5, head(12)), SEEN, Refused.STALE, id="stale"),
        pytest.param(asked(0, head(12)), SEEN, Refused.STALE, id="asks from nothing"),
        pytest.param(asked(5, head(5)), SEEN, Refused.STALE, id="cut"),
        pytest.param(asked(7, head(7, OTHER)), SEEN, Refused.FORKED, id="signed anew"),
        pytest.param(
            asked(7, head(12, OTHER), leaves=OTHER), SEEN, Refused.INCONSISTENT, id="forked"
        ),
        pytest.param(asked(7, head(12), []), SEEN, Refused.INCONSISTENT, id="no proof"),
        pytest.param(
            asked(7, head(7), [bytes(32)]), SEEN, Refused.INCONSISTENT, id="a proof too many"
        ),
        pytest.param(
            asked(0, head(7), [bytes(32)]), {}, Refused.INCONSISTENT, id="a proof from nothing"
        ),
        pytest.param(Request(0, (), b"no note"), {}, Refused.MALFORMED, id="no note"),
        pytest.param(
            Request(0, (), SIGNER.sign("log.invalid\nmany\n\n")),
            {},
            Refused.MALFORMED,
            id="no checkpoint",
        ),
    ],
)
def test_a_witness_cosigns_only_what_continues_what_it_saw(
    request_: Request, last: dict[str, Checkpoint], verdict: Checkpoint | Refused
) -> None:
    parsed = request_ if verdict is Refused.MALFORMED else Request.parse(bytes(request_))
    assert judge(parsed, LOGS, last) == verdict


def test_of_two_keys_of_a_log_either_will_do() -> None:
    logs = {"log.invalid": [THIEF.verifier, SIGNER.verifier]}
    assert judge(asked(0, head(7)), logs, {}) == head(7)


@pytest.mark.parametrize(
    "body",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(b"old 1\n" + sign(head(7), SIGNER), id="no empty line"),
        pytest.param(b"old 01\n\n" + sign(head(7), SIGNER), id="a leading zero"),
        pytest.param(b"old -1\n\n" + sign(head(7), SIGNER), id="below zero"),
        pytest.param(b"size 1\n\n" + sign(head(7), SIGNER), id="another word"),
        pytest.param(b"old 1\nAAAA\n\n" + sign(head(7), SIGNER), id="31 bytes"),
        pytest.param(
            b"old 1\n" + (b"A" * 43 + b"=\n") * 64 + b"\n" + sign(head(7), SIGNER),
            id="64 hashes",
        ),
        pytest.param(b"old 1\n\n", id="no checkpoint"),
    ],
)
def test_what_is_no_request_is_refused(body: bytes) -> None:
    with pytest.raises(MalformedError):
        Request.parse(body)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_request_or_refused(body: bytes) -> None:
    try:
        request = Request.parse(body)
    except MalformedError:
        return
    assert bytes(request) == body


def test_a_cosignature_says_who_saw_what_when() -> None:
    note = sign(head(7), SIGNER)
    line = COSIGNER.cosign(str(head(7)), NOW)
    seen = witnessed(with_line(note, line), SIGNER.verifier, COSIGNER.witness)
    assert (seen.checkpoint, seen.by, seen.at) == (head(7), "witness.invalid/1", NOW)
    assert opened(with_line(note, line), SIGNER.verifier) == head(7)
    assert COSIGNER.witness.cosigned_at(note) is None
    with pytest.raises(UntrustedNoteError, match="has not cosigned"):
        witnessed(note, SIGNER.verifier, COSIGNER.witness)


def test_a_cosignature_of_another_text_time_or_key_is_refused() -> None:
    other = with_line(sign(head(8), SIGNER), COSIGNER.cosign(str(head(7)), NOW))
    thief = Cosigner("witness.invalid/1", key(b"thief"))
    forged = with_line(sign(head(7), SIGNER), thief.cosign(str(head(7)), NOW))
    with pytest.raises(UntrustedNoteError):
        COSIGNER.witness.cosigned_at(other)
    assert COSIGNER.witness.cosigned_at(forged) is None


@pytest.mark.parametrize("seconds", [253_402_300_800, 2**62, 2**63 - 1, 2**64 - 1])
def test_a_cosignature_of_a_time_that_no_calendar_has_is_refused(seconds: int) -> None:
    text = str(head(7))
    signature = COSIGNER.key.sign(f"cosignature/v1\ntime {seconds}\n{text}".encode())
    blob = COSIGNER.witness.key_id + seconds.to_bytes(8, "big") + signature
    note = with_line(sign(head(7), SIGNER), f"— {COSIGNER.name} {b64encode(blob).decode()}\n")
    with pytest.raises(UntrustedNoteError, match="malformed"):
        COSIGNER.witness.cosigned_at(note)


def test_a_witness_key_is_told_from_a_log_key() -> None:
    text = str(COSIGNER.witness)
    assert Witness.parse(text) == COSIGNER.witness
    with pytest.raises(MalformedError):
        Verifier.parse(text)
    with pytest.raises(MalformedError):
        Witness.parse(str(SIGNER.verifier))
    with pytest.raises(MalformedError):
        Witness.parse(text.replace("witness.invalid/1", "witness.invalid/2"))
    assert "PRIVATE" not in repr(COSIGNER).upper()


@given(st.text(max_size=80))
def test_any_text_is_a_witness_key_or_refused(text: str) -> None:
    with pytest.raises(LedgerError):
        Witness.parse(text)
