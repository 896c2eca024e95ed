"""`mynasim ledger export`: the auditor's copy of the whole log, as files."""

import asyncio
from pathlib import Path
from typing import Annotated

import typer

from consent.ledger import store
from mynaportal_sim import keys
from mynaportal_sim.cli import extras
from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.progress import progress
from mynaportal_sim.cli.state import opened
from mynaportal_sim.research.formats import Format

DirectoryArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="A folder that is new or empty.")
]
FormatOption = Annotated[
    list[Format] | None,
    typer.Option("--format", help="May be repeated.  [default: both]", show_default=False),
]


def export(
    directory: DirectoryArgument,
    formats: FormatOption = None,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Write the whole log, as it was last signed, into files that prove themselves.

    DIR appears when all of it is written. It tells which accesses of all apps belong to one
    person, by a pseudonym: treat it as personal data.

    Examples: mynasim ledger export copy · mynasim ledger export copy --format parquet
    """
    with extras.research():
        from mynaportal_sim.research.export import (  # noqa: PLC0415  no part of the core
            Source,
            export,
        )
    settings = settings_of(data=data, db=db)
    source = Source(keys.ledger_signer(settings.keys).verifier)
    wanted = list(dict.fromkeys(formats or Format))
    with opened(settings) as database:
        size = asyncio.run(database.read(store.size)).indexed
        with progress("Exporting", size * len(wanted)) as passed:
            written = asyncio.run(database.read(export, directory, source, wanted, passed))
    bytes_written = sum(record.bytes for record in written.files.values())
    told = {
        "directory": str(directory),
        "size": written.size,
        "root": written.root,
        "erased": written.erased,
        "files": {name: record.bytes for name, record in written.files.items()},
    }
    text = (
        f"{written.size:,} entries are in {directory} ({bytes_written / 1e6:,.1f} MB)."
        f" Anyone can check them: mynasim research verify {directory}"
    )
    say(told, text, json)
