"""`mynasim bench`: the table of figures, each beside its limit or its peer."""

import os
import platform
import signal
import sys
from contextlib import ExitStack
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Annotated

import typer
from rich.console import Console
from rich.status import Status

from card_reader.errors import CardError
from card_reader.hardening import keep_pins_out_of_dumps
from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.benchmarks.effort import FULL, QUICK
from mynaportal_sim.cli.benchmarks.errors import BenchError
from mynaportal_sim.cli.benchmarks.rig import Rig
from mynaportal_sim.cli.benchmarks.row import Figure, Row, Verdict
from mynaportal_sim.cli.benchmarks.server import CORES, apart
from mynaportal_sim.cli.benchmarks.table import ROWS, chosen
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import JsonOption
from mynaportal_sim.sample_app.errors import RelyingPartyError

app = typer.Typer(
    help="Measure how fast everything is, beside its limit or its peer.",
    context_settings={"allow_interspersed_args": True},
)

_COLOURS = {Verdict.PASS: "green", Verdict.MISS: "red", Verdict.NOT_JUDGED: "yellow"}


@app.callback(invoke_without_command=True)
def bench(
    rows: Annotated[
        list[str] | None,
        typer.Argument(metavar="[ROW…]", help=f"Of {', '.join(row.name for row in ROWS)}."),
    ] = None,
    *,
    quick: Annotated[bool, typer.Option("--quick", help="Rougher, in under 40 s.")] = False,
    json: JsonOption = False,
) -> None:
    """Print each figure with what it must reach; servers run on one core, the load on another.

    A portal and a database of its own are made for it and thrown away. The peer is npm's
    oidc-provider, with everything in memory; it is installed into the cache on first use.
    That of the rows `merkle` is PyPI's pymerkle, installed anew each time and thrown away.
    Exit code 1 says that a row could not be measured; a missed goal is only said.

    Examples: mynasim bench · mynasim bench --quick · mynasim bench ledger token
    """
    wanted = chosen(rows or [])
    keep_pins_out_of_dumps()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    console = Console(stderr=True, highlight=False)
    with (
        TemporaryDirectory(prefix="mynasim-bench-") as directory,
        ExitStack() as stack,
        apart(),
        console.status("Measuring …") as status,
    ):
        place = Path(directory)
        console.print(_machine(place), style="dim")
        rig = Rig(place, QUICK if quick else FULL, stack, status.update)
        results = [_measured(row, rig, status, json) for row in wanted]
    say(results, None, json)
    if any("error" in result for result in results):
        raise typer.Exit(1)


def _measured(row: Row, rig: Rig, status: Status, json: bool) -> dict[str, object]:
    """Measure a row, print its lines unless they are wanted as JSON, and give its record."""
    status.update(f"{row.name}: {row.what}")
    record: dict[str, object] = {"row": row.name, "what": row.what, "goal": str(row.goal)}
    try:
        figure = row.measure(rig)
    except (BenchError, CardError, CommandError, RelyingPartyError) as error:
        if not json:
            typer.echo(f"{'failed':10} {row.name:14} {error}\n")
        return {**record, "error": str(error)}
    verdict = row.goal.judge(figure)
    if not json:
        typer.echo(_lines(row, figure, verdict))
    return {**record, "unit": row.goal.unit, **figure._asdict(), "verdict": verdict.value}


def _lines(row: Row, figure: Figure, verdict: Verdict) -> str:
    mark = typer.style(f"{verdict.value:10}", fg=_COLOURS[verdict])
    value = f"{_number(figure.value)} {row.goal.unit}"
    beside = ""
    if figure.peer is not None and figure.ratio is not None:
        beside = f"  peer {_number(figure.peer)} {row.goal.unit}, ratio {figure.ratio:.2f}"
    if figure.limit is not None:
        beside += f"  limit {_number(figure.limit)} {row.goal.unit}"
    head = f"{mark} {row.name:14} {value:>14}  ({row.goal}){beside}"
    return f"{head}\n{'':25} {row.what}; {figure.note}\n"


def _number(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"


def _machine(place: Path) -> str:
    """What the figures depend on: said, since none means anything without it."""
    load = ", ".join(f"{average:.1f}" for average in os.getloadavg())
    return (
        f"Python {platform.python_version()}, {len(CORES) or os.cpu_count()} cores, "
        f"load {load}, fsync {1000 * _fsync(place / 'fsync'):.2f} ms; "
        "rates are per second of CPU time unless a row says otherwise"
    )


def _fsync(path: Path) -> float:
    """Median seconds to have a page of 4 KiB on the disk."""
    took = []
    with path.open("wb", buffering=0) as file:
        for _ in range(20):
            began = perf_counter()
            file.write(bytes(4096))
            os.fsync(file.fileno())
            took.append(perf_counter() - began)
    return median(took)
