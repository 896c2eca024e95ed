import base64
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from os import urandom
from pathlib import Path

import pytest
from sqlalchemy import Connection, update
from sqlmodel import SQLModel
from typer.testing import CliRunner, Result

from consent.ledger import checkpoint, store
from consent.ledger.checkpoint import Checkpoint
from consent.ledger.entry import Entry
from consent.ledger.errors import LedgerError
from consent.ledger.sequencer import sequence
from mynaportal_sim import keys
from mynaportal_sim.cli.failures import CommandError, told
from mynaportal_sim.cli.ledger import app
from mynaportal_sim.database import Database
from mynaportal_sim.settings import Settings

NOW = datetime(2026, 11, 23, 18, 29, 59, tzinfo=UTC)
ENTRIES = [
    Entry("app.registered", {"app_id": "app-1", "app_name": "健康ノート"}),
    Entry(
        "consent.granted", {"app_name": "健康ノート", "categories": ["checkup"]}, urandom(32)
    ),
    Entry("access.refused", {"app_name": "\x1b[2J手帳", "reason": "withdrawn"}, urandom(32)),
]


@pytest.fixture
def data(tmp_path: Path) -> Iterator[Path]:
    """A data directory with three entries in the log and one that waits for its index."""
    directory = tmp_path / "state"
    directory.mkdir()
    settings = Settings(data=directory)
    keys.create(settings.keys)
    database = Database(settings.database_url)
    SQLModel.metadata.create_all(database.engine)
    for entry in ENTRIES:
        database.run(store.append, entry, NOW, urandom)
    database.run(sequence, keys.ledger_signer(settings.keys), NOW)
    database.run(store.append, Entry("token.issued", {}), NOW, urandom)
    yield directory
    database.close()


def ledger(data: Path, *arguments: str) -> Result:
    return CliRunner().invoke(app, [*arguments, "--data", str(data)])


def changed(data: Path, name: str, values: dict[str, bytes]) -> None:
    database = Database(Settings(data=data).database_url)
    table = SQLModel.metadata.tables[name]

    def change(connection: Connection) -> None:
        connection.execute(
            update(table).where(table.primary_key.columns[0] == 2).values(values)
        )

    database.run(change)
    database.close()


def test_list_shows_the_newest_first_and_obeys_no_escape_sequence(data: Path) -> None:
    lines = ledger(data, "list").output.splitlines()
    assert [line.split()[0] for line in lines] == ["index", "waits", "2", "1", "0"]
    assert "2026-11-23T18:29:59Z" in lines[2]
    assert "withdrawn" in lines[2]
    assert "\x1b" not in lines[2]
    assert "checkup" in lines[3]
    assert "健康ノート" in lines[4]


def test_list_names_no_holder(data: Path) -> None:
    listed = json.loads(ledger(data, "list", "--json", "--limit", "2").output)
    assert [entry["index"] for entry in listed] == [None, 2]
    assert listed[1]["fields"] == {"app_name": "\x1b[2J手帳", "reason": "withdrawn"}


def test_verify_says_that_the_whole_is_whole_and_what_waits(data: Path) -> None:
    result = ledger(data, "verify")
    assert result.exit_code == 0
    assert result.output.startswith("Whole: 3 entries, 3 with a body")
    assert "1 more await an index." in result.output


@pytest.mark.parametrize(
    ("table", "values", "says"),
    [
        pytest.param("ledger_entries", {"leaf": b"{}"}, "entry 1: the stored leaf", id="leaf"),
        pytest.param("ledger_bodies", {"body": b"{}"}, "entry 1: the stored body", id="body"),
        pytest.param(
            "ledger_bodies", {"holder": b"x"}, "entry 1: the stored body", id="holder"
        ),
    ],
)
def test_verify_names_the_entry_that_was_changed(
    data: Path, table: str, values: dict[str, bytes], says: str
) -> None:
    changed(data, table, values)
    result = ledger(data, "verify")
    assert result.exit_code == 1
    assert result.output.startswith(says)
    report = json.loads(ledger(data, "verify", "--json").output)
    assert report["whole"] is False
    assert [found["at"] for found in report["findings"]] == [1]


def test_verify_trusts_the_key_it_is_given_and_no_other(data: Path, tmp_path: Path) -> None:
    keys.create(tmp_path / "others")
    other = str(keys.ledger_signer(tmp_path / "others").verifier)
    result = ledger(data, "verify", "--key", other)
    assert result.exit_code == 1
    assert "checkpoint of size 3: the checkpoint is not signed" in result.output
    own = ledger(data, "key").output.strip()
    assert ledger(data, "verify", "--key", own).exit_code == 0


def test_a_proof_is_checked_with_the_portal_gone(data: Path, tmp_path: Path) -> None:
    file = tmp_path / "entry.tlog-proof"
    written = ledger(data, "prove", "2", "--show", "reason", "--out", str(file))
    assert written.exit_code == 0
    key = ledger(data, "key").output.strip()
    result = ledger(tmp_path / "gone", "verify", str(file), "--key", key)
    assert result.exit_code == 0
    assert "Proven: entry 2 of the 3" in result.output
    assert "reason: withdrawn" in result.output
    told = json.loads(
        ledger(tmp_path / "gone", "verify", str(file), "--key", key, "--json").output
    )
    assert told["fields"] == {"reason": "withdrawn"}


def test_a_proof_of_another_index_proves_nothing(data: Path, tmp_path: Path) -> None:
    proof = ledger(data, "prove", "2").stdout_bytes
    file = tmp_path / "entry.tlog-proof"
    file.write_bytes(proof.replace(b"index 2", b"index 1"))
    result = ledger(data, "verify", str(file))
    assert isinstance(result.exception, CommandError)
    assert "proves nothing" in str(result.exception)


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        pytest.param(["prove", "3"], "no signed checkpoint covers", id="waits for its index"),
        pytest.param(["prove", "0", "--show", "x"], "has no field x", id="no such field"),
        pytest.param(["prove", "--since", "2"], "no checkpoint of size 2", id="never signed"),
    ],
)
def test_what_cannot_be_proven_is_told(data: Path, arguments: list[str], says: str) -> None:
    result = ledger(data, *arguments)
    assert isinstance(result.exception, CommandError)
    assert says in str(result.exception)


def grow(data: Path) -> None:
    """Index what waits, so that the log is signed at size 4 too."""
    settings = Settings(data=data)
    database = Database(settings.database_url)
    database.run(sequence, keys.ledger_signer(settings.keys), NOW)
    database.close()


@pytest.fixture
def growth(data: Path, tmp_path: Path) -> Path:
    """A proof that a log of 3 entries grew to 4, beside the proof of an entry."""
    ledger(data, "prove", "2", "--out", str(tmp_path / "kept.tlog-proof"))
    grow(data)
    file = tmp_path / "growth.json"
    assert ledger(data, "prove", "--since", "3", "--out", str(file)).exit_code == 0
    return file


@pytest.mark.parametrize("kept", [(), ("--old", "kept.tlog-proof")], ids=["alone", "kept"])
def test_growth_is_checked_with_the_portal_gone(
    data: Path, growth: Path, kept: tuple[str, ...]
) -> None:
    old = [str(growth.parent / part) if "." in part else part for part in kept]
    key = ledger(data, "key").output.strip()
    check = ("verify", str(growth), "--key", key, *old)
    result = ledger(data.parent / "gone", *check)
    assert result.exit_code == 0
    assert "its log of 3 entries until there were 4" in result.output
    told = json.loads(ledger(data.parent / "gone", *check, "--json").output)
    assert (told["proven"], told["old_size"], told["new_size"]) == (True, 3, 4)


def test_growth_with_another_hash_or_another_order_proves_nothing(
    data: Path, growth: Path
) -> None:
    document = json.loads(growth.read_text())
    other = base64.b64encode(urandom(32)).decode()
    for harm in (
        {"hashes": [other, *document["hashes"][1:]]},
        {"hashes": document["hashes"][1:]},
        {"old": document["new"], "new": document["old"]},
    ):
        growth.write_text(json.dumps({**document, **harm}))
        result = ledger(data, "verify", str(growth))
        assert isinstance(result.exception, CommandError)
        assert "does not prove" in str(result.exception)


def test_growth_from_a_log_that_was_signed_anew_is_not_from_the_one_kept(
    data: Path, growth: Path
) -> None:
    signer = keys.ledger_signer(Settings(data=data).keys)
    rewritten = checkpoint.sign(Checkpoint(signer.name, 3, urandom(32)), signer)
    kept = growth.with_name("kept.note")
    kept.write_bytes(rewritten)
    result = ledger(data, "verify", str(growth), "--old", str(kept))
    assert isinstance(result.exception, CommandError)
    assert "not the one in" in str(result.exception)


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(b"{", id="no JSON"),
        pytest.param(b'{"old": 1, "new": "", "hashes": []}', id="no note"),
        pytest.param(b'{"old": "", "new": "", "hashes": ["="]}', id="no base64"),
        pytest.param(b'{"old": "\\ud800", "new": "", "hashes": []}', id="no text"),
        pytest.param(b'{"x": ' * 5000, id="nested deeply"),
    ],
)
def test_a_file_that_is_no_growth_is_told(data: Path, content: bytes) -> None:
    file = data.parent / "growth.json"
    file.write_bytes(content)
    told = ledger(data, "verify", str(file)).exception
    assert isinstance(told, CommandError)
    assert str(told).startswith(f"{file}: ")


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param([], id="neither"),
        pytest.param(["1", "--since", "1"], id="both"),
        pytest.param(["--since", "3", "--show", "reason"], id="a field of no entry"),
    ],
)
def test_prove_wants_an_entry_or_growth(data: Path, arguments: list[str]) -> None:
    assert ledger(data, "prove", *arguments).exit_code == 2


def test_proofs_are_given_to_programs(data: Path, tmp_path: Path) -> None:
    entry = json.loads(ledger(data, "prove", "2", "--json").output)
    assert entry == {"index": 2, "proof": ledger(data, "prove", "2").output}
    growth = json.loads(ledger(data, "prove", "--since", "3", "--json").output)
    assert growth["proof"] == json.loads(ledger(data, "prove", "--since", "3").output)
    file = tmp_path / "entry.tlog-proof"
    written = json.loads(ledger(data, "prove", "2", "--out", str(file), "--json").output)
    assert written == {"index": 2, "file": str(file)}
    assert file.read_text() == entry["proof"]


def test_a_proof_that_cannot_be_written_is_told(
    data: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    place = str(data / "none" / "proof")
    with pytest.raises(SystemExit), told():
        app(["prove", "2", "--out", place, "--data", str(data)], standalone_mode=False)
    assert capsys.readouterr().err.startswith(f"mynasim: {place} cannot be used")


def test_without_a_portal_it_says_how_to_start_one(tmp_path: Path) -> None:
    result = ledger(tmp_path / "nowhere", "list")
    assert isinstance(result.exception, CommandError)
    assert "mynasim up" in str(result.exception)
    assert not (tmp_path / "nowhere").exists()


def test_what_was_erased_is_gone_and_every_proof_stays_valid(
    data: Path, tmp_path: Path
) -> None:
    file = tmp_path / "kept.tlog-proof"
    ledger(data, "prove", "2", "--copy", "person", "--out", str(file))
    done = ledger(data, "erase", "2", "7", "--reason", "asked for", "--yes", "--json")
    assert json.loads(done.output) == {"erased": [2], "nothing": [7]}
    said = json.loads(ledger(data, "verify", "--json").output)
    assert (said["whole"], said["waiting"]) == (True, 2)  # before the erasure has its index
    assert ledger(data, "erase", "2", "--reason", "x", "--yes").exit_code == 1
    grow(data)
    assert ledger(data, "verify").exit_code == 0
    assert ledger(data, "verify", str(file)).exit_code == 0
    assert ledger(data, "prove", "2").exit_code == 0
    assert "no field reason" in str(ledger(data, "prove", "2", "--show", "reason").exception)
    newest = json.loads(ledger(data, "list", "--json", "--limit", "1").output)[0]
    assert newest["type"] == "ledger.erased"
    assert newest["fields"] == {"entries": ["2"], "reason": "asked for"}


def test_nothing_is_erased_unless_somebody_says_yes(data: Path) -> None:
    refused = ledger(data, "erase", "2", "--reason", "x")
    assert isinstance(refused.exception, CommandError)
    assert "--yes" in str(refused.exception)
    assert json.loads(ledger(data, "list", "--json").output)[1]["erased"] is False


@pytest.mark.parametrize(
    ("copy", "fields"),
    [
        pytest.param("person", {"app_name", "at", "reason"}, id="person"),
        pytest.param("app", {"app_name", "at", "reason"}, id="app"),
        pytest.param("auditor", {"app_name", "at", "holder", "reason"}, id="auditor"),
    ],
)
def test_a_proof_opens_what_its_readers_copy_shows(
    data: Path, tmp_path: Path, copy: str, fields: set[str]
) -> None:
    file = tmp_path / "copy.tlog-proof"
    ledger(data, "prove", "2", "--copy", copy, "--out", str(file))
    told = json.loads(ledger(data, "verify", str(file), "--json").output)
    assert told["fields"].keys() == fields


@pytest.mark.parametrize(
    ("arguments", "content", "says"),
    [
        pytest.param(["--promise", "FILE"], b"", "no", id="empty promise"),
        pytest.param(["--promise", "FILE"], b"not base64!", "no promise", id="no base64"),
        pytest.param(["--promise", "FILE"], b"\xff\xfe\n\n", "no promise", id="binary promise"),
        pytest.param(["--promise", "FILE"], b"YQ==, YQ==", "several", id="joined promises"),
        pytest.param(["FILE"], b"\xff", "no proof", id="binary proof"),
        pytest.param(["--from", "FILE"], b"", "neither a directory nor", id="a file as log"),
        pytest.param(["--from", "FILE/.."], b"", "publishes no checkpoint", id="no log there"),
        pytest.param(
            ["--from", "http://127.0.0.1:9"], b"", "cannot be fetched", id="no server"
        ),
        pytest.param(["--witness", "x"], b"", "give KEY@URL", id="no witness"),
        pytest.param(["--witness", "x@http://127.0.0.1:9"], b"", "verifier key", id="no key"),
        pytest.param(["--witness", "x@http://["], b"", "give KEY@URL", id="no address"),
        pytest.param(["--key", "x"], b"", "verifier key", id="no log key"),
        pytest.param(["--key", ""], b"", "verifier key", id="empty log key"),
        pytest.param(
            ["--key", f"a\udcff+0123abcd+AQ{'A' * 42}"], b"", "verifier key", id="no UTF-8"
        ),
    ],
)
def test_what_cannot_be_verified_is_told(
    data: Path, arguments: list[str], content: bytes, says: str
) -> None:
    file = data.parent / "given"
    file.write_bytes(content)
    given = [
        one.replace("FILE/..", str(data.parent)).replace("FILE", str(file)) for one in arguments
    ]
    result = ledger(data, "verify", *given)
    assert isinstance(result.exception, CommandError | LedgerError)
    assert says in str(result.exception)
    if "FILE" in arguments and "--from" not in arguments:
        assert str(file) in str(result.exception)


@pytest.mark.parametrize(
    "arguments",
    [
        pytest.param(["FILE", "--from", "x"], id="a proof from somewhere"),
        pytest.param(["FILE", "--promise", "FILE"], id="a proof and a promise"),
        pytest.param(["--promise", "FILE", "--witness", "x"], id="a promise to a witness"),
        pytest.param(["--old", "FILE"], id="an old log alone"),
    ],
)
def test_options_that_do_not_go_together_are_refused(data: Path, arguments: list[str]) -> None:
    file = data.parent / "given"
    file.write_bytes(b"")
    given = [one.replace("FILE", str(file)) for one in arguments]
    assert ledger(data, "verify", *given).exit_code == 2
