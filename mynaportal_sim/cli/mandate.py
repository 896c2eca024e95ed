"""`mynasim mandate`: who acts for whom, as a register or an authority sees it."""

from secrets import token_bytes
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table
from sqlalchemy import Connection

from consent import service
from consent.errors import ConsentError
from consent.instants import rfc3339
from consent.mandate import Mandate, MandateEvent, Party, table
from consent.service import MandateChange
from mynaportal_sim import keys
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.persons import ResidentOption, person
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock
from mynaportal_sim.oauth import acting as oauth
from mynaportal_sim.residents import store as residents

CHANNEL = "command"

app = typer.Typer(help="Who acts for whom: list, take away, keep away.", no_args_is_help=True)

MandateArgument = Annotated[UUID, typer.Argument(help="As `mandate list` lists it.")]
ReasonOption = Annotated[str, typer.Option(help="Why, for the person to read.")]
AgainstOption = Annotated[str, typer.Option(metavar="PERSONA", help="Who is kept away.")]


@app.callback()
def mandate() -> None:
    """Who acts for whom, and who is kept from whom."""


@app.command("table")
def show_table() -> None:
    """Print who may do what for whom, as tables in Markdown, for the ages that are set.

    Each row is worked out by the code that decides, so it cannot be out of date.

    Example: mynasim mandate table
    """
    typer.echo(table.markdown(settings_of().bands))


@app.command("list")
def list_(
    *,
    resident: ResidentOption,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Show who acts or acted for a person, the newest first.

    Example: mynasim mandate list --resident tanaka-yui
    """
    settings = settings_of(data=data, db=db)
    with opened(settings) as database:
        who = person(database, settings, resident)
        found = database.run(service.acting_for, who.resident_id)
        named = [(one, database.run(_persona, one.agent)) for one in found]
    now = Clock(settings.clock).now()
    shown_as = Table("id", "agent", "role", "status", "since", "ends")
    for one, agent in named:
        ends = one.lapses_at or one.valid_until
        shown = (str(one.id), agent or "open", one.role.value, one.status(now).value)
        days = (rfc3339(one.valid_from), rfc3339(ends) if ends else "")
        shown_as.add_row(*map(plain, (*shown, *days)))
    documents = [_document(one, agent) | {"status": one.status(now)} for one, agent in named]
    say(documents, shown_as if found else f"Nobody acts for {resident}.", json)


@app.command()
def revoke(
    mandate_id: MandateArgument,
    *,
    resident: ResidentOption,
    reason: ReasonOption,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Take a mandate away, as a court does; what was given under it lapses.

    Example: mynasim mandate revoke 0f0e0d0c-0b0a-4908-8706-050403020100
    --resident tanaka-yui --reason "令和8年(家)第3号 親権停止の審判"
    """
    _change(MandateEvent.REVOKE, mandate_id, resident, reason, (data, db, json))


@app.command()
def suspend(
    mandate_id: MandateArgument,
    *,
    resident: ResidentOption,
    reason: ReasonOption,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Let nobody act under a mandate for now; what was given under it stays.

    Example: mynasim mandate suspend 0f0e0d0c-0b0a-4908-8706-050403020100
    --resident tanaka-yui --reason "審判前の保全処分"
    """
    _change(MandateEvent.SUSPEND, mandate_id, resident, reason, (data, db, json))


@app.command()
def resume(
    mandate_id: MandateArgument,
    *,
    resident: ResidentOption,
    reason: ReasonOption,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Let a suspended mandate be acted under again.

    Example: mynasim mandate resume 0f0e0d0c-0b0a-4908-8706-050403020100
    --resident tanaka-yui --reason "保全処分の取消し"
    """
    _change(MandateEvent.RESUME, mandate_id, resident, reason, (data, db, json))


@app.command()
def block(
    *,
    resident: ResidentOption,
    against: AgainstOption,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Keep somebody from a person, whatever role they have (支援措置).

    They see nothing, can consent to nothing, and are told only that they do not act for the
    person. What they had consented to lapses.

    Example: mynasim mandate block --resident mori-hikari --against ogawa-tetsuya
    """
    _block(resident, against, (data, db, json), stands=True)


@app.command()
def unblock(
    *,
    resident: ResidentOption,
    against: AgainstOption,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Keep somebody from a person no longer; what lapsed stays lapsed.

    Example: mynasim mandate unblock --resident mori-hikari --against ogawa-tetsuya
    """
    _block(resident, against, (data, db, json), stands=False)


_Options = tuple[DataOption, DatabaseOption, JsonOption]


def _change(
    event: MandateEvent, mandate_id: UUID, resident: str, reason: str, options: _Options
) -> None:
    data, db, json = options
    settings = settings_of(data=data, db=db)
    with opened(settings) as database:
        who = person(database, settings, resident)
        wish = MandateChange(
            event=event,
            principal=who.resident_id,
            mandate_id=mandate_id,
            party=Party.AUTHORITY,
            holder=who.holder,
            channel=CHANNEL,
            reason=reason,
        )
        now = Clock(settings.clock).now()
        try:
            pseudonyms = keys.pseudonyms(settings.keys)
            moved = database.run(oauth.change_mandate, pseudonyms, wish, now, token_bytes)
        except ConsentError as error:
            raise CommandError(f"{error}; `mynasim mandate list` lists all") from None
        agent = database.run(_persona, moved.agent)
    say(_document(moved, agent), f"The mandate is {moved.state}.", json)


def _block(resident: str, against: str, options: _Options, *, stands: bool) -> None:
    data, db, json = options
    settings = settings_of(data=data, db=db)
    with opened(settings) as database:
        who = person(database, settings, resident)
        other = person(database, settings, against)
        parties, now = (who.resident_id, other.resident_id), Clock(settings.clock).now()
        if stands:
            pseudonyms = keys.pseudonyms(settings.keys)
            changed = database.run(oauth.block, pseudonyms, parties, now, token_bytes)
        else:
            unblocked = (*parties, who.holder)
            changed = database.run(service.unblock, *unblocked, now, token_bytes)
    said = f"{against} is {'' if stands else 'no longer '}kept from {resident}."
    document = {"resident": resident, "against": against, "stands": stands, "changed": changed}
    say(document, said, json)


def _persona(connection: Connection, resident_id: UUID | None) -> str:
    known = None if resident_id is None else residents.by_id(connection, resident_id)
    return "" if known is None else known.persona


def _document(one: Mandate, agent: str) -> dict[str, object]:
    categories = one.scope.categories
    return {
        "id": str(one.id),
        "agent": agent or None,
        "role": one.role.value,
        "acts": sorted(one.scope.acts),
        "categories": None if categories is None else sorted(categories),
        "since": rfc3339(one.valid_from),
        "until": None if one.valid_until is None else rfc3339(one.valid_until),
        "lapses": None if one.lapses_at is None else rfc3339(one.lapses_at),
        "evidence": one.evidence,
        "state": one.state.value,
    }
