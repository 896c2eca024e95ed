"""What must lie in a data directory and its database before a portal can open.

`prepare` makes what is missing and leaves what is there, so each start runs it. `claim` keeps a
second portal out of the same directory.
"""

import fcntl
import os
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from secrets import token_bytes

from alembic import command
from alembic.config import Config
from sqlalchemy import make_url

from consent.japan import day_of
from mynaportal_sim import keys
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.errors import PortalError
from mynaportal_sim.exchange import past
from mynaportal_sim.exchange import service as exchanges
from mynaportal_sim.issuing.counter import counter_of, lacking_cards, personalise_all
from mynaportal_sim.oauth.keys import service as signing_keys
from mynaportal_sim.oauth.keys.files import KeyFiles
from mynaportal_sim.pki import added
from mynaportal_sim.records import generate
from mynaportal_sim.residents import guest, households, personas
from mynaportal_sim.residents.model import Resident
from mynaportal_sim.settings import Mode, Settings

Tell = Callable[[str], None]
"""Tells a person what is going on."""


class DataDirectoryError(PortalError):
    """The data directory cannot be used."""


class UnknownPersonaError(PortalError):
    """A persona was asked for that nobody has defined."""


@contextmanager
def claim(settings: Settings) -> Iterator[None]:
    """Hold the data directory for this process.

    Raises:
        DataDirectoryError: another portal holds it, or it cannot be written.
    """
    lock = settings.data / "lock"
    try:
        settings.data.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(lock, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise DataDirectoryError(
            f"{settings.data} cannot be used ({error.strerror}); choose another with --data"
        ) from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        holder = os.pread(handle, 20, 0).decode(errors="replace").strip()
        os.close(handle)
        raise DataDirectoryError(
            f"a portal (process {holder}) already runs on {settings.data}; "
            "stop it first, or choose another directory with --data"
        ) from None
    os.truncate(handle, 0)
    os.pwrite(handle, str(os.getpid()).encode(), 0)
    try:
        yield
    finally:
        os.close(handle)


def prepare(
    settings: Settings, clock: Clock, tell: Tell, only: Collection[str] | None = None
) -> list[Resident]:
    """Make whatever is missing and answer with the residents.

    Args:
        only: the personas that shall have cards and records; None for all of them.

    Raises:
        PersonaFileError: the file of custom personas is wrong.
        UnknownPersonaError: `only` names nobody.
    """
    now = clock.now()
    upgrade(settings.database_url)
    if settings.mode is Mode.DEV:
        keys.create(settings.keys)
    else:
        keys.demand(settings.keys)
    with closing(Database(settings.database_url)) as database:
        act = signing_keys.Act(signing_keys.BEGINNING, now, token_bytes)
        may_make = settings.mode is Mode.DEV
        database.run(signing_keys.begin, KeyFiles(settings.keys), act, may_make)
        residents = _settle(settings, database, now, only)
        if settings.mode is Mode.DEV:
            _furnish(settings, database, residents, now, tell)
            if added.load_all(settings.data / added.FOLDER):
                welcome_guest(database, now)
    return residents


def welcome_guest(database: Database, now: datetime) -> None:
    """Make what is missing of the guest, for whom cards under added anchors are taken."""
    one = database.run(guest.settle, token_bytes)
    database.run(generate.fill, one, day_of(now))


def settle(settings: Settings, persona: str, now: datetime) -> Resident:
    """Make what is missing of the tables and of one resident; no keys, card or records.

    Raises:
        PersonaFileError: the file of custom personas is wrong.
        UnknownPersonaError: nobody has this id.
    """
    upgrade(settings.database_url)
    with closing(Database(settings.database_url)) as database:
        [resident] = _settle(settings, database, now, [persona])
    return resident


def upgrade(url: str) -> None:
    """Bring the database's tables to this version's."""
    file = make_url(url).database
    if url.startswith("sqlite:") and file:
        # SQLite would make it, and its journals after it, readable to others.
        Path(file).touch(mode=0o600)
    command.upgrade(migrations(url), "head")


def migrations(url: str) -> Config:
    """Alembic's configuration for the database at `url`."""
    config = Config()
    config.set_main_option("script_location", "mynaportal_sim:migrations")
    config.attributes["url"] = url
    return config


def _settle(
    settings: Settings, database: Database, now: datetime, only: Collection[str] | None
) -> list[Resident]:
    known = personas.load(settings.personas, now.date())
    wanted = [persona for persona in known if only is None or persona.id in only]
    if only is not None and len(wanted) < len(set(only)):
        lacking = sorted(set(only) - {persona.id for persona in known})
        raise UnknownPersonaError(f"there is no persona {', '.join(lacking)}")
    settled = database.run(personas.settle, wanted, token_bytes)
    order = {persona.id: place for place, persona in enumerate(known)}
    residents = [one for one in settled if only is None or one.persona in only]
    residents.sort(key=lambda resident: order.get(resident.persona, len(order)))
    return residents


def _furnish(
    settings: Settings,
    database: Database,
    residents: Sequence[Resident],
    now: datetime,
    tell: Tell,
) -> None:
    """Give the residents cards, who acts for them, records, and a past between agencies."""
    lacking, left = lacking_cards(database, residents, settings.cards)
    if lacking:
        cards = f"{len(lacking)} emulated card{'s' if len(lacking) > 1 else ''}"
        tell(f"making {cards} (RSA-2048 keys; once only)")
    for resident in left:
        tell(
            f"{resident.persona} has no card, as their last one was lost or returned; "
            f"`mynasim counter show {resident.persona}` says what helps"
        )
    personalise_all(
        database, counter_of(settings, now, token_bytes), residents, settings.cards, now
    )
    pseudonyms = keys.pseudonyms(settings.keys)
    known = (residents, pseudonyms, settings.bands, now, token_bytes)
    database.run(households.settle, *known)
    for resident in residents:
        database.run(generate.fill, resident, day_of(now))
        holder = pseudonyms.holder(resident.id)
        exchanged = past.exchanges(resident, now)
        database.run(exchanges.add_missing, exchanged, holder, now, token_bytes)
