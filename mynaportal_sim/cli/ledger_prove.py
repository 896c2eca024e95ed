"""`mynasim ledger prove`: that an entry is in the log, or that the log only grew."""

import asyncio
import json as json_text
from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer

from consent.ledger import store
from consent.ledger.copies import Copy
from mynaportal_sim.cli import growth
from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.state import opened
from mynaportal_sim.database import Database

INDEX_MAX = 2**63 - 1  # what a database can number

CopyOption = Annotated[
    Copy | None,
    typer.Option(help="Open the fields that this reader's copy shows, beside FIELDs."),
]
SinceOption = Annotated[
    int | None,
    typer.Option(
        min=1, max=INDEX_MAX, metavar="SIZE", help="Prove that the log only grew since SIZE."
    ),
]


def prove(  # noqa: PLR0913, PLR0917  one parameter per option
    index: Annotated[
        int | None, typer.Argument(min=0, max=INDEX_MAX, help="The entry's index in the log.")
    ] = None,
    show: Annotated[
        list[str] | None,
        typer.Option(metavar="FIELD", help="A field to open in the proof; may be repeated."),
    ] = None,
    copy: CopyOption = None,
    since: SinceOption = None,
    out: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write here, not to the output.")
    ] = None,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Write a proof that stands alone: of an entry (c2sp.org/tlog-proof), or of growth.

    An entry is in the log that was signed last. With --since, the log that was signed when it
    had SIZE entries is a beginning of the one that was signed last (JSON).

    Examples: mynasim ledger prove 3 --show reason --out entry3.tlog-proof ·
    mynasim ledger prove 3 --copy person ·
    mynasim ledger prove --since 3 --out growth.json
    """
    with opened(settings_of(data=data, db=db)) as database:
        if index is not None and since is None:
            proof = _of_entry(database, index, show or (), copy)
        elif since is not None and index is None and not (show or copy):
            proof = _of_growth(database, since)
        else:
            raise typer.BadParameter(
                "give an INDEX (with --show or --copy, if you like) or --since SIZE"
            )
    about: dict[str, object] = {"index": index} if since is None else {"since": since}
    if out is not None:
        out.write_text(proof, encoding="utf-8")
        say({**about, "file": str(out)}, None, json)
    else:
        content = proof if since is None else json_text.loads(proof)
        say({**about, "proof": content}, proof.removesuffix("\n"), json)


def _of_entry(database: Database, index: int, show: Sequence[str], copy: Copy | None) -> str:
    proof = asyncio.run(database.read(store.prove, index, show, copy))
    if proof is None:
        raise CommandError(
            f"no signed checkpoint covers an entry {index}; see `mynasim ledger list`"
        )
    if lacking := sorted(set(show) - proof.shown.keys()):
        raise CommandError(
            f"entry {index} has no field {', '.join(lacking)} that can be opened"
        )
    return bytes(proof).decode()


def _of_growth(database: Database, since: int) -> str:
    proof = asyncio.run(database.read(growth.prove, since))
    if proof is None:
        raise CommandError(
            f"no checkpoint of size {since} was signed; give the size that a kept proof says"
        )
    return f"{proof}\n"
