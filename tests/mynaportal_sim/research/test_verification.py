"""Whatever is changed in an export is named, with its file and its index."""

import json
import shutil
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from os import urandom
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from consent.ledger import checkpoint, store
from consent.ledger.checkpoint import Checkpoint
from consent.ledger.entry import Entry, Value
from consent.ledger.note import Verifier
from mynaportal_sim import keys
from mynaportal_sim.database import Database
from mynaportal_sim.research.errors import NoExportError
from mynaportal_sim.research.manifest import FileRecord, Manifest
from mynaportal_sim.research.verification import Fault, Finding, verify
from tests.mynaportal_sim.research.logs import BEGIN, SIGNER, logged, written

Harm = Callable[[Path], None]

FIELDS: dict[str, Value] = {
    "app_name": "健康ノート",
    "categories": ["checkup"],
    "new_field": "x",
    "reference": "R",
}
ERASED = 7


@pytest.fixture(scope="module")
def untouched(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path) -> Path:
    """An export of 22 entries, the 7th erased, the last saying so."""
    place = tmp_path_factory.mktemp("log")
    shutil.copy(sqlite_template, place / "log.sqlite3")
    database = Database(f"sqlite:///{place}/log.sqlite3")
    entries = [
        Entry("access.permitted", {**FIELDS, "count": n}, urandom(32)) for n in range(21)
    ]
    logged(database, [(BEGIN + timedelta(minutes=n), one) for n, one in enumerate(entries)])
    database.run(store.erase, [ERASED], "request", BEGIN, urandom)
    logged(database, [])
    written(database, place / "copy")
    database.close()
    return place / "copy"


@pytest.fixture
def copy(untouched: Path, tmp_path: Path) -> Path:
    shutil.copytree(untouched, tmp_path / "copy")
    return tmp_path / "copy"


def recorded(copy: Path) -> None:
    """Make the manifest agree with the files, as somebody who hides a change would."""
    files = {name: FileRecord.of(copy / name) for name in Manifest.read(copy).files}
    manifest(files={name: asdict(record) for name, record in files.items()})(copy)


def rows(name: str, change: Callable[[list[dict[str, object]]], object]) -> Harm:
    """A change of a Parquet file's rows, hidden from the manifest."""

    def harm(copy: Path) -> None:
        table = pq.read_table(copy / name)
        content = table.to_pylist()
        change(content)
        pq.write_table(pa.Table.from_pylist(content, table.schema), copy / name)
        recorded(copy)

    return harm


def lines(change: Callable[[list[bytes]], object]) -> Harm:
    """A change of the lines of JSONL, hidden from the manifest."""

    def harm(copy: Path) -> None:
        content = (copy / "entries.jsonl").read_bytes().splitlines(keepends=True)
        change(content)
        (copy / "entries.jsonl").write_bytes(b"".join(content))
        recorded(copy)

    return harm


def manifest(**values: object) -> Harm:
    def harm(copy: Path) -> None:
        path = copy / "manifest.json"
        document = json.loads(path.read_text()) | values
        path.write_text(json.dumps(document, indent=2, sort_keys=True) + "\n")

    return harm


def overwritten(name: str, at: int, value: bytes) -> Harm:
    def harm(copy: Path) -> None:
        content = bytearray((copy / name).read_bytes())
        content[at : at + len(value)] = value
        (copy / name).write_bytes(content)

    return harm


def replaced(name: str, content: bytes) -> Harm:
    def harm(copy: Path) -> None:
        (copy / name).write_bytes(content)

    return harm


def hidden(harm: Harm) -> Harm:
    def both(copy: Path) -> None:
        harm(copy)
        recorded(copy)

    return both


def another_checkpoint(copy: Path) -> None:
    """One that the log's own key signed, over another tree."""
    note = checkpoint.sign(Checkpoint(SIGNER.name, 22, urandom(32)), SIGNER)
    (copy / "checkpoint").write_bytes(note)
    recorded(copy)


def erased_line(content: list[bytes]) -> None:
    document = json.loads(content[4])
    text = json.dumps({**document, "fields": {}}, separators=(",", ":"), sort_keys=True)
    content[4] = text.encode() + b"\n"


def kept_back(content: list[bytes]) -> None:
    document = json.loads(content[4])
    del document["fields"]["count"]
    text = json.dumps(document, separators=(",", ":"), sort_keys=True, ensure_ascii=False)
    content[4] = text.encode() + b"\n"


def swapped(content: list) -> None:  # type: ignore[type-arg]
    content[4], content[5] = content[5], content[4]


def other(place: int, /, **values: object) -> Callable[[list[dict[str, object]]], object]:
    return lambda content: content[place].update(values)


ENTRIES, OPENINGS, LINES = "entries.parquet", "openings.parquet", "entries.jsonl"


@pytest.mark.parametrize(
    ("harm", "path", "fault", "at"),
    [
        pytest.param(
            rows(ENTRIES, other(4, app_name="x")), ENTRIES, "ROW_CHANGED", 4, id="value"
        ),
        pytest.param(rows(ENTRIES, other(4, count=None)), ENTRIES, "ROW_CHANGED", 4, id="null"),
        pytest.param(rows(ENTRIES, other(4, type="x")), ENTRIES, "ROW_CHANGED", 4, id="type"),
        pytest.param(
            rows(ENTRIES, other(4, minute=BEGIN.replace(tzinfo=None))),
            ENTRIES,
            "ROW_CHANGED",
            4,
            id="minute",
        ),
        pytest.param(
            rows(ENTRIES, other(4, at=BEGIN.replace(tzinfo=None, microsecond=1000))),
            ENTRIES,
            "ROW_CHANGED",
            4,
            id="a millisecond",
        ),
        pytest.param(
            rows(ENTRIES, other(4, other='{"new_field":"y"}')),
            ENTRIES,
            "ROW_CHANGED",
            4,
            id="value without a column",
        ),
        pytest.param(
            rows(ENTRIES, other(4, other='{"new_field": "x"}')),
            ENTRIES,
            "ROW_MALFORMED",
            4,
            id="a space",
        ),
        pytest.param(
            rows(ENTRIES, other(4, service="x")),
            ENTRIES,
            "ROW_MALFORMED",
            4,
            id="a value that was never logged",
        ),
        pytest.param(
            rows(ENTRIES, other(ERASED, type="x")),
            ENTRIES,
            "ROW_CHANGED",
            ERASED,
            id="type of an erased one",
        ),
        pytest.param(
            rows(OPENINGS, other(4, at=urandom(16))), ENTRIES, "ROW_CHANGED", 4, id="salt"
        ),
        pytest.param(
            rows(OPENINGS, other(ERASED, leaf=b"{}")), ENTRIES, "ROW_CHANGED", ERASED, id="leaf"
        ),
        pytest.param(
            rows(OPENINGS, other(4, index=5)),
            ENTRIES,
            "ROW_MALFORMED",
            4,
            id="index of an opening",
        ),
        pytest.param(rows(ENTRIES, swapped), ENTRIES, "ROW_MALFORMED", 4, id="rows swapped"),
        pytest.param(
            lambda c: [rows(f, swapped)(c) for f in (ENTRIES, OPENINGS)],
            ENTRIES,
            "ROW_MISPLACED",
            4,
            id="rows swapped in both",
        ),
        pytest.param(
            lambda c: [rows(f, lambda r: r.pop(4))(c) for f in (ENTRIES, OPENINGS)],
            ENTRIES,
            "ROW_MISPLACED",
            4,
            id="row dropped",
        ),
        pytest.param(
            lambda c: [rows(f, lambda r: r.pop())(c) for f in (ENTRIES, OPENINGS)],
            ENTRIES,
            "ROW_MISSING",
            21,
            id="last row dropped",
        ),
        pytest.param(
            rows(ENTRIES, lambda r: r.pop()),
            ENTRIES,
            "FILE_MISSHAPEN",
            21,
            id="last row dropped in one",
        ),
        pytest.param(
            lambda c: [rows(f, lambda r: r.append(r[-1]))(c) for f in (ENTRIES, OPENINGS)],
            ENTRIES,
            "ROW_BEYOND",
            22,
            id="row added",
        ),
        pytest.param(lines(lambda c: c.pop(4)), LINES, "ROW_MISPLACED", 4, id="line dropped"),
        pytest.param(
            lines(lambda c: c.append(c[-1])), LINES, "ROW_BEYOND", 22, id="line added"
        ),
        pytest.param(lines(swapped), LINES, "ROW_MISPLACED", 4, id="lines swapped"),
        pytest.param(
            lines(lambda c: c.__setitem__(4, c[4].replace(b"checkup", b"basic"))),
            LINES,
            "ROW_CHANGED",
            4,
            id="value in a line",
        ),
        pytest.param(
            lines(lambda c: c.__setitem__(4, c[4].replace(b"{", b"{ ", 1))),
            LINES,
            "ROW_MALFORMED",
            4,
            id="a space in a line",
        ),
        pytest.param(
            lines(lambda c: c.__setitem__(4, c[4].replace(b"access.p", b"access.P"))),
            LINES,
            "ROW_CHANGED",
            4,
            id="leaf in a line",
        ),
        pytest.param(
            lines(lambda c: c.__setitem__(4, b"no JSON\n")),
            LINES,
            "ROW_MALFORMED",
            4,
            id="no JSON",
        ),
        pytest.param(lines(erased_line), LINES, "BODY_GONE", 4, id="fields dropped"),
        pytest.param(lines(kept_back), LINES, "FIELD_MISSING", 4, id="field kept back"),
        pytest.param(
            overwritten(ENTRIES, 200, b"\0" * 64),
            ENTRIES,
            "FILE_CHANGED",
            None,
            id="bytes of a table",
        ),
        pytest.param(
            hidden(replaced(OPENINGS, b"PAR1")),
            ENTRIES,
            "FILE_MISSHAPEN",
            0,
            id="no Parquet",
        ),
        pytest.param(
            overwritten(LINES, 0, b"["), LINES, "FILE_CHANGED", None, id="bytes of lines"
        ),
        pytest.param(
            hidden(overwritten("hashes", 4 * 32, b"\0" * 32)),
            "hashes",
            "ROOT_DIFFERS",
            None,
            id="hash",
        ),
        pytest.param(
            hidden(replaced("hashes", b"")),
            "hashes",
            "FILE_MISSHAPEN",
            None,
            id="no hashes",
        ),
        pytest.param(
            lambda c: (c / OPENINGS).unlink(), OPENINGS, "FILE_MISSING", None, id="file dropped"
        ),
        pytest.param(
            lambda c: (c / "more").write_text(""), "more", "FILE_UNKNOWN", None, id="file added"
        ),
        pytest.param(another_checkpoint, "hashes", "ROOT_DIFFERS", None, id="checkpoint"),
        pytest.param(
            hidden(overwritten("checkpoint", 13, b"1")),
            "checkpoint",
            "CHECKPOINT_UNTRUSTED",
            None,
            id="checkpoint's text",
        ),
        pytest.param(
            hidden(replaced("checkpoint", b"x")),
            "checkpoint",
            "FILE_MISSHAPEN",
            None,
            id="no checkpoint",
        ),
        pytest.param(manifest(size=21), "manifest.json", "MANIFEST_DIFFERS", None, id="size"),
        pytest.param(manifest(root="00"), "manifest.json", "MANIFEST_DIFFERS", None, id="root"),
        pytest.param(
            manifest(erased=0), "manifest.json", "MANIFEST_DIFFERS", None, id="erased"
        ),
    ],
)
def test_what_was_changed_is_named(
    copy: Path, harm: Harm, path: str, fault: str, at: int | None
) -> None:
    harm(copy)
    findings = verify(copy, SIGNER.verifier, lambda _: None).findings
    assert (path, Fault[fault], at) in [(one.path, one.fault, one.at) for one in findings]


def test_an_untouched_export_is_whole(copy: Path) -> None:
    report = verify(copy, SIGNER.verifier, lambda _: None)
    assert report.findings == ()
    assert report.signed is not None
    assert (report.signed.size, report.manifest.erased) == (22, 1)


def test_a_change_that_shows_often_is_told_once(copy: Path) -> None:
    lines(lambda content: content.pop(0))(copy)
    found = verify(copy, SIGNER.verifier, lambda _: None).findings
    assert found[0] == Finding(
        "entries.jsonl", Fault.ROW_MISPLACED, 0, "it says that it is 1", 21
    )


def test_the_key_that_the_reader_trusts_decides(copy: Path, tmp_path: Path) -> None:
    assert verify(copy, None, lambda _: None).whole
    keys.create(tmp_path / "keys")
    other: Verifier = keys.ledger_signer(tmp_path / "keys").verifier
    faults = {one.fault for one in verify(copy, other, lambda _: None).findings}
    assert faults == {Fault.CHECKPOINT_UNTRUSTED, Fault.MANIFEST_DIFFERS}


@pytest.mark.parametrize(
    ("harm", "says"),
    [
        pytest.param(lambda c: (c / "manifest.json").unlink(), "there is none", id="none"),
        pytest.param(overwritten("manifest.json", 0, b"["), "no manifest", id="no JSON"),
        pytest.param(manifest(format=2), "format 2", id="a later format"),
        pytest.param(manifest(more=1), "no manifest", id="another member"),
        pytest.param(manifest(copy="mine"), "no manifest", id="nobody's copy"),
        pytest.param(manifest(size=None), "no manifest", id="no size"),
        pytest.param(manifest(format=True), "no manifest", id="format true"),
        pytest.param(manifest(verifier_key=5), "no manifest", id="a number as key"),
        pytest.param(
            lambda c: (c / "manifest.json").write_text(
                (c / "manifest.json").read_text().replace("  ", " ")
            ),
            "not written as",
            id="spaces",
        ),
    ],
)
def test_what_is_no_manifest_is_told(copy: Path, harm: Harm, says: str) -> None:
    harm(copy)
    with pytest.raises(NoExportError, match=r"manifest\.json") as told:
        verify(copy, SIGNER.verifier, lambda _: None)
    assert says in str(told.value)
