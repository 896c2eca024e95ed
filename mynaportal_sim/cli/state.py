"""The stored state that a command works on."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import make_url

from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.database import Database
from mynaportal_sim.settings import Settings


def is_there(settings: Settings) -> bool:
    """Whether the database can be asked: SQLite would make an empty one where there is none."""
    url = make_url(settings.database_url)
    return url.get_backend_name() != "sqlite" or Path(url.database or "").is_file()


@contextmanager
def opened(settings: Settings) -> Iterator[Database]:
    """The database of a portal that has been prepared, until the block ends.

    Raises:
        CommandError: there is none.
    """
    if not is_there(settings):
        place = settings.data if settings.db is None else settings.db
        raise CommandError(f"there is nothing in {place}; `mynasim up` starts a portal")
    with closing(Database(settings.database_url)) as database:
        yield database
