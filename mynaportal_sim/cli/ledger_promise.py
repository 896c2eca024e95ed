"""Checks whether a log keeps a promise that it gave with an answer."""

import asyncio
import binascii
from base64 import b64decode
from datetime import datetime
from pathlib import Path

import typer
from sqlalchemy import Connection

from consent.instants import rfc3339
from consent.ledger import promise, published, store
from consent.ledger.checkpoint import Checkpoint, opened
from consent.ledger.entry import read_leaf
from consent.ledger.errors import MalformedError
from consent.ledger.merkle import EMPTY_ROOT
from consent.ledger.note import Verifier
from consent.ledger.promise import Broken, Due, Kept, Promise
from consent.ledger.published import Read
from consent.ledger.tiles import inclusion_ranges, tiles_of
from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.ledger_proofs import named_in_errors
from mynaportal_sim.cli.ledger_whole import named
from mynaportal_sim.cli.log_files import reading
from mynaportal_sim.cli.state import opened as opened_state
from mynaportal_sim.clock import Clock
from mynaportal_sim.settings import Settings

Verdict = Kept | Due | Broken


def check_promise(
    file: Path, place: str | None, settings: Settings, trusted: Verifier, json: bool
) -> None:
    """Say whether the log, stored or published, keeps a promise; exit with 1 if it broke it.

    `file` is the note, or the header `Ledger-Promise` with the note in base64.

    Raises:
        CommandError: the file is no promise of this log.
    """
    with named_in_errors(file):
        given = promise.opened(_note(file.read_bytes()), trusted)
    now = Clock(settings.clock if place is None else None).now()
    if place is None:
        with opened_state(settings) as database:
            verdict = asyncio.run(database.read(_of_stored, given, trusted, now))
    else:
        with reading(place, settings) as read:
            verdict = _of_published(read, given, trusted, now)
    broken = isinstance(verdict, Broken)
    told = {"promise": type(verdict).__name__.lower(), "at": rfc3339(given.at)}
    if isinstance(verdict, Kept):
        told["index"] = str(verdict.position)
    say({**told, "due": rfc3339(given.due)}, _sentence(verdict, given, trusted), json)
    if broken:
        raise typer.Exit(1)


def _of_stored(
    connection: Connection, given: Promise, trusted: Verifier, now: datetime
) -> Verdict:
    last = store.checkpoint(connection)
    head = opened(last.note, trusted) if last else Checkpoint(trusted.name, 0, EMPTY_ROOT)
    newest = [read_leaf(entry.leaf).minute for entry in store.newest(connection, 1)]
    index = promise.find(given.leaf_hash, store.all_tiles(connection))
    known = index is not None and index < head.size
    wanted = tiles_of(inclusion_ranges(index or 0, head.size)) if known else set()
    read = store.read_tiles(connection, wanted)
    return promise.judge(given, index, head, read, max([now, *newest]))


def _of_published(read: Read, given: Promise, trusted: Verifier, now: datetime) -> Verdict:
    head = opened(published.checkpoint(read), trusted)
    latest = published.latest_minute(read, head.size) or now
    index = promise.find(given.leaf_hash, published.tiles(read, head.size))
    tiles = published.tile_reader(read, head.size)
    return promise.judge(given, index, head, tiles, max(now, latest))


def _sentence(verdict: Verdict, given: Promise, trusted: Verifier) -> str:
    said = f"What {named(trusted)} promised at {rfc3339(given.at)}"
    match verdict:
        case Kept(index):
            return f"Kept: {said} is entry {index} of its log."
        case Due(until):
            return f"Not due: {said} is not in its log, and need not be until {rfc3339(until)}."
        case Broken(since):
            return f"Broken: {said} is not in its log, and should be since {rfc3339(since)}."


def _note(content: bytes) -> bytes:
    """The note in a file; a header's value, with or without its name, is its base64."""
    text = content.strip()
    joined = b"," in text and b"\n" not in text  # as clients join headers of one name
    if joined or text.lower().count(b"ledger-promise:") > 1:
        raise MalformedError("these are several promises: keep each in a file of its own")
    if b"\n" in text:
        return content
    try:
        return b64decode(text.rpartition(b" ")[2], validate=True)
    except binascii.Error:
        raise MalformedError(
            "this is no promise: keep a Ledger-Promise header's value"
        ) from None
