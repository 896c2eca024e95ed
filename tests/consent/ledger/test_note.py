import json
from base64 import b64encode
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from hypothesis import given
from hypothesis import strategies as st

from consent.ledger import checkpoint, note
from consent.ledger.checkpoint import Checkpoint
from consent.ledger.errors import MalformedError, UntrustedNoteError
from consent.ledger.note import Signer, Verifier

VECTOR = json.loads((Path(__file__).parents[2] / "vectors" / "ledger-note.json").read_text())
PETER = Signer(
    "PeterNeumann", Ed25519PrivateKey.from_private_bytes(bytes.fromhex(VECTOR["seed"]))
)
NOTE = f"{VECTOR['text']}\n{VECTOR['signature_line']}".encode()

ORIGIN = "mynaportal-sim.invalid/ledger"
LOG = Signer(ORIGIN, Ed25519PrivateKey.from_private_bytes(sha256(b"log").digest()))
OTHER = Signer("witness.invalid", Ed25519PrivateKey.from_private_bytes(sha256(b"w").digest()))
TREE = Checkpoint(ORIGIN, 20_852_163, sha256(b"root").digest())
SIGNED = checkpoint.sign(TREE, LOG)


def test_keys_and_signatures_are_those_of_other_implementations() -> None:
    assert str(PETER.verifier) == VECTOR["verifier_key"]
    assert PETER.sign(VECTOR["text"]) == NOTE
    assert Verifier.parse(VECTOR["verifier_key"]).open(NOTE) == VECTOR["text"]


def test_no_change_to_a_verifier_key_is_accepted() -> None:
    key = VECTOR["verifier_key"]
    changed = [key[:at] + chr(ord(key[at]) + 1) + key[at + 1 :] for at in range(len(key))]
    cut = [key[:at] for at in range(len(key))] + [key[at:] for at in range(1, len(key))]
    for wrong in (*changed, *cut, key + "\n", f" {key}"):
        with pytest.raises(MalformedError):
            Verifier.parse(wrong)


def test_no_change_to_a_signed_note_is_accepted() -> None:
    for at in range(len(SIGNED)):
        for bit in (1, 0x80):
            flipped = SIGNED[:at] + bytes([SIGNED[at] ^ bit]) + SIGNED[at + 1 :]
            with pytest.raises((MalformedError, UntrustedNoteError)):
                checkpoint.opened(flipped, LOG.verifier)


def test_signatures_of_unknown_keys_are_passed_over() -> None:
    line = OTHER.sign(str(TREE)).partition(b"\n\n")[2]
    assert checkpoint.opened(SIGNED + line, LOG.verifier) == TREE
    assert checkpoint.opened(SIGNED.replace(b"\n\n", b"\n\n" + line), LOG.verifier) == TREE


@pytest.mark.parametrize(
    "verifier",
    [
        pytest.param(Signer(ORIGIN, OTHER.key).verifier, id="another key of this name"),
        pytest.param(OTHER.verifier, id="another name"),
    ],
)
def test_a_note_that_the_key_did_not_sign_is_not_trusted(verifier: Verifier) -> None:
    with pytest.raises(UntrustedNoteError):
        checkpoint.opened(SIGNED, verifier)


def test_a_good_signature_beside_a_bad_one_of_the_same_key_is_not_trusted() -> None:
    bad = LOG.sign("another text\n").partition(b"\n\n")[2]
    with pytest.raises(UntrustedNoteError):
        checkpoint.opened(SIGNED + bad, LOG.verifier)


def test_a_checkpoint_of_another_log_is_not_this_logs() -> None:
    with pytest.raises(UntrustedNoteError, match="another log"):
        checkpoint.opened(
            LOG.sign(f"other.invalid\n{str(TREE).partition(chr(10))[2]}"), LOG.verifier
        )


@pytest.mark.parametrize(
    "data",
    [
        pytest.param(b"", id="nothing"),
        pytest.param(NOTE.removesuffix(b"\n"), id="no final newline"),
        pytest.param(NOTE.replace(b"\n\n", b"\n"), id="no empty line"),
        pytest.param(VECTOR["text"].encode() + b"\n", id="no signature"),
        pytest.param(NOTE.replace("—".encode(), b"-"), id="a hyphen for the dash"),
        pytest.param(NOTE + b"more\n", id="more after the signatures"),
        pytest.param(NOTE.replace(b" is ", b"\tis "), id="a control character"),
        pytest.param(NOTE.replace(b" is ", b" \xff "), id="not UTF-8"),
        pytest.param(NOTE.replace(b"nAM=", b"nAN="), id="base64 that is not canonical"),
        pytest.param(NOTE.replace(b"nAM=", b"nAM"), id="base64 without padding"),
        pytest.param(f"t\n\n— a {b64encode(b'1234').decode()}\n".encode(), id="a key id alone"),
        pytest.param(NOTE + VECTOR["signature_line"].encode() * 64, id="too many signatures"),
    ],
)
def test_what_is_no_note_is_refused(data: bytes) -> None:
    with pytest.raises(MalformedError):
        note.parse(data)


ROOT = b64encode(TREE.root).decode()


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(f"o\n1\n{ROOT}", id="no final newline"),
        pytest.param(f"o\n1\n{ROOT}\n\n", id="empty extension line"),
        pytest.param(f"\n1\n{ROOT}\n", id="empty origin"),
        pytest.param("o\n1\n", id="two lines"),
        pytest.param(f"o\n01\n{ROOT}\n", id="leading zero"),
        pytest.param(f"o\n-1\n{ROOT}\n", id="negative size"),
        pytest.param(f"o\n\uff11\n{ROOT}\n", id="size in wide digits"),
        pytest.param(f"o\n1\n{ROOT[:-2]}\n", id="short root"),
        pytest.param(f"o\n1\n{ROOT.replace('=', 'A')}\n", id="33 bytes of root"),
        pytest.param(f"o\n1\n{'A' * 42}B=\n", id="root that is not canonical"),
    ],
)
def test_what_is_no_checkpoint_is_refused(text: str) -> None:
    with pytest.raises(MalformedError):
        Checkpoint.parse(text)


def test_extension_lines_are_passed_over() -> None:
    assert Checkpoint.parse(f"{TREE}extension\n") == TREE


@given(
    st.text(st.characters(exclude_categories=["Cc", "Cs", "Z"]), min_size=1),
    st.integers(0, 2**62),
)
def test_a_checkpoint_reads_back(origin: str, size: int) -> None:
    tree = Checkpoint(origin, size, TREE.root)
    assert Checkpoint.parse(str(tree)) == tree


@given(st.binary() | st.text(alphabet="— a+\n=Az").map(str.encode))
def test_any_bytes_are_a_note_or_refused(data: bytes) -> None:
    try:
        read = note.parse(data)
    except MalformedError:
        return
    assert data.decode().startswith(f"{read.text}\n— ")


def test_a_name_that_would_break_the_line_cannot_sign() -> None:
    with pytest.raises(MalformedError):
        Signer("two words", LOG.key)
