"""The public files of a log, from a directory or over HTTP, for commands that verify them."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx

from consent.ledger.published import Read
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.portal_client import portal_client
from mynaportal_sim.settings import Settings


@contextmanager
def reading(place: str, settings: Settings) -> Iterator[Read]:
    """What reads the files of the log at a URL prefix or in a directory.

    Args:
        settings: whose data directory may hold the root of that server's certificate.

    Raises:
        CommandError: there is no such directory, or, while reading, the server does not answer.
    """
    if place.startswith(("http://", "https://")):
        with portal_client(settings) as client:
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
