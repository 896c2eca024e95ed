"""Asks witnesses to cosign the newest checkpoint and keeps their lines (C2SP tlog-witness)."""

import asyncio
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import httpx
from sqlalchemy import Connection
from sqlalchemy.exc import SQLAlchemyError

from consent.ledger import cosigned, store
from consent.ledger.cosignature import Witness
from consent.ledger.errors import LedgerError
from consent.ledger.publish import publish
from consent.ledger.witness import SIZE_TYPE, Request
from mynaportal_sim.database import Database
from mynaportal_sim.witness_places import WitnessPlace

EVERY = 1.0  # seconds
TIMEOUT = 5.0  # seconds

_log = logging.getLogger(__name__)


class WitnessRefusalError(LedgerError):
    """A witness does not cosign; says why, and what that means."""


async def seek(database: Database, places: Sequence[WitnessPlace], directory: Path) -> None:
    """Have each witness cosign what is new, until cancelled; one that fails is asked again.

    What they cosign is published in `directory` with their lines.
    """
    if not places:
        return
    async with httpx.AsyncClient(timeout=TIMEOUT, trust_env=False) as client:
        told: dict[str, str] = {}
        while True:
            for place in places:
                asked = (database, client, place, directory)
                told[place.url] = await _heard(*asked, told.get(place.url, ""))
            await asyncio.sleep(EVERY)


async def _heard(
    database: Database,
    client: httpx.AsyncClient,
    place: WitnessPlace,
    directory: Path,
    before: str,
) -> str:
    """Ask one witness; the complaint, if any, which is logged once and not every second."""
    try:
        if await ask(database, client, place) is not None:
            await database.read_aside(publish, directory)
    except (httpx.HTTPError, httpx.InvalidURL, LedgerError, OSError, SQLAlchemyError) as error:
        said = f"{place.witness.name}: {str(error) or type(error).__name__}"
        if said != before:
            level = logging.CRITICAL if isinstance(error, LedgerError) else logging.WARNING
            _log.log(level, "no cosignature from %s", said)
        return said
    return ""


async def ask(database: Database, client: httpx.AsyncClient, place: WitnessPlace) -> int | None:
    """Have a witness cosign the newest checkpoint; its size, None if nothing was new.

    Raises:
        WitnessRefusalError: it has seen a longer or another log, or has itself gone back.
        httpx.HTTPError: it does not answer.
        UntrustedNoteError: it answers with a signature that is not its own.
    """
    wanted = await database.read(_wanted, place.witness)
    if wanted is None:
        return None
    answer = await _post(client, place, wanted.request)
    if answer.status_code == 409 and answer.headers.get("content-type") == SIZE_TYPE:
        known = _known_size(answer, wanted)
        wanted = await database.read(_wanted_from, place.witness, known)
        if wanted is None:
            return None
        answer = await _post(client, place, wanted.request)
    if answer.status_code != 200:
        raise WitnessRefusalError(f"{answer.status_code} {answer.text.strip()[:200]}")
    await database.write(cosigned.add, place.witness, wanted.size, answer.text)
    return wanted.size


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What a witness is asked to cosign, and how far it had come as we know."""

    size: int
    known: int
    request: Request


def _wanted(connection: Connection, witness: Witness) -> _Wanted | None:
    return _wanted_from(connection, witness, cosigned.size_of(connection, witness))


def _wanted_from(connection: Connection, witness: Witness, known: int) -> _Wanted | None:
    newest = store.checkpoint(connection)
    if newest is None or (newest.size <= known <= cosigned.size_of(connection, witness)):
        return None
    grown = 0 < known < newest.size
    hashes = store.prove_growth(connection, known, newest.size) if grown else ()
    return _Wanted(newest.size, known, Request(known, hashes, newest.note))


def _known_size(answer: httpx.Response, wanted: _Wanted) -> int:
    """What the witness says that it cosigned last, if that can be gone on from."""
    text = answer.text.removesuffix("\n")
    size = int(text) if text.isdecimal() and len(text) < 20 else -1
    if size < wanted.known:
        raise WitnessRefusalError(
            f"it says it cosigned {text[:20]!r} entries last, but gave a cosignature of "
            f"{wanted.known}: it has lost its memory and proves nothing any more"
        )
    if size > wanted.size:
        raise WitnessRefusalError(
            f"it has cosigned {size} entries of this log, which has {wanted.size}: the log was "
            "cut; see `mynasim ledger verify`"
        )
    return size


async def _post(
    client: httpx.AsyncClient, place: WitnessPlace, request: Request
) -> httpx.Response:
    return await client.post(f"{place.url}/add-checkpoint", content=bytes(request))
