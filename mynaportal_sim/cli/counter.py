"""`mynasim counter`: what happens in a person's life, brought to the municipal counter."""

from collections.abc import Callable
from datetime import datetime
from secrets import token_bytes

import typer
from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from mynaportal_sim.cli import counter_changes
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.counter_dealing import (
    CardOption,
    PersonaArgument,
    deal,
    dev_settings,
    of_the_file,
    resident,
)
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock
from mynaportal_sim.issuing import telling, words
from mynaportal_sim.issuing.judging import possible
from mynaportal_sim.issuing.life_events import LifeEvent
from mynaportal_sim.issuing.model import Certificate, Holding, Standing
from mynaportal_sim.issuing.office import office_of, stand
from mynaportal_sim.issuing.wishes import Wish
from mynaportal_sim.records.generate import follow

app = typer.Typer(
    help="Move, lose a card, renew, die: what happens in a life, and what it does to a card.",
    no_args_is_help=True,
)

_PLAIN = {
    LifeEvent.RENEW: "Renew both certificates, within three months before they end.",
    LifeEvent.LOSE: "A card is lost: stop it for now. `find` lifts that, `not-found` ends it.",
    LifeEvent.FIND: "A lost card is found again: it can be used as before.",
    LifeEvent.NOT_FOUND: "A lost card is given up: its certificates are revoked for good.",
    LifeEvent.RETURN: "The holder gives the card back: its certificates are revoked for good.",
    LifeEvent.DIE: "The person dies: all certificates, sessions and consents end.",
    LifeEvent.LOSE_PHONE: "A phone is lost: what it holds is revoked, the card stays.",
    LifeEvent.END_PERMIT: "The period of stay has run out: the card is returned.",
}


@app.command()
def show(
    persona: PersonaArgument,
    *,
    card: CardOption = None,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Show a person's card and certificates, and what each event would change.

    Example: mynasim counter show sato-hanako
    """
    settings = dev_settings(data, db)
    now = Clock(settings.clock).now()
    with opened(settings) as database:
        office = office_of(settings, database, now, token_bytes, follow)
        standing = stand(office, resident(database, persona), card)
    say(telling.document(standing, now), _shown(standing, now), json)


@app.command("table")
def show_table() -> None:
    """Print what each event changes, as a table in Markdown.

    Example: mynasim counter table
    """
    typer.echo(telling.markdown())


def _plain(event: LifeEvent) -> Callable[..., None]:
    """The command of an event that brings nothing but itself."""

    def command(
        persona: PersonaArgument,
        *,
        card: CardOption = None,
        data: DataOption = None,
        db: DatabaseOption = None,
        json: JsonOption = False,
    ) -> None:
        deal(persona, Wish(event=event), (card, data, db, json))

    name = telling.name_of(event)
    whom = "nguyen-van-an" if event is LifeEvent.END_PERMIT else "sato-hanako"
    command.__doc__ = f"{_PLAIN[event]}\n\nExample: mynasim counter {name} {whom}"
    return command


for _event in LifeEvent:
    _command = counter_changes.COMMANDS.get(_event) or _plain(_event)
    app.command(telling.name_of(_event))(_command)


def _shown(standing: Standing, now: datetime) -> RenderableType:
    """The same for people: what there is, then each event with what it would change."""
    person = standing.resident
    until = person.permitted_until
    lines = [f"{person.name.full}   {person.address}"]
    if person.died:
        lines.append(f"died on {person.died}")
    if until:
        lines.append(f"may stay until {until}")
    for label, holding in (("card", standing.card), ("phone", standing.phone)):
        lines += [f"{label:6} none"] if holding is None else _lines(label, holding, now)
    lines += of_the_file(standing)
    table = Table("event", "what it changes, or why it cannot happen", box=None, pad_edge=False)
    for event in LifeEvent:
        refusal = possible(standing, event, now)
        changes = "; ".join(one.en for one in words.effects(event, standing, now))
        told = Text(changes) if refusal is None else Text(str(refusal), "dim")
        table.add_row(telling.name_of(event), told)
    return Group(*map(plain, lines), Text(), table)


def _lines(label: str, holding: Holding, now: datetime) -> list[str]:
    status = words.STATUSES[holding.status(now)].en
    first = f"{label:6} {status}; until {holding.expires:%Y-%m-%d}"
    both = (
        ("user authentication", holding.authentication),
        ("signing", holding.signing),
    )
    return [first, *(f"       {name:20} {_told(one, now)}" for name, one in both)]


def _told(certificate: Certificate | None, now: datetime) -> str:
    if certificate is None:
        return "none"
    over = now > certificate.not_after
    state = words.OVER if over else words.CERTIFICATES[certificate.state]
    return f"{state.en}; {certificate.name.serial:08X}, until {certificate.not_after:%Y-%m-%d}"
