"""The public files of a log, from a directory or over HTTP, for commands that verify them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from consent.ledger.published import Read
from mynaportal_sim.cli.failures import CommandError

_TIMEOUT = 10.0  # seconds


@contextmanager
def reading(place: str) -> Iterator[Read]:
    """What reads the files of the log at a URL prefix or in a directory.

    Raises:
        CommandError: there is no such directory, or, while reading, the server does not answer.
    """
    if place.startswith(("http://", "https://")):
        with httpx.Client(timeout=_TIMEOUT, trust_env=False) as client:
            yield lambda path: _fetched(client, f"{place.rstrip('/')}/{path}")
        return
    directory = Path(place)
    if not directory.is_dir():
        raise CommandError(f"{place} is neither a directory nor an http URL of a log")
    yield lambda path: _stored(directory / path)


def _stored(path: Path) -> bytes | None:
    return path.read_bytes() if path.is_file() else None


def _fetched(client: httpx.Client, url: str) -> bytes | None:
    try:
        answer = client.get(url)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        raise CommandError(f"{url} cannot be fetched: {error}") from error
    if answer.status_code == 404:
        return None
    if answer.status_code != 200:
        raise CommandError(f"{url} was answered with {answer.status_code}")
    return answer.content
