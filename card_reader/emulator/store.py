"""The card file: what was put on a card, and behind it how its secrets changed since.

    line 1    the card as one JSON object, whose entry `secrets` is how they were at first
    others    `{"secrets": …}`: how they are from then on; the last one holds

A change is one short line, appended and synced under a lock that processes share, so a kill
loses no decrement, and a line that a power failure cut short never held. When there are many,
the file is written anew beside itself and renamed over. A file of version 1 is one object with
other entries, read as what it would be now; the first change writes it so.
Each `path` is the file itself, no link to it: the lock lies beside it.
"""

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from card_reader.emulator.disk import append, content_of, locked, move, replace
from card_reader.emulator.references import (
    JPKI_PASSWORD,
    JPKI_PIN,
    REFERENCES,
    ReferenceData,
    Secret,
)
from card_reader.emulator.version_1 import upgraded
from card_reader.errors import CardFileError

FORMAT = "mynasim-card"
VERSION = 2

Document = dict[str, object]
_MAKE_ANEW = "Make the card again with `mynasim card new`."
_STAMP = {"format": FORMAT, "version": VERSION}
_HEAD = json.dumps(_STAMP)[:-1].encode() + b", "
_CHANGES_MAX = 0x8000
"""Bytes of changes; with more, the file is written anew."""


def read(path: Path) -> Document:
    """The card as it is now. Raises CardFileError if it is missing, damaged or foreign."""
    first, last = _parts(content_of(path))
    document = _document(path, first)
    if last is None:
        return document
    return {**document, "secrets": _object(path, last).get("secrets")}


def made(path: Path) -> bytes:
    """What stays the same until the card is made anew, or its file is put in order."""
    return _parts(content_of(path))[0]


def write(path: Path, document: Mapping[str, object]) -> None:
    """Put `document` in place of whatever card the file held."""
    with locked(path):
        _replace(path, document)


def rewrite(path: Path, change: Callable[[Document], Document]) -> None:
    """Put what `change` makes of the card as it is now in its place."""
    with locked(path):
        _replace(path, change(read(path)))


def settle(staged: Path, path: Path, change: Callable[[Document, Document], Document]) -> None:
    """Put the card `staged` in place of another, as `change` makes it of itself and that one.

    In one step: as long as `staged` is there, nothing of it has come to `path`. Where there is
    no card yet, it comes as it is.
    """
    with locked(path):
        if path.exists():
            _replace(staged, change(read(staged), read(path)))
        move(staged, path)


def secrets(path: Path, document: Document) -> dict[ReferenceData, Secret]:
    """All that the card in `path` compares. Raises CardFileError."""
    named = _named(path, document)
    for reference in (JPKI_PIN, JPKI_PASSWORD):
        _of(path, named, reference)
    return {REFERENCES[name]: one for name, one in named.items() if name in REFERENCES}


def secret(path: Path, reference: ReferenceData) -> Secret:
    """What `reference` holds now. Raises CardFileError, also if it holds nothing."""
    return _of(path, _secrets(path, content_of(path)), reference)


def tries(path: Path, reference: ReferenceData) -> int:
    """How many tries `reference` has left now."""
    return secret(path, reference).tries


def document_secrets(them: Mapping[ReferenceData, Secret]) -> dict[str, object]:
    """The entry `secrets` of a document."""
    return _entry({reference.name: one for reference, one in them.items()})


@contextmanager
def held(path: Path, reference: ReferenceData) -> Iterator["Held"]:
    """A secret, while no other process can touch the card.

    Raises CardFileError if another one does not let go of it in five seconds.
    """
    with locked(path):
        yield Held(path, reference)


class Held:
    """One secret, held still by the lock under which it was made."""

    def __init__(self, path: Path, reference: ReferenceData) -> None:
        content = content_of(path)
        self._path = path
        self._reference = reference
        self._secrets = _secrets(path, content)
        first, _, changes = content.partition(b"\n")
        in_order = first.startswith(_HEAD) and content.endswith(b"\n")
        self._room = _CHANGES_MAX - len(changes) if in_order else 0
        self.now = _of(path, self._secrets, reference)

    def set(self, value: str, tries: int) -> None:
        """Change it; that is on disk when this returns."""
        self.now = Secret(value, tries)
        self._secrets[self._reference.name] = self.now
        entry = {"secrets": _entry(self._secrets)}
        line = (json.dumps(entry, ensure_ascii=False) + "\n").encode()
        if len(line) > self._room:
            _replace(self._path, {**read(self._path), **entry})
            self._room = _CHANGES_MAX
        else:
            append(self._path, line)
            self._room -= len(line)


def damaged(path: Path, problem: str) -> CardFileError:
    """The error that says what is wrong with the content of a card file."""
    return CardFileError(path, f"the card file is damaged: {problem}", _MAKE_ANEW)


def _parts(content: bytes) -> tuple[bytes, bytes | None]:
    """The object that a file begins with, and the last change that is whole, if any."""
    first, _, rest = content.partition(b"\n")
    if not first.startswith(_HEAD) and _is_json(content):
        return content, None
    changes, _, _cut_short = rest.rpartition(b"\n")
    return first, changes.rpartition(b"\n")[2] or None


def _document(path: Path, first: bytes) -> Document:
    document = _object(path, first)
    if document.get("format") != FORMAT:
        raise CardFileError(path, "this is not a card file", "Name another file.")
    version = document.get("version")
    if version == 1:
        return upgraded(document)
    if version != VERSION:
        problem = f"card files of version {version!r} are not known here"
        remedy = "Use the newer mynaportal-sim that made it. " if _is_newer(version) else ""
        raise CardFileError(path, problem, remedy or _MAKE_ANEW)
    return document


def _is_newer(version: object) -> bool:
    return isinstance(version, int) and version > VERSION


def _is_json(content: bytes) -> bool:
    try:
        json.loads(content)
    except (ValueError, RecursionError):
        return False
    return True


def _object(path: Path, text: bytes) -> Document:
    try:
        found: object = json.loads(text)
    except (ValueError, RecursionError):
        raise damaged(path, "it is not JSON, or ends too early") from None
    if not isinstance(found, dict):
        raise CardFileError(path, "this is not a card file", "Name another file.")
    return found


def _secrets(path: Path, content: bytes) -> dict[str, Secret]:
    first, last = _parts(content)
    return _named(path, _document(path, first) if last is None else _object(path, last))


def _named(path: Path, document: Document) -> dict[str, Secret]:
    entry = document.get("secrets")
    if not isinstance(entry, dict):
        raise damaged(path, "its retry counters are missing")
    return {name: _secret(path, one) for name, one in entry.items()}


def _secret(path: Path, one: object) -> Secret:
    value, count = (one.get("value"), one.get("tries")) if isinstance(one, dict) else (0, 0)
    if not isinstance(value, str):
        raise damaged(path, "a PIN is no text")
    if type(count) is not int or not 0 <= count <= 0x0F:
        raise damaged(path, "a retry counter is no number of tries")
    return Secret(value, count)


def _of(path: Path, secrets: Mapping[str, Secret], reference: ReferenceData) -> Secret:
    if reference.name not in secrets:
        raise damaged(path, f"the counter of {reference.name} is missing")
    return secrets[reference.name]


def _entry(secrets: Mapping[str, Secret]) -> dict[str, object]:
    return {name: {"value": one.value, "tries": one.tries} for name, one in secrets.items()}


def _replace(path: Path, document: Mapping[str, object]) -> None:
    card = {name: value for name, value in document.items() if name not in _STAMP}
    text = json.dumps({**_STAMP, **card}, ensure_ascii=False)
    replace(path, text.encode() + b"\n")
