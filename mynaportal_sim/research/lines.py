"""`entries.jsonl`: an entry a line, with what proves it.

A line is `{"fields", "index", "leaf"}`: the openings `{"salt", "value"}` by field and the leaf
as it was logged, which is what a proof of one entry carries too (`consent.ledger.evidence`).
"""

import json
from typing import NamedTuple

from consent.ledger.copies import Copy
from consent.ledger.entry import Logged, Opening, b64url, canonical, read_body
from consent.ledger.errors import MalformedError
from mynaportal_sim.research.errors import DamagedLogError

_NO_FIELDS = b'{"fields":{}}'
_END = b"}}}"


class Line(NamedTuple):
    """A line, read; nothing of it is verified."""

    position: int
    leaf: bytes
    openings: dict[str, Opening]


def line(entry: Logged, copy: Copy) -> bytes:
    """The line of an entry, with the fields that this copy shows.

    Raises:
        DamagedLogError: the body or the leaf is none.
    """
    position = entry.position or 0
    try:
        leaf = canonical(entry.leaf.decode())
        fields = _NO_FIELDS if entry.body is None else _fields(entry.body, copy)
    except (MalformedError, UnicodeDecodeError) as error:
        raise DamagedLogError(position, str(error)) from error
    return b'%s,"index":%d,"leaf":%s}\n' % (fields[:-1], position, leaf.encode())


def _fields(body: bytes, copy: Copy) -> bytes:
    if body.endswith(_END) and b"\n" not in body and not _names_one(body, copy.shut):
        return body
    shown = {
        name: {"salt": b64url(opening.salt), "value": opening.value}
        for name, opening in copy.of(read_body(body)).items()
    }
    return canonical({"fields": shown}).encode()


def _names_one(body: bytes, names: frozenset[str]) -> bool:
    """Whether a body may have one of these fields; a quote within a value is escaped."""
    return any(b'"%s":{' % name.encode() in body for name in names)


def read_line(text: bytes) -> Line:
    """A line from its bytes, which must be as they are written.

    Raises:
        MalformedError: they are no such line.
    """
    try:
        document = json.loads(text)
        index, leaf = document["index"], document["leaf"]
        rewritten = canonical(document).encode() + b"\n"
    except (ValueError, TypeError, KeyError, RecursionError) as error:
        raise MalformedError("this is no line of an export") from error
    if rewritten != text or document.keys() != {"fields", "index", "leaf"}:
        raise MalformedError("this line is not written as an export does")
    if type(index) is not int or type(leaf) is not str:
        raise MalformedError("a line has a number as index and a text as leaf")
    return Line(index, leaf.encode(), read_body(text))
