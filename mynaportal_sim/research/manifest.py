"""`manifest.json`: which files an export has, and which checkpoint covers them.

What the files prove is proven without it; it tells a damaged copy at once, and says where the
export comes from. `product` and `seed` are claims that nothing here can prove.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from hashlib import file_digest
from pathlib import Path
from typing import Any, Self

from consent.ledger.copies import Copy
from mynaportal_sim.research.errors import NoExportError

MANIFEST = "manifest.json"
CHECKPOINT = "checkpoint"
HASHES = "hashes"
ENTRIES_FILE = "entries.parquet"
OPENINGS_FILE = "openings.parquet"
LINES_FILE = "entries.jsonl"
PARQUET_FILES = (ENTRIES_FILE, OPENINGS_FILE)

FORMAT = 1


@dataclass(frozen=True, slots=True)
class FileRecord:
    """A file's SHA-256 in hex, and its length."""

    sha256: str
    bytes: int

    @classmethod
    def of(cls, path: Path) -> Self:
        """The record of the file at `path`."""
        with path.open("rb") as file:
            return cls(file_digest(file, "sha256").hexdigest(), path.stat().st_size)


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an export says of itself.

    Args:
        format: of the files; a change of it raises it.
        product: name and version of what wrote it.
        copy: whose copy of each entry it is.
        seed: of the world whose log it is, None if that has none.
        verifier_key: whose signature the checkpoint carries (C2SP signed-note).
        size: how many entries the checkpoint covers, which is how many there are.
        root: of the tree over them, in hex.
        erased: how many of them nothing is known of any more but their leaf.
        files: by name, all but the manifest itself.
    """

    format: int
    product: str
    copy: str
    seed: int | None
    verifier_key: str
    size: int
    root: str
    erased: int
    files: Mapping[str, FileRecord]

    @property
    def passes(self) -> int:
        """How many files tell every entry."""
        return len(self.files.keys() & {ENTRIES_FILE, LINES_FILE})

    def __bytes__(self) -> bytes:
        return (json.dumps(asdict(self), indent=2, sort_keys=True) + "\n").encode()

    @classmethod
    def read(cls, directory: Path) -> Self:
        """The manifest of the export in `directory`.

        Raises:
            NoExportError: there is none, or not one that this version writes.
        """
        path = directory / MANIFEST
        if not path.is_file():
            raise NoExportError(
                f"{path}: there is none, so this is no whole export;"
                " `mynasim ledger export DIR` writes one"
            )
        content = path.read_bytes()
        try:
            document: dict[str, Any] = json.loads(content)
            files = {name: FileRecord(**record) for name, record in document["files"].items()}
            manifest = cls(**{**document, "files": files})
            Copy(manifest.copy)
            numbers = (manifest.format, manifest.size, manifest.erased)
            texts = (manifest.product, manifest.verifier_key, manifest.root)
            typed = {*map(type, numbers)} == {int} and {*map(type, texts)} == {str}
            changed = bytes(manifest) != content
        except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as error:
            raise NoExportError(f"{path}: this is no manifest of an export") from error
        if not typed:
            raise NoExportError(f"{path}: this is no manifest of an export")
        if manifest.format != FORMAT:
            raise NoExportError(
                f"{path}: format {manifest.format}, which this version of mynasim does not read"
            )
        if changed:
            raise NoExportError(f"{path}: it is not written as `mynasim ledger export` does")
        return manifest
