"""People, as commands name them."""

from typing import Annotated, NamedTuple
from uuid import UUID

import typer

from mynaportal_sim import keys
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.database import Database
from mynaportal_sim.residents import store as residents
from mynaportal_sim.settings import Settings

ResidentOption = Annotated[
    str, typer.Option(metavar="PERSONA", help="Whom it is about, such as sato-hanako.")
]


class Person(NamedTuple):
    """A resident, and the pseudonym they are filed under in the ledger."""

    resident_id: UUID
    holder: bytes


def person(database: Database, settings: Settings, persona: str) -> Person:
    """The person of this persona's name. Raises CommandError if there is none."""
    found = database.run(residents.by_persona, persona)
    if found is None:
        raise CommandError(f"there is no persona {persona}; the login page lists them all")
    return Person(found.id, keys.pseudonyms(settings.keys).holder(found.id))
