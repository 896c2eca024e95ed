"""A witness remembers over restarts, never goes back, and does not start from nothing twice."""

from collections.abc import Callable
from datetime import UTC, datetime
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.ledger.checkpoint import Checkpoint, sign
from consent.ledger.cosignature import Cosigner, with_line
from consent.ledger.note import Signer
from mynaportal_sim.witness import memory
from mynaportal_sim.witness.memory import WitnessStateError

NOW = datetime(2026, 11, 26, 9, 30, tzinfo=UTC)
KEY = Ed25519PrivateKey.from_private_bytes(sha256(b"witness").digest())
SIGNER = Signer("log.invalid", Ed25519PrivateKey.from_private_bytes(sha256(b"log").digest()))
SEVEN = Checkpoint("log.invalid", 7, sha256(b"7").digest())


def started(directory: Path, *seen: Checkpoint) -> Checkpoint | None:
    """Run a witness that sees these checkpoints; what it then knows of the log."""
    with memory.held(directory, Cosigner("witness.invalid/1", KEY)) as (cosigner, kept):
        for checkpoint in seen:
            line = cosigner.cosign(str(checkpoint), NOW)
            kept.keep(checkpoint, with_line(sign(checkpoint, SIGNER), line))
        return kept.last.get("log.invalid")


def test_what_was_seen_is_known_after_a_restart(tmp_path: Path) -> None:
    assert started(tmp_path) is None
    assert started(tmp_path, SEVEN) == SEVEN
    assert started(tmp_path) == SEVEN
    assert (tmp_path / "witness.json").stat().st_mode & 0o077 == 0


def test_who_was_killed_before_it_had_a_key_is_followed(tmp_path: Path) -> None:
    (tmp_path / "cosigned.json").write_text("{}")
    assert started(tmp_path, SEVEN) == SEVEN
    assert started(tmp_path) == SEVEN


def test_it_never_goes_back(tmp_path: Path) -> None:
    with pytest.raises(WitnessStateError, match="never goes back"):
        started(tmp_path, SEVEN, Checkpoint("log.invalid", 6, bytes(32)))
    assert started(tmp_path) == SEVEN


def test_one_process_holds_a_memory_at_a_time(tmp_path: Path) -> None:
    started(tmp_path)
    with (
        memory.held(tmp_path),
        pytest.raises(WitnessStateError, match="another witness"),
        memory.held(tmp_path),
    ):
        pass


def _swap_note(directory: Path) -> None:
    thief = sign(Checkpoint("log.invalid", 3, bytes(32)), SIGNER).decode()
    text = (directory / "cosigned.json").read_text()
    assert "log.invalid" in text
    (directory / "cosigned.json").write_text(f'{{"log.invalid": {thief!a}}}'.replace("'", '"'))


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param(lambda at: (at / "cosigned.json").unlink(), id="memory lost"),
        pytest.param(lambda at: (at / "cosigned.json").write_text("{"), id="memory torn"),
        pytest.param(lambda at: (at / "cosigned.json").write_text("[]"), id="another thing"),
        pytest.param(_swap_note, id="a note that it never cosigned"),
        pytest.param(lambda at: (at / "witness.json").write_text("{}"), id="no key"),
        pytest.param(lambda at: (at / "witness.json").unlink(), id="key lost"),
    ],
)
def test_a_witness_that_lost_its_memory_does_not_start(
    tmp_path: Path, harm: Callable[[Path], object]
) -> None:
    started(tmp_path, SEVEN)
    harm(tmp_path)
    with pytest.raises(WitnessStateError):
        started(tmp_path)
