"""`mynasim consent prohibit`, `prohibited` and `lift`: what stands above every consent."""

from enum import StrEnum
from secrets import token_bytes
from typing import Annotated
from uuid import UUID, uuid4

import typer
from rich.table import Table
from sqlalchemy import Connection

from consent import service
from consent.errors import ConsentError
from consent.instants import rfc3339
from consent.model import Prohibition, Prohibitor
from consent.service import Lift, Placed, Prohibit
from mynaportal_sim.apps import service as apps
from mynaportal_sim.apps import store
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.persons import ResidentOption, person
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock
from mynaportal_sim.domains.catalogue import catalogue

CHANNEL = "command"


class Body(StrEnum):
    """Who can prohibit by a command; a person does it on their own page."""

    AUTHORITY = "authority"
    COURT = "court"


ByOption = Annotated[Body, typer.Option(help="Who prohibits, or prohibited.")]


def prohibit(  # noqa: PLR0913  one parameter per option
    *,
    resident: ResidentOption,
    by: ByOption,
    reason: Annotated[str, typer.Option(help="Why, for the person to read.")],
    app: Annotated[
        str, typer.Option(metavar="CLIENT_ID", help="Only for this app. [default: any]")
    ] = "",
    category: Annotated[
        str, typer.Option(help="Only this kind of data, such as checkup. [default: all]")
    ] = "",
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Prohibit that a person's data be handed over, whatever they consent to.

    Example: mynasim consent prohibit --resident sato-hanako --by court
    --category medication --reason "令和8年(ヨ)第1号 仮処分決定"
    """
    settings = settings_of(data=data, db=db)
    known = catalogue().categories
    if category and category not in known:
        raise CommandError(f"{category} is unknown; choose of {', '.join(known)}")
    what = Prohibition(uuid4(), Prohibitor(by.value), app or None, category or None)
    with opened(settings) as database:
        named = database.run(_name, app) if app else ""
        who = person(database, settings, resident)
        wish = Prohibit(who.resident_id, what, who.holder, CHANNEL, named, reason)
        now = Clock(settings.clock).now()
        try:
            placed = database.run(service.prohibit, wish, now, token_bytes)
        except ConsentError as error:
            raise CommandError(str(error)) from None
    say(_document(placed), f"It is prohibited: {placed.prohibition.id}", json)


def prohibited(
    *,
    resident: ResidentOption,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Show what is prohibited about a person now, the newest first.

    Example: mynasim consent prohibited --resident sato-hanako
    """
    settings = settings_of(data=data, db=db)
    with opened(settings) as database:
        who = person(database, settings, resident)
        found = database.run(service.prohibited, who.resident_id)
    table = Table("id", "by", "app", "category", "since", "reason")
    for one in found:
        what = one.prohibition
        shown = (what.id, what.by, what.app_id or "any", what.category or "all")
        table.add_row(*map(plain, (*map(str, shown), rfc3339(one.since), one.reason)))
    nothing = f"Nothing is prohibited about {resident}."
    say([_document(one) for one in found], table if found else nothing, json)


def lift(
    prohibition_id: Annotated[UUID, typer.Argument(help="As `prohibited` lists it.")],
    *,
    resident: ResidentOption,
    by: ByOption,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Lift what an authority or a court prohibited; only who prohibited can.

    Example: mynasim consent lift 0f0e0d0c-0b0a-4908-8706-050403020100
    --resident sato-hanako --by court
    """
    settings = settings_of(data=data, db=db)
    with opened(settings) as database:
        who = person(database, settings, resident)
        wish = Lift(who.resident_id, prohibition_id, Prohibitor(by.value), who.holder, CHANNEL)
        try:
            database.run(apps.lift, wish, Clock(settings.clock).now(), token_bytes)
        except ConsentError as error:
            raise CommandError(f"{error}; `mynasim consent prohibited` lists all") from None
    say({"id": str(prohibition_id), "lifted": True}, "The prohibition is lifted.", json)


def _name(connection: Connection, client_id: str) -> str:
    app = store.find(connection, client_id)
    if app is None:
        raise CommandError(f"there is no app {client_id}; `mynasim app list` lists them all")
    return app.name


def _document(placed: Placed) -> dict[str, object]:
    what = placed.prohibition
    return {
        "id": str(what.id),
        "by": what.by.value,
        "app": what.app_id,
        "category": what.category,
        "reason": placed.reason,
        "since": rfc3339(placed.since),
    }
