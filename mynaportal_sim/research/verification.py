"""Holds an export against what the log signed, with no server and no database.

The checkpoint is signed; `hashes` gives its root; each row's leaf, worked out from values and
salts, gives one of the hashes. So a change is found wherever it is, and named by its row: to
hide one, the log's key would have to sign another tree.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum, unique
from pathlib import Path

from consent.ledger import checkpoint
from consent.ledger.checkpoint import Checkpoint
from consent.ledger.copies import Copy
from consent.ledger.entry import misfit, read_leaf
from consent.ledger.errors import MalformedError, UntrustedNoteError
from consent.ledger.merkle import HASH_LENGTH, Frontier, leaf_hash
from consent.ledger.note import Verifier
from mynaportal_sim.research.erasures import Erasures, tells_of_erasure
from mynaportal_sim.research.manifest import (
    CHECKPOINT,
    ENTRIES_FILE,
    HASHES,
    LINES_FILE,
    MANIFEST,
    PARQUET_FILES,
    FileRecord,
    Manifest,
)
from mynaportal_sim.research.rows import MisshapenError, Told, committing, of_lines, of_tables

_CHUNK = 1024  # rows between two words on the progress


@unique
class Fault(StrEnum):
    """What can be wrong with an export; `Finding.at` is an entry's index where there is one."""

    FILE_MISSING = "the file is missing"
    FILE_CHANGED = "the file is not the one that the manifest records"
    FILE_UNKNOWN = "the manifest does not record this file"
    FILE_MISSHAPEN = "the file cannot be read as what it should be"
    CHECKPOINT_UNTRUSTED = "the checkpoint is not signed by the log's key"
    MANIFEST_DIFFERS = "the manifest says otherwise than what it is about"
    ROOT_DIFFERS = "the hashes do not give the root that was signed"
    ROW_MISPLACED = "another entry is in this one's place"
    ROW_MISSING = "the entry is missing"
    ROW_BEYOND = "there are more rows than the checkpoint covers"
    ROW_MALFORMED = "the row says nothing that an entry can"
    ROW_CHANGED = "what the row says is not what was logged"
    FIELD_MISSING = "a field is kept back that this copy shows"
    BODY_GONE = "all its fields are gone, and no entry says that it was erased"


@dataclass(frozen=True, slots=True)
class Finding:
    """A fault in a file, the first index at which it shows, and in how many places it does."""

    path: str
    fault: Fault
    at: int | None = None
    detail: str = ""
    count: int = 1


@dataclass(frozen=True, slots=True)
class Report:
    """What an export is found to be; `signed` is its checkpoint if that can be trusted."""

    manifest: Manifest
    signed: Checkpoint | None
    findings: tuple[Finding, ...]

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return not self.findings


def verify(
    directory: Path, trusted: Verifier | None, passed: Callable[[int], object]
) -> Report:
    """Judge the export in `directory` by the key that the reader trusts.

    Without one, by the key that the manifest names: that tells damage from wholeness, but not
    whose log it is. `passed` is told how many rows have gone by since it was told last.

    Raises:
        NoExportError: there is no manifest that this version reads.
        MalformedError: the manifest's key is none.
    """
    manifest = Manifest.read(directory)
    audit = _Audit(directory, manifest)
    audit.files()
    signed = audit.checkpoint(trusted or Verifier.parse(manifest.verifier_key))
    if trusted is not None and str(trusted) != manifest.verifier_key:
        audit.found(MANIFEST, Fault.MANIFEST_DIFFERS, "its key is not the one you trust")
    if signed is not None and audit.hashes(signed):
        if audit.has(*PARQUET_FILES):
            audit.rows(ENTRIES_FILE, of_tables(directory), passed)
        if audit.has(LINES_FILE):
            audit.rows(LINES_FILE, of_lines(directory), passed)
    return Report(manifest, signed, tuple(audit.findings.values()))


class _Audit:
    def __init__(self, directory: Path, manifest: Manifest) -> None:
        self._directory = directory
        self._manifest = manifest
        self._shut = Copy(manifest.copy).shut
        self._size = 0
        self.findings: dict[tuple[str, Fault], Finding] = {}

    def found(self, path: str, fault: Fault, detail: str = "", at: int | None = None) -> None:
        first = self.findings.get((path, fault))
        self.findings[path, fault] = (
            replace(first, count=first.count + 1) if first else Finding(path, fault, at, detail)
        )

    def has(self, *names: str) -> bool:
        return all((self._directory / name).is_file() for name in names)

    def files(self) -> None:
        """Hold each file against what the manifest records of it."""
        recorded = self._manifest.files
        there = {path.name for path in self._directory.iterdir()} - {MANIFEST}
        needed = {CHECKPOINT, HASHES}
        if not recorded.keys() & {LINES_FILE}:
            needed |= set(PARQUET_FILES)
        for name in sorted((recorded.keys() | needed) - there):
            self.found(name, Fault.FILE_MISSING)
        for name in sorted(there - recorded.keys()):
            self.found(name, Fault.FILE_UNKNOWN)
        for name in sorted(there & recorded.keys()):
            if FileRecord.of(self._directory / name) != recorded[name]:
                self.found(name, Fault.FILE_CHANGED)

    def checkpoint(self, verifier: Verifier) -> Checkpoint | None:
        if not self.has(CHECKPOINT):
            return None
        try:
            note = (self._directory / CHECKPOINT).read_bytes()
            signed = checkpoint.opened(note, verifier)
        except UntrustedNoteError as error:
            self.found(CHECKPOINT, Fault.CHECKPOINT_UNTRUSTED, str(error))
            return None
        except MalformedError as error:
            self.found(CHECKPOINT, Fault.FILE_MISSHAPEN, str(error))
            return None
        if (signed.size, signed.root.hex()) != (self._manifest.size, self._manifest.root):
            self.found(MANIFEST, Fault.MANIFEST_DIFFERS, f"{CHECKPOINT} has size {signed.size}")
        self._size = signed.size
        return signed

    def hashes(self, signed: Checkpoint) -> bool:
        """Whether the hashes are there, so that rows can be held against them."""
        path = self._directory / HASHES
        if not path.is_file() or path.stat().st_size != signed.size * HASH_LENGTH:
            self.found(HASHES, Fault.FILE_MISSHAPEN, f"{signed.size} hashes were signed")
            return False
        frontier = Frontier()
        frontier.extend(_hashes(path))
        if frontier.root() != signed.root:
            self.found(
                HASHES, Fault.ROOT_DIFFERS, "it, or a row that differs from it, is wrong"
            )
        return True

    def rows(self, path: str, told: Iterator[Told], passed: Callable[[int], object]) -> None:
        """Hold each row against the hash at its place, and what is erased against the rest."""
        place, erasures = -1, Erasures()
        hashes = _hashes(self._directory / HASHES)
        try:
            for place, (hashed, row) in enumerate(zip(hashes, told, strict=False)):
                self._row(path, place, row, hashed)
                _note(erasures, row)
                if place % _CHUNK == _CHUNK - 1:
                    passed(_CHUNK)
            if next(told, None) is not None:
                self.found(path, Fault.ROW_BEYOND, at=self._size)
        except MisshapenError as error:
            self.found(path, Fault.FILE_MISSHAPEN, str(error), place + 1)
            return
        if place + 1 < self._size:
            self.found(path, Fault.ROW_MISSING, "so are all after it", place + 1)
        self._erased(path, erasures)

    def _erased(self, path: str, erasures: Erasures) -> None:
        for index in erasures.unexplained:
            self.found(path, Fault.BODY_GONE, at=index)
        if len(erasures) != self._manifest.erased:
            detail = f"{path} has {len(erasures)} erased entries"
            self.found(MANIFEST, Fault.MANIFEST_DIFFERS, detail)

    def _row(self, path: str, place: int, row: Told, hashed: bytes) -> None:
        if row.fault is not None:
            self.found(path, Fault.ROW_MALFORMED, row.fault, place)
        elif row.position != place:
            self.found(path, Fault.ROW_MISPLACED, f"it says that it is {row.position}", place)
        elif leaf_hash(row.leaf) != hashed:
            self.found(path, Fault.ROW_CHANGED, "", place)
        else:
            self._fields(path, place, row)

    def _fields(self, path: str, place: int, row: Told) -> None:
        """Hold the fields of a row against its leaf, where that does not follow from them."""
        if not row.given or (
            row.head is None and row.leaf.startswith(committing(row.openings))
        ):
            return
        leaf = read_leaf(row.leaf)
        if row.head is not None and row.head != (leaf.type, _minute(leaf.minute)):
            self.found(path, Fault.ROW_CHANGED, "its type or minute is another", place)
        field = misfit(leaf, row.openings)
        if field is not None:
            self.found(path, Fault.ROW_CHANGED, f"the field {field} is another", place)
        lost = leaf.commitments.keys() - row.openings.keys() - self._shut
        if lost and row.openings:
            self.found(path, Fault.FIELD_MISSING, min(lost), place)


def _minute(at: datetime) -> str:
    return f"{at:%Y-%m-%dT%H:%M:%SZ}"


def _note(erasures: Erasures, row: Told) -> None:
    if row.fault is None and not row.openings:
        erasures.gone(row.position)
    elif tells_of_erasure(row.leaf):
        erasures.named(row.openings)


def _hashes(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(HASH_LENGTH * _CHUNK):
            for begin in range(0, len(chunk), HASH_LENGTH):
                yield chunk[begin : begin + HASH_LENGTH]
