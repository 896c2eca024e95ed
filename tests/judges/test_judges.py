"""Verifiers that nobody here wrote accept what the ledger makes, and reject each tampering."""

import base64
from collections.abc import Iterator
from os import urandom
from pathlib import Path
from random import Random

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from consent.ledger import checkpoint, evidence, proof
from consent.ledger.checkpoint import Checkpoint
from consent.ledger.cosignature import Witness
from consent.ledger.evidence import Evidence
from consent.ledger.merkle import leaf_hash
from consent.ledger.note import Signer, Verifier
from consent.ledger.static_files import read_bundle
from tests.journeys.kit import (
    Portal,
    copy_world,
    details,
    free_port,
    running,
    until_witnessed,
    witness,
)
from tests.judges import cases
from tests.judges.cases import Inclusion, Log
from tests.judges.judges import Golang, Judge, Ours, Sigstore, Tamperlog

pytestmark = pytest.mark.judges
JUDGES = ["ours", "golang", "tamperlog", "sigstore"]


@pytest.fixture(params=JUDGES)
def judge(request: pytest.FixtureRequest) -> Judge:
    if request.param == "golang":
        golang: Judge = request.getfixturevalue("golang")
        return golang
    judges: dict[str, Judge] = {
        "ours": Ours(), "tamperlog": Tamperlog(), "sigstore": Sigstore(),
    }  # fmt: skip
    return judges[request.param]


def _wrong(judge: Judge, log: Log) -> Iterator[str]:
    """Each case that the judge does not answer as it should."""
    for case, good, signed in cases.notes(log):
        if judge.note(signed) not in {good, None}:
            yield case
    for case, good, included in cases.inclusions(log):
        if judge.inclusion(included) not in {good, None}:
            yield case
    for case, good, consistent in cases.consistencies(log):
        if judge.consistency(consistent) not in {good, None}:
            yield case


def test_each_judge_accepts_the_good_and_rejects_each_tampering(judge: Judge, log: Log) -> None:
    assert list(_wrong(judge, log)) == []


def test_notes_and_trees_that_go_makes_are_accepted_here(golang: Golang) -> None:
    key = Ed25519PrivateKey.generate()
    signer = Signer("go.invalid/log", key)
    secret = base64.b64encode(b"\x01" + key.private_bytes_raw()).decode()
    private = f"PRIVATE+KEY+{signer.name}+{signer.verifier.key_id.hex()}+{secret}"
    rng = Random(20261126)
    for size in [1, 2, 3, *(rng.randrange(4, 300) for _ in range(12))]:
        leaves = [urandom(rng.randrange(40)) for _ in range(size)]
        index, old = rng.randrange(size), rng.randrange(1, size + 1)
        included = golang.ask("tree", leaves=leaves, index=index)
        root = base64.b64decode(str(included["root"]))
        path = _hashes(included)
        assert proof.verify_inclusion(leaf_hash(leaves[index]), index, size, path, root)
        before = base64.b64decode(str(golang.ask("tree", leaves=leaves[:old])["root"]))
        grown = _hashes(golang.ask("tree", leaves=leaves, oldsize=old))
        assert proof.verify_consistency(old, size, before, root, grown)
        text = str(Checkpoint(signer.name, size, root))
        note = base64.b64decode(str(golang.ask("sign", text=text, signer=private)["note"]))
        assert checkpoint.opened(note, signer.verifier) == Checkpoint(signer.name, size, root)


def _hashes(answer: dict[str, object]) -> list[bytes]:
    listed = answer.get("proof", [])
    return [base64.b64decode(str(part)) for part in listed] if isinstance(listed, list) else []


def test_go_proves_each_entry_of_a_portal_from_its_public_files(
    golang: Golang, template: Path, tmp_path: Path
) -> None:
    """The whole road: the portal's own files, a witness's line, and a proof that was saved."""
    copy_world(template, tmp_path / "data")
    portal = Portal(tmp_path / "data", free_port())
    with witness(portal, tmp_path / "witness") as place:
        portal.witnesses = place
        with running(portal):
            app = portal.register()
            _, redirect = portal.walk(app, details("checkup"))
            app.fetch(app.redeem(redirect), "/fhir/Observation")
            portal.until_indexed()
            until_witnessed(portal)
        key = portal.run("ledger", "key").strip()
        portal.run("ledger", "prove", "2", "--out", str(tmp_path / "saved.tlog-proof"))
    files = portal.data / "ledger"
    head = _opened(golang, key, (files / "checkpoint").read_bytes())
    [bundle] = files.glob(f"tile/entries/000.p/{head.size}")
    for index, leaf in enumerate(read_bundle(bundle.read_bytes())):
        asked = {"index": index, "size": head.size, "root": head.root, "leaf": leaf}
        assert golang.ask("tiles", directory=str(files), **asked) == {}
        other = {**asked, "leaf": leaf + b" "}
        assert "error" in golang.ask("tiles", directory=str(files), **other)
    saved = Evidence.parse((tmp_path / "saved.tlog-proof").read_bytes())
    proven = _opened(golang, key, saved.checkpoint)
    included = Inclusion(saved.leaf, 2, proven.size, saved.hashes, proven.root)
    assert golang.inclusion(included)
    own = Witness.parse(place.rpartition("@")[0])
    told = golang.ask(
        "cosignature", note=saved.checkpoint, publickey=own.key.public_bytes_raw()
    )
    seen = own.cosigned_at(saved.checkpoint)
    assert seen is not None
    assert told == {"time": int(seen.timestamp())}
    verdict = evidence.judge(saved, Verifier.parse(key), [own])
    assert isinstance(verdict, evidence.Proven)


def _opened(golang: Golang, key: str, note: bytes) -> Checkpoint:
    """The checkpoint in a note that Go has opened."""
    return Checkpoint.parse(str(golang.ask("note", key=key, note=note)["text"]))
