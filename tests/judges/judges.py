"""Verifiers of transparency logs that others wrote, and ours, asked in one way."""

import json
import os
import subprocess
from base64 import b64decode, b64encode
from collections.abc import Sequence
from pathlib import Path
from typing import Protocol

import tamperlog
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from sigstore._internal.merkle import verify_merkle_inclusion
from sigstore._internal.rekor.checkpoint import verify_checkpoint
from sigstore._internal.trust import Keyring, RekorKeyring
from sigstore.errors import Error as SigstoreError
from sigstore.models import TransparencyLogEntry
from sigstore_models.common.v1 import PublicKey, PublicKeyDetails
from sigstore_models.rekor.v1 import TransparencyLogEntry as Inner

from consent.ledger import checkpoint, proof
from consent.ledger.errors import LedgerError
from consent.ledger.merkle import leaf_hash
from consent.ledger.note import Verifier
from tests.judges.cases import Consistency, Inclusion, Signed

SOURCE = Path(__file__).with_name("golang") / "main.go"
GO_PACKAGES = Path("/usr/share/gocode")


class Judge(Protocol):
    """Answers with whether it accepts; None if it has no such check."""

    def note(self, case: Signed) -> bool | None: ...
    def inclusion(self, case: Inclusion) -> bool | None: ...
    def consistency(self, case: Consistency) -> bool | None: ...


class Ours:
    """`consent.ledger`."""

    def note(self, case: Signed) -> bool:
        try:
            checkpoint.opened(case.note, Verifier.parse(case.key))
        except LedgerError:
            return False
        return True

    def inclusion(self, case: Inclusion) -> bool:
        hashed = leaf_hash(case.leaf)
        return proof.verify_inclusion(hashed, case.index, case.size, case.proof, case.root)

    def consistency(self, case: Consistency) -> bool:
        sizes = (case.old_size, case.size)
        return proof.verify_consistency(*sizes, case.old_root, case.root, case.proof)


def build(source: Path, directory: Path) -> Path:
    """Compile a Go program, with nothing fetched."""
    program = directory / "judge"
    offline = {
        "GO111MODULE": "off",
        "GOPATH": str(GO_PACKAGES),
        "GOCACHE": str(directory / "cache"),
        "GOFLAGS": "",
        "CGO_ENABLED": "0",
    }
    subprocess.run(
        ["go", "build", "-o", program, source], env={**os.environ, **offline}, check=True
    )
    return program


class Golang:
    """Debian's golang.org/x/mod: `sumdb/note` and `sumdb/tlog`, in a program of ours."""

    def __init__(self, program: Path) -> None:
        self._process = subprocess.Popen(
            [program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
        )

    def close(self) -> None:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.close()
        self._process.wait(10)
        self._process.stdout.close()

    def ask(self, operation: str, **question: object) -> dict[str, object]:
        """The program's answer to one question."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        line = json.dumps({"op": operation, **{key: _json(it) for key, it in question.items()}})
        self._process.stdin.write(f"{line}\n")
        self._process.stdin.flush()
        answer: dict[str, object] = json.loads(self._process.stdout.readline())
        return answer

    def note(self, case: Signed) -> bool:
        return "error" not in self.ask("note", key=case.key, note=case.note)

    def inclusion(self, case: Inclusion) -> bool:
        return "error" not in self.ask(
            "inclusion",
            leaf=case.leaf,
            index=case.index,
            size=case.size,
            root=case.root,
            proof=case.proof,
        )

    def consistency(self, case: Consistency) -> bool:
        return "error" not in self.ask(
            "consistency",
            oldsize=case.old_size,
            oldroot=case.old_root,
            size=case.size,
            root=case.root,
            proof=case.proof,
        )


class Tamperlog:
    """PyPI's tamperlog: proofs of inclusion and consistency; it knows no notes."""

    def note(self, _case: Signed) -> None:
        return None

    def inclusion(self, case: Inclusion) -> bool:
        hashed = tamperlog.hash_leaf(case.leaf)
        try:
            tamperlog.verify_inclusion(
                case.index, case.size, hashed, list(case.proof), case.root
            )
        except (tamperlog.TamperlogError, ValueError, IndexError):
            return False
        return True

    def consistency(self, case: Consistency) -> bool:
        try:
            tamperlog.verify_consistency(
                case.old_size, case.old_root, case.size, case.root, list(case.proof)
            )
        except (tamperlog.TamperlogError, ValueError, IndexError):
            return False
        return True


class Sigstore:
    """PyPI's sigstore: checkpoints and proofs of inclusion, as Rekor gives them."""

    def note(self, case: Signed) -> bool:
        try:
            verifier = Verifier.parse(case.key)
        except LedgerError:  # sigstore knows no verifier keys
            return False
        key = verifier.key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        named = PublicKey.from_dict(
            {
                "rawBytes": b64encode(key).decode(),
                "keyDetails": PublicKeyDetails.PKIX_ED25519,
            }
        )
        try:
            root = b64decode(case.note.decode().split("\n")[2])
            entry = _entry(Inclusion(b"", 0, 1, (), root), case.note, verifier.key_id)
            verify_checkpoint(RekorKeyring(Keyring([named])), entry)
        except (SigstoreError, ValueError, IndexError):
            return False
        return True

    def inclusion(self, case: Inclusion) -> bool:
        try:
            verify_merkle_inclusion(_entry(case, b"unused", bytes(4)))
        except (SigstoreError, ValueError):
            return False
        return True

    def consistency(self, _case: Consistency) -> None:
        return None


def _entry(case: Inclusion, note: bytes, key_id: bytes) -> TransparencyLogEntry:
    content = {
        "logIndex": str(case.index),
        "logId": {"keyId": b64encode(key_id).decode()},
        "kindVersion": {"kind": "hashedrekord", "version": "0.0.1"},
        "inclusionProof": {
            "logIndex": str(case.index),
            "rootHash": b64encode(case.root).decode(),
            "treeSize": str(case.size),
            "hashes": [b64encode(part).decode() for part in case.proof],
            "checkpoint": {"envelope": note.decode()},
        },
        "canonicalizedBody": b64encode(case.leaf).decode(),
    }
    return TransparencyLogEntry(Inner.from_dict(content))


def _json(value: object) -> object:
    if isinstance(value, bytes):
        return b64encode(value).decode()
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_json(part) for part in value]
    return value
