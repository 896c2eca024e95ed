"""How a command lets an event happen, and the options that these commands share."""

from pathlib import Path
from secrets import token_bytes
from typing import Annotated

import typer

from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.issuing import telling, words
from mynaportal_sim.issuing.model import Standing
from mynaportal_sim.issuing.office import deal_with, office_of
from mynaportal_sim.issuing.refusals import Refusal
from mynaportal_sim.issuing.wishes import Wish
from mynaportal_sim.records.generate import follow
from mynaportal_sim.residents import store as residents
from mynaportal_sim.residents.model import Resident
from mynaportal_sim.settings import Mode, Settings

PersonaArgument = Annotated[
    str, typer.Argument(metavar="PERSONA", help="Whom it happens to, such as sato-hanako.")
]
CardOption = Annotated[
    Path | None,
    typer.Option(metavar="FILE", help="Another card of theirs than the one of the portal."),
]
Options = tuple[CardOption, DataOption, DatabaseOption, JsonOption]


def deal(persona: str, wish: Wish, options: Options) -> None:
    """Let an event happen and say how the person then stands.

    Raises:
        CommandError: it cannot happen; says why, and what would help.
    """
    card, data, db, json = options
    settings = dev_settings(data, db)
    now = Clock(settings.clock).now()
    with opened(settings) as database:
        office = office_of(settings, database, now, token_bytes, follow)
        found = deal_with(office, resident(database, persona), wish, now, card)
    if isinstance(found, Refusal):
        raise CommandError(f"{found} `mynasim counter show {persona}` shows what is possible.")
    status = found.status(now)
    card_is = "no card" if status is None else f"card {words.STATUSES[status].en}"
    said = f"{words.EVENTS[wish.event].en}. {found.resident.name.full}: {card_is}."
    say(telling.document(found, now), " ".join([said, *of_the_file(found)]), json)


def of_the_file(standing: Standing) -> list[str]:
    """What is to be said of card files that cannot be read."""
    left = [f"{standing.unreadable} It was left as it is."] if standing.unreadable else []
    aside = [f"A damaged file is kept aside as {name}." for name in standing.set_aside]
    return [*left, *aside]


def dev_settings(data: DataOption, db: DatabaseOption) -> Settings:
    """The settings of a portal that has emulated cards.

    Raises:
        CommandError: it has none.
    """
    settings = settings_of(data=data, db=db)
    if settings.mode is Mode.STRICT:
        raise CommandError("In strict mode there are no emulated cards; use dev mode for them.")
    return settings


def resident(database: Database, persona: str) -> Resident:
    """The person of this persona's name. Raises CommandError if there is none."""
    found = database.run(residents.by_persona, persona)
    if found is None:
        raise CommandError(f"there is no persona {persona}; the login page lists them all")
    return found
