"""An export is there as a whole or not at all, and holds all that was signed."""

import json
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime, timedelta
from os import urandom
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from sqlalchemy import Connection, Delete, delete

from consent.ledger import store, tables
from consent.ledger.entry import Entry, Value
from consent.ledger.errors import UntrustedNoteError
from consent.ledger.note import Verifier
from mynaportal_sim import __version__, keys
from mynaportal_sim.database import Database
from mynaportal_sim.research.errors import DamagedLogError, NoCheckpointError, TakenError
from mynaportal_sim.research.export import Source, export
from mynaportal_sim.research.formats import Format
from mynaportal_sim.research.manifest import FileRecord, Manifest
from mynaportal_sim.research.place import whole
from mynaportal_sim.research.verification import verify
from tests.mynaportal_sim.research.logs import BEGIN, SIGNER, logged, written

HANAKO = urandom(32)


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    with closing(Database(database_url)) as database:
        yield database


def happened(count: int) -> list[tuple[datetime, Entry]]:
    fields: dict[str, Value] = {
        "app_name": "健康ノート",
        "categories": ["checkup"],
        "reference": "R",
    }
    return [
        (
            BEGIN + timedelta(seconds=n),
            Entry("access.permitted", {**fields, "count": n}, HANAKO),
        )
        for n in range(count)
    ]


def test_the_files_hold_what_was_signed_and_no_more(database: Database, tmp_path: Path) -> None:
    logged(database, happened(700))
    database.run(store.append, Entry("token.issued", {}), BEGIN, urandom)
    manifest = written(database, tmp_path / "copy")
    rows = pq.read_table(tmp_path / "copy" / "entries.parquet").to_pylist()
    assert [row["index"] for row in rows] == [row["count"] for row in rows] == list(range(700))
    assert rows[699]["at"] == datetime.fromisoformat("2026-11-26T21:11:39")
    assert rows[699]["minute"] == datetime.fromisoformat("2026-11-26T21:11:00")
    assert rows[699]["categories"] == ["checkup"]
    assert rows[699]["reference"] is None
    lines = (tmp_path / "copy" / "entries.jsonl").read_text().splitlines()
    last = json.loads(lines[699])
    assert (len(lines), last["index"], last["fields"]["count"]["value"]) == (700, 699, 699)
    assert "reference" not in last["fields"]
    assert manifest == Manifest.read(tmp_path / "copy")
    assert (manifest.size, manifest.erased, manifest.seed) == (700, 0, None)
    assert manifest.product == f"mynaportal-sim {__version__}"
    assert verify(tmp_path / "copy", SIGNER.verifier, lambda _: None).findings == ()


def test_each_file_is_recorded_with_its_hash(database: Database, tmp_path: Path) -> None:
    logged(database, happened(3))
    manifest = written(database, tmp_path / "copy")
    there = {path.name for path in (tmp_path / "copy").iterdir()}
    assert there == manifest.files.keys() | {"manifest.json"}
    for name, record in manifest.files.items():
        assert record == FileRecord.of(tmp_path / "copy" / name)


@pytest.mark.parametrize(
    ("wanted", "files"),
    [
        pytest.param((Format.PARQUET,), {"entries.parquet", "openings.parquet"}, id="parquet"),
        pytest.param((Format.JSONL,), {"entries.jsonl"}, id="jsonl"),
    ],
)
def test_one_format_suffices(
    database: Database, tmp_path: Path, wanted: tuple[Format, ...], files: set[str]
) -> None:
    logged(database, happened(3))
    manifest = written(database, tmp_path / "copy", wanted)
    assert manifest.files.keys() == files | {"checkpoint", "hashes"}
    assert verify(tmp_path / "copy", SIGNER.verifier, lambda _: None).whole


def test_erased_entries_keep_their_leaf_and_the_export_is_whole(
    database: Database, tmp_path: Path
) -> None:
    logged(database, happened(5))
    database.run(store.erase, [1, 3], "request", BEGIN, urandom)
    logged(database, [])
    assert written(database, tmp_path / "copy").erased == 2
    rows = pq.read_table(tmp_path / "copy" / "entries.parquet").to_pylist()
    assert [row["at"] is None for row in rows] == [False, True, False, True, False, False]
    assert rows[1]["type"] == "access.permitted"
    assert verify(tmp_path / "copy", SIGNER.verifier, lambda _: None).findings == ()


def test_a_body_that_is_gone_without_a_word_is_not_passed_on(
    database: Database, tmp_path: Path
) -> None:
    logged(database, happened(3))
    drop = delete(tables.bodies).where(tables.bodies.c.entry_id == 2)
    database.run(Connection.execute, drop)
    with pytest.raises(DamagedLogError, match="entry 1 of the log"):
        written(database, tmp_path / "copy")
    assert list(tmp_path.glob("*copy*")) == []


@pytest.mark.parametrize(
    "lost",
    [
        pytest.param([delete(tables.bodies), delete(tables.entries)], id="entries"),
        pytest.param([delete(tables.tile_rows)], id="hashes"),
    ],
)
def test_what_is_missing_is_named(
    database: Database, tmp_path: Path, lost: list[Delete]
) -> None:
    logged(database, happened(3))
    for statement in lost:
        database.run(Connection.execute, statement)
    with pytest.raises(DamagedLogError, match="entry 0 of the log"):
        written(database, tmp_path / "copy")


def test_without_a_checkpoint_there_is_nothing_to_export(
    database: Database, tmp_path: Path
) -> None:
    with pytest.raises(NoCheckpointError):
        written(database, tmp_path / "copy")


def test_a_checkpoint_of_another_key_is_not_passed_on(
    database: Database, tmp_path: Path
) -> None:
    logged(database, happened(1))
    keys.create(tmp_path / "keys")
    other: Verifier = keys.ledger_signer(tmp_path / "keys").verifier
    with pytest.raises(UntrustedNoteError):
        database.run(export, tmp_path / "copy", Source(other), [Format.JSONL], print)
    assert not (tmp_path / "copy").exists()


def _empty(place: Path) -> None:
    place.mkdir()


def _full(place: Path) -> None:
    place.mkdir()
    (place / "mine").write_text("kept")


def _file(place: Path) -> None:
    place.write_text("kept")


def _link(place: Path) -> None:
    place.symlink_to(place.parent)


@pytest.mark.parametrize("there", [_full, _file, _link], ids=["a file in it", "file", "link"])
def test_a_place_with_something_in_it_is_left_alone(tmp_path: Path, there: object) -> None:
    place = tmp_path / "copy"
    there(place)  # type: ignore[operator]
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(TakenError), whole(place):
        pass
    assert sorted(tmp_path.rglob("*")) == before


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    _empty(tmp_path / "copy")
    with whole(tmp_path / "copy") as partial:
        (partial / "x").write_text("x")
    assert (tmp_path / "copy" / "x").read_text() == "x"


def test_two_do_not_write_to_one_place(tmp_path: Path) -> None:
    with whole(tmp_path / "copy") as partial:
        (partial / "x").write_text("first")
        with pytest.raises(TakenError, match="another process"), whole(tmp_path / "copy"):
            pass
    assert (tmp_path / "copy" / "x").read_text() == "first"


ENDLESS = """
import sys
from pathlib import Path
from mynaportal_sim.database import Database
from mynaportal_sim.research.formats import Format
from tests.mynaportal_sim.research.logs import SOURCE
from mynaportal_sim.research import export, pages
database, place = Database(sys.argv[1]), Path(sys.argv[2])
pages.PAGE = 4
def wait(count):
    print(count, flush=True)
    sys.stdin.readline()
database.run(export.export, place, SOURCE, list(Format), wait)
"""


@pytest.mark.parametrize("pages", [1, 5, 8])
def test_a_killed_export_leaves_nothing_that_looks_whole_and_the_next_succeeds(
    tmp_path: Path, sqlite_template: Path, pages: int
) -> None:
    path = tmp_path / "log.sqlite3"
    path.write_bytes(sqlite_template.read_bytes())
    with closing(Database(f"sqlite:///{path}")) as database:
        logged(database, happened(20))
        command = [sys.executable, "-c", ENDLESS, database.url, str(tmp_path / "copy")]
        with subprocess.Popen(
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
        ) as process:
            assert process.stdin is not None
            assert process.stdout is not None
            for _ in range(pages):
                assert process.stdout.readline() == "4\n"
                process.stdin.write("\n")
                process.stdin.flush()
            assert process.stdout.readline() == "4\n"
            process.send_signal(signal.SIGKILL)
        assert not (tmp_path / "copy").exists()
        (partial,) = tmp_path.glob(".copy*")
        assert not (partial / "manifest.json").exists()
        assert written(database, tmp_path / "copy").size == 20
    assert list(tmp_path.glob(".copy*")) == []
    assert verify(tmp_path / "copy", SIGNER.verifier, lambda _: None).whole


EXPORT = """
import resource, sys
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from sqlmodel import SQLModel
from mynaportal_sim.cli.benchmarks.history import happening, store_log
from mynaportal_sim.database import Database
from tests.mynaportal_sim.research.logs import SIGNER, written
place, size = Path(sys.argv[1]), int(sys.argv[2])
database = Database(f"sqlite:///{place}/{size}.sqlite3")
SQLModel.metadata.create_all(database.engine)
happened = happening(size, datetime(2026, 1, 1, tzinfo=UTC), Random(1))
database.run(store_log, happened, SIGNER, Random(2))
written(database, place / str(size))
print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss)
"""


@pytest.mark.deep
def test_a_longer_log_takes_no_more_memory(tmp_path: Path) -> None:
    peaks = []
    for size in (100_000, 300_000):
        command = [sys.executable, "-c", EXPORT, str(tmp_path), str(size)]
        environment = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
        done = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
        peaks.append(int(done.stdout))
    assert peaks[1] < 1.15 * peaks[0]
