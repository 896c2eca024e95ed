"""`mynasim ledger verify`: judge the whole log, or one proof without any server."""

from pathlib import Path
from typing import Annotated

import typer

from consent.ledger.note import Verifier
from mynaportal_sim import keys
from mynaportal_sim.cli import ledger_whole
from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.ledger_promise import check_promise
from mynaportal_sim.cli.ledger_proofs import check_file
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.witnesses import WitnessOption, asked, demand, witness_key
from mynaportal_sim.witness_places import WitnessPlace

FileArgument = Annotated[
    Path | None,
    typer.Argument(exists=True, dir_okay=False, help="A proof to check, without any server."),
]
KeyOption = Annotated[
    str | None,
    typer.Option(
        "--key",
        metavar="VERIFIER-KEY",
        help="The key you trust, as `mynasim ledger key` printed it; else that of DIR.",
    ),
]
OldOption = Annotated[
    Path | None,
    typer.Option(
        "--old",
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="A proof or checkpoint you kept: a proof of growth must begin with its log.",
    ),
]
PromiseOption = Annotated[
    Path | None,
    typer.Option(
        metavar="FILE",
        exists=True,
        dir_okay=False,
        help="A promise you kept, the value of a Ledger-Promise header: is it in the log?",
    ),
]
FromOption = Annotated[
    str | None,
    typer.Option(
        "--from",
        metavar="URL|DIR",
        help="Verify the log's public files there, such as http://localhost:8400/ledger, "
        "not the database.",
    ),
]


def verify(  # noqa: PLR0913, PLR0917  one parameter per option
    file: FileArgument = None,
    key: KeyOption = None,
    old: OldOption = None,
    promise: PromiseOption = None,
    place: FromOption = None,
    witness: WitnessOption = None,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Verify the whole log, a proof, or a promise; exit with 0 only if all of it holds.

    With witnesses, the log must also be the one that they saw, and no shorter.

    Examples: mynasim ledger verify · mynasim ledger verify entry3.tlog-proof --key "$KEY" ·
    mynasim ledger verify growth.json --old entry3.tlog-proof --key "$KEY" ·
    mynasim ledger verify --promise promise.txt ·
    mynasim ledger verify --from http://localhost:8400/ledger --key "$KEY" --witness "$WITNESS"
    """
    settings = settings_of(data=data, db=db)
    trusted = (
        Verifier.parse(key) if key is not None else keys.ledger_signer(settings.keys).verifier
    )
    if (file and (promise or place)) or (promise and witness):
        raise typer.BadParameter(
            "give FILE (with --old or --witness), --promise (with --from), or neither "
            "(with --from or --witness)"
        )
    if old is not None and file is None:
        raise typer.BadParameter("--old goes with a proof of growth")
    if file is not None:
        check_file(file, old, trusted, [witness_key(text) for text in witness or ()], json)
        return
    if promise is not None:
        check_promise(promise, place, settings, trusted, json)
        return
    witnesses = tuple(map(WitnessPlace.parse, witness)) if witness else settings.witnesses
    seen = asked(witnesses, trusted)
    if witness:
        demand([one.witness.name for one in witnesses], [one.by for one in seen])
    if place is None:
        report, size = ledger_whole.judge_stored(settings, trusted, seen)
    else:
        report, size = ledger_whole.judge_published(place, settings, trusted, seen)
    told = "\n".join(ledger_whole.lines(report, size, trusted, seen))
    say(ledger_whole.as_json(report, size, seen), told, json)
    if not report.whole:
        raise typer.Exit(1)
