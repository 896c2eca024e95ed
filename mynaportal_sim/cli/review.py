"""`mynasim review`: somebody else looks at each access without consent, by a deadline."""

from datetime import datetime
from secrets import token_bytes
from typing import Annotated
from uuid import UUID

import typer
from rich.table import Table

from consent.errors import ConsentError
from consent.instants import rfc3339
from consent.service import reviewing
from consent.service.reviewing import Finding
from consent.store import cases
from consent.without import Act, Case, Status
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock

app = typer.Typer(
    help="Review each access to a person's data without their consent.", no_args_is_help=True
)


@app.command("list")
def list_cases(
    *,
    every: Annotated[bool, typer.Option("--all", help="Those reviewed, too.")] = False,
    overdue: Annotated[bool, typer.Option("--overdue", help="Only those overdue.")] = False,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """List the cases that await a review, the most urgent first, not whom they are about.

    Example: mynasim review list --overdue
    """
    settings = settings_of(data=data, db=db)
    now = Clock(settings.clock).now()
    with opened(settings) as database:
        found = database.run(cases.queue, every=every)
    shown = [one for one in found if not overdue or one.status(now) is Status.OVERDUE]
    table = Table("case", "status", "review by", "basis", "authority", "officer", "reason")
    for one in shown:
        cells = (one.basis.value, one.authority, one.officer, one.reason)
        until = (one.status(now).value, rfc3339(one.review_by))
        table.add_row(*map(plain, (str(one.id), *until, *cells)))
    say([_document(one, now) for one in shown], table if shown else "No case awaits.", json)


@app.command()
def settle(  # noqa: PLR0913  one parameter per option
    case: Annotated[UUID, typer.Argument(help="As `review list` shows it.")],
    act: Annotated[Act, typer.Argument(help="What the review found.")],
    *,
    reviewer: Annotated[str, typer.Option(metavar="ID", help="Who reviewed it.")],
    finding: Annotated[str, typer.Option(help="Why, for the person to read.")],
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Uphold an access without consent, or object to it; the person reads what was found.

    Example: mynasim review settle 0f0e0d0c-0b0a-4908-8706-050403020100 uphold
    --reviewer 監察官02 --finding "搬送記録と一致し、必要な範囲に限られている"
    """
    settings = settings_of(data=data, db=db)
    now = Clock(settings.clock).now()
    wish = Finding(case, act, reviewer, finding)
    with opened(settings) as database:
        try:
            settled = database.run(reviewing.settle, wish, now, token_bytes)
        except ConsentError as error:
            raise CommandError(f"{error}; see `mynasim review list --all`") from None
    say(_document(settled, now), f"The case is {settled.state.value} now.", json)


def _document(case: Case, now: datetime) -> dict[str, object]:
    return {
        "case": str(case.id),
        "status": case.status(now).value,
        "review_by": rfc3339(case.review_by),
        "told_from": rfc3339(case.told_from),
        "legal_basis": case.basis.value,
        "authority": case.authority,
        "officer": case.officer,
        "reason": case.reason,
        "categories": list(case.categories),
        "opened": rfc3339(case.opened_at),
        "reviewer": case.reviewer,
        "finding": case.finding,
    }
