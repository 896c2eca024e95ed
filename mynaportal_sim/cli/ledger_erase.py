"""`mynasim ledger erase`: make what entries say unreadable, for good."""

import asyncio
import sys
from secrets import token_bytes
from typing import Annotated

import typer

from consent.ledger import store
from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.ledger_prove import INDEX_MAX
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock
from mynaportal_sim.settings import Mode


def erase(
    entries: Annotated[
        list[int],
        typer.Argument(
            metavar="INDEX…", min=0, max=INDEX_MAX, help="The entries' indices in the log."
        ),
    ],
    reason: Annotated[str, typer.Option(help="Why; it stays in the log.", prompt=True)],
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Erase salts and values of entries; their leaves stay, and every proof stays valid.

    It cannot be undone. An entry `ledger.erased` says which and why.

    Example: mynasim ledger erase 3 4 --reason "erasure asked for by the person"
    """
    settings = settings_of(data=data, db=db)
    with opened(settings) as database:
        if not yes:
            _agree(len(entries))
        now = Clock(settings.clock if settings.mode is Mode.DEV else None).now()
        erased = asyncio.run(database.write(store.erase, entries, reason, now, token_bytes))
    kept = sorted(set(entries) - set(erased))
    lines = (
        [f"Erased: {len(erased)}; the ledger says so in an entry of its own."] if erased else []
    )
    if kept:
        lines.append(f"Nothing to erase at {', '.join(map(str, kept))}.")
    say({"erased": erased, "nothing": kept}, "\n".join(lines), json)
    if not erased:
        raise typer.Exit(1)


def _agree(count: int) -> None:
    if not sys.stdin.isatty():
        raise CommandError("nobody is here to be asked whether to erase; --yes does without")
    if not typer.confirm(f"Erase what {count} entries say, for good?", default=False, err=True):
        raise typer.Abort
