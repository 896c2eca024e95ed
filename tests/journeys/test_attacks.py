"""Whoever changes what the ledger holds is found out: each attack, and what shows it.

`docs/ledger.md` has the same table for people; a test holds the two together.
"""

import json
import re
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from typer.testing import CliRunner

from consent.ledger import tables
from consent.ledger.cosignature import Cosigner
from mynaportal_sim import keys
from mynaportal_sim.cli.ledger import app as ledger
from mynaportal_sim.transparency.promises import HEADER
from mynaportal_sim.witness_places import WitnessPlace
from tests.journeys import operator
from tests.journeys.kit import (
    Portal,
    copy_world,
    details,
    free_port,
    running,
    until_witnessed,
    witness,
)
from tests.journeys.operator import Operator

Harm = Callable[[Operator], object]
PAGE = {"Accept": "text/html", "Accept-Language": "en"}
DOCS = Path(__file__).parents[2] / "docs" / "ledger.md"


@dataclass(frozen=True)
class Finished:
    """What a portal, a person, an app and a witness have when the portal stands still."""

    portal: Portal
    kept: Path
    witness: str
    size: int

    def detect(self, detector: str, data: Path, status: int) -> str:
        """What a detector says of the log in a directory."""
        key = ("--key", str(keys.ledger_signer(self.portal.data / "keys").verifier))
        given, kept = data / "promise", self.kept / "promise"
        commands: dict[str, tuple[str, ...]] = {
            "verify": ("verify",),
            "witness": ("verify", "--witness", self.witness),
            "public files": ("verify", "--from", str(data / "ledger"), *key),
            "promise": ("verify", "--promise", str(given if given.exists() else kept)),
            "kept proof": (
                "verify", str(data / "growth.json"), "--old", str(self.kept / "own.tlog-proof"),
            ),
        }  # fmt: skip
        if detector == "kept proof":
            grown = ("--since", str(self.size), "--out", str(data / "growth.json"))
            _ledger(data, "prove", *grown)
        return _ledger(data, *commands[detector], status=status)


def _ledger(data: Path, *arguments: str, status: int = 0) -> str:
    """What `mynasim ledger` says on a data directory."""
    done = CliRunner().invoke(ledger, [*arguments, "--data", str(data)])
    said = done.output if isinstance(done.exception, SystemExit | None) else str(done.exception)
    assert done.exit_code == status, said
    return said


@pytest.fixture(scope="module")
def finished(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Finished]:
    """The state that a portal leaves after a walk, with the witness still there to be asked."""
    home = tmp_path_factory.mktemp("attacks")
    copy_world(template, home / "data")
    portal = Portal(home / "data", free_port())
    with witness(portal, home / "witness") as place:
        portal.witnesses = place
        with running(portal):
            app = portal.register()
            browser, redirect = portal.walk(app, details("checkup"))
            answer = app.fetch(app.redeem(redirect), "/fhir/Observation")
            (home / "promise").write_text(f"{HEADER}: {answer.headers[HEADER]}\n")
            portal.until_indexed()
            size = until_witnessed(portal)
            portal.run("ledger", "prove", "0", "--out", str(home / "own.tlog-proof"))
            (home / "history.json").write_text(json.dumps(browser.see("/history")))
            saved = browser._http.get(f"{portal.url}/history/{size - 1}/proof")
            (home / "saved.tlog-proof").write_bytes(saved.content)
            page = browser._http.get(f"{portal.url}/history", headers=PAGE)
            (home / "history.html").write_text(page.text)
        portal.run("clock", "forward", "5m")
        yield Finished(portal, home, place, size)


def stored(change: operator.Change) -> Harm:
    """A change of what is stored, by somebody without the log's key."""
    return lambda by: by.change(change)


def signed(change: operator.Change) -> Harm:
    """A change that the operator signs anew, with the log's key."""
    return lambda by: by.sign_anew(change)


def published(path: str) -> Harm:
    """A change of a public file."""

    def harm(by: Operator) -> None:
        file = max(by.settings.ledger.glob(path), key=lambda part: int(part.name))
        content = bytearray(file.read_bytes())
        content[40] ^= 1
        file.write_bytes(bytes(content))

    return harm


@dataclass(frozen=True)
class Attack:
    """What is done, what shows it and says so, and what cannot see it."""

    name: str
    harm: Harm
    detector: str
    says: str
    blind: tuple[str, ...] = ()


_BODY = operator.flip(tables.bodies, "body", operator.entry_id)
_LEAF = operator.flip(tables.entries, "leaf", operator.entry_id)
_HASH = operator.flip(tables.tile_rows, "hashes", lambda _: 0)
_NOTE = operator.flip(tables.checkpoints, "note", operator.newest_size)

ATTACKS = [
    Attack("a byte of a leaf is changed", stored(_LEAF), "verify", "entry 3: the stored leaf"),
    Attack("a byte of a body is changed", stored(_BODY), "verify", "entry 3: the stored body"),
    Attack(
        "a leaf is made another type", stored(operator.no_text), "verify", "entry 3: the stored"
    ),
    Attack("an entry is removed", stored(operator.remove), "verify", "entry 3: "),
    Attack("a stored hash is changed", stored(_HASH), "verify", "checkpoint of size"),
    Attack("a checkpoint is changed", stored(_NOTE), "verify", "checkpoint of size"),
    Attack(
        "a body is erased and no entry says so",
        stored(operator.erase_in_secret),
        "verify",
        "entry 3: the body is gone",
        ("public files",),
    ),
    Attack(
        "an entry is back-dated, and the log signed anew",
        signed(operator.back_date),
        "verify",
        "is dated before others that were logged earlier",
    ),
    Attack(
        "an entry is rewritten, and the log signed anew",
        signed(operator.reword),
        "witness",
        "the log differs from what a witness saw of it",
        ("verify", "public files"),
    ),
    Attack(
        "the tail is cut off, and the log signed anew",
        signed(operator.cut_tail),
        "witness",
        "the log is shorter than a witness saw it",
        ("verify", "public files"),
    ),
    Attack(
        "the log forks from a proof that somebody kept",
        signed(operator.reword),
        "kept proof",
        "not the one in",
        ("verify",),
    ),
    Attack(
        "an acknowledged entry is dropped before it has a place",
        operator.drop_from_outbox,
        "promise",
        "Broken: ",
        ("verify", "witness", "public files"),
    ),
    Attack(
        "an acknowledged entry is cut off with the tail",
        signed(operator.cut_tail),
        "promise",
        "Broken: ",
        ("verify", "public files"),
    ),
    Attack(
        "another leaf is published than was signed",
        published("tile/entries/000.p/*"),
        "public files",
        "entry 0: the stored leaf does not fit",
        ("verify",),
    ),
]


@pytest.mark.parametrize("attack", ATTACKS, ids=[attack.name for attack in ATTACKS])
def test_each_attack_is_shown_by_its_detector(
    finished: Finished, attack: Attack, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    shutil.copytree(finished.portal.data, data)
    attack.harm(Operator.of(data))
    assert attack.says in finished.detect(attack.detector, data, status=1)
    for detector in attack.blind:
        finished.detect(detector, data, status=0)


@pytest.mark.parametrize(
    "detector", ["verify", "witness", "public files", "promise", "kept proof"]
)
def test_an_honest_log_alarms_nobody(finished: Finished, detector: str, tmp_path: Path) -> None:
    data = tmp_path / "data"
    shutil.copytree(finished.portal.data, data)
    finished.detect(detector, data, status=0)


def test_a_proof_that_a_person_saved_is_checked_with_every_server_stopped(
    finished: Finished, tmp_path: Path
) -> None:
    key = str(keys.ledger_signer(finished.portal.data / "keys").verifier)
    trusted = ("--key", key, "--witness", finished.witness.rpartition("@")[0])
    said = _ledger(
        tmp_path / "gone", "verify", str(finished.kept / "saved.tlog-proof"), *trusted
    )
    assert "Proven: entry" in said
    assert "app_name: すこやか手帳" in said
    assert "witness.invalid/test witnessed it at" in said
    assert "holder" not in said


def test_a_witness_that_says_nothing_is_no_witness(finished: Finished, tmp_path: Path) -> None:
    key = str(keys.ledger_signer(finished.portal.data / "keys").verifier)
    stranger = str(Cosigner("other.invalid", Ed25519PrivateKey.generate()).witness)
    proof = str(finished.kept / "saved.tlog-proof")
    told = _ledger(tmp_path, "verify", proof, "--key", key, "--witness", stranger, status=1)
    assert "other.invalid has cosigned none of this" in told


def test_a_person_sees_how_many_witnesses_have_seen_an_entry(finished: Finished) -> None:
    told = json.loads((finished.kept / "history.json").read_text())
    [witness] = told["witnesses"]
    assert witness["name"] == "witness.invalid/test"
    assert witness["size"] == finished.size
    seen = sum(entry["position"] < witness["size"] for entry in told["entries"])
    page = (finished.kept / "history.html").read_text()
    assert seen
    assert page.count("seen by 1 of 1 witnesses") == seen


def test_the_published_checkpoint_bears_the_witnesss_line(finished: Finished) -> None:
    note = (finished.portal.data / "ledger" / "checkpoint").read_bytes()
    witness = WitnessPlace.parse(finished.witness).witness
    assert witness.cosigned_at(note) is not None


def test_the_documented_table_of_attacks_is_this_one() -> None:
    rows = re.findall(r"^\| ([^|]+) \| `([^|`]+)` \|", DOCS.read_text(), re.MULTILINE)
    assert rows == [(attack.name, attack.detector) for attack in ATTACKS]
