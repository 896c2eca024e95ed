"""What witnesses say of a log, asked by commands that verify it."""

from collections.abc import Sequence
from typing import Annotated

import httpx
import typer

from consent.ledger.cosignature import Witness, Witnessed, witnessed
from consent.ledger.errors import LedgerError
from consent.ledger.note import Verifier
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.witness.server import place_of
from mynaportal_sim.witness_places import WitnessPlace

_TIMEOUT = 10.0  # seconds

WitnessOption = Annotated[
    list[str] | None,
    typer.Option(
        "--witness",
        metavar="KEY[@URL]",
        help="A witness to hold the log against, as `mynasim ledger witness` prints it; "
        "may be repeated.",
    ),
]


def asked(places: Sequence[WitnessPlace], log: Verifier) -> list[Witnessed]:
    """What each witness cosigned last of this log; one that never did is left out.

    Raises:
        CommandError: a witness does not answer, or what it answers is not good.
    """
    with httpx.Client(timeout=_TIMEOUT, trust_env=False) as client:
        answers = [(place, _last(client, place, log)) for place in places]
    return [_checked(place, note, log) for place, note in answers if note is not None]


def demand(wanted: Sequence[str], seen: Sequence[str]) -> None:
    """See that each witness that was named has cosigned; silence is no word for the log.

    Raises:
        CommandError: one has not.
    """
    if lacking := [name for name in wanted if name not in seen]:
        raise CommandError(
            f"{', '.join(lacking)} has cosigned none of this; check its key and address,"
            " or verify without --witness"
        )


def witness_key(text: str) -> Witness:
    """A witness's key, with or without where it listens: a proof needs no server."""
    key, at, _ = text.rpartition("@")
    return Witness.parse(key if at else text)


def _last(client: httpx.Client, place: WitnessPlace, log: Verifier) -> bytes | None:
    url = f"{place.url}/{place_of(log.name)}"
    try:
        answer = client.get(url)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise CommandError(
            f"the witness {place.witness.name} does not answer at {place.url}: {error}"
        ) from error
    if answer.status_code == 404:
        return None
    if answer.status_code != 200:
        raise CommandError(f"{url} was answered with {answer.status_code}")
    return answer.content


def _checked(place: WitnessPlace, note: bytes, log: Verifier) -> Witnessed:
    try:
        return witnessed(note, log, place.witness)
    except LedgerError as error:
        raise CommandError(f"what {place.url} shows is not good: {error}") from error
