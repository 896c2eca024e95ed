"""`mynasim ca`: the simulated authorities behind the cards, in all their generations."""

from datetime import datetime
from secrets import token_bytes
from typing import Annotated

import typer
from rich.table import Table

from card_reader.spec import Kind
from consent.instants import rfc3339
from mynaportal_sim.apps import texts
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.keys import PLANNED, PlannedOption
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock
from mynaportal_sim.pki import authority, service
from mynaportal_sim.pki.authority import Authorities, Authority
from mynaportal_sim.pki.model import Family

app = typer.Typer(
    help="See the authorities that certify cards' keys, and let one go over to a new key.",
    no_args_is_help=True,
)


@app.command("list")
def list_authorities(
    data: DataOption = None, db: DatabaseOption = None, json: JsonOption = False
) -> None:
    """Show each generation of each authority, and what it is now.

    Example: mynasim ca list
    """
    settings = settings_of(data=data, db=db)
    now = Clock(settings.clock).now()
    with opened(settings):
        found = authority.load_all(settings.authorities)
    table = Table("name", "status", "serial", "until", "name in certificates", box=None)
    told = [_document(one, found, now) for one in found.every]
    for one in told:
        table.add_row(*map(plain, one.values()))
    say(told, table, json)


@app.command()
def renew(
    *,
    kind: Annotated[Kind, typer.Option(help="Which certificates it issues.")] = (
        Kind.USER_AUTHENTICATION
    ),
    family: Annotated[
        Family, typer.Option(help="For which carrier; what is for `next` is hypothetical.")
    ] = Family.CARD,
    reason: PlannedOption = PLANNED,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Let an authority issue by a new key from now on, under the name it has.

    What it issued before stays good: the older generation is trusted until it ends, and its
    revocation lists and OCSP answers go on. A running portal follows at once.

    Examples: mynasim ca renew · mynasim ca renew --kind signing --family phone
    """
    texts.named("--reason", reason)
    settings = settings_of(data=data, db=db)
    now = Clock(settings.clock).now()
    with opened(settings) as database:
        made = authority.successor(settings.authorities, family, kind, now, token_bytes)
        database.run(service.enter_successor, made, reason, now, token_bytes)
        if not authority.save(settings.authorities, made):
            raise CommandError("another command was first; look with `mynasim ca list`")
        every = authority.load_all(settings.authorities)
    document = _document(made, every, now)
    say(document, f"{made.name} issues from now on, until {document['until']}.", json)


def _document(one: Authority, every: Authorities, now: datetime) -> dict[str, str]:
    end = one.certificate.not_valid_after_utc
    ended = "ended" if now > end else "trusted"
    return {
        "name": one.name,
        "status": "issues" if every.issues(one, now) else ended,
        "serial": f"{one.certificate.serial_number:08X}",
        "until": rfc3339(end),
        "subject": one.certificate.subject.rfc4514_string(),
    }
