"""`mynasim research`: check an export of the ledger, and ask questions of it."""

import os
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.cells import cell_len
from rich.table import Column, Table

from consent.ledger.note import Verifier
from mynaportal_sim.cli import extras
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.options import JsonOption
from mynaportal_sim.cli.progress import progress

if TYPE_CHECKING:  # the extra `research` is no part of the core
    from mynaportal_sim.research.asking import Answer, Cell
    from mynaportal_sim.research.verification import Finding, Report

ROWS_SHOWN = 50
_IDS = frozenset({"app_id", "arrangement", "consent_version"})

app = typer.Typer(
    help="Check an export of the ledger, and ask questions of it.", no_args_is_help=True
)

ExportArgument = Annotated[
    Path, typer.Argument(metavar="DIR", help="What `mynasim ledger export` wrote.")
]
LanguageOption = Annotated[
    str | None,
    typer.Option("--lang", metavar="ja|en", help="Of titles and columns; else the terminal's."),
]


@app.command()
def verify(
    directory: ExportArgument,
    key: Annotated[
        str | None,
        typer.Option(
            "--key",
            metavar="VERIFIER-KEY",
            help="The key you trust, as `mynasim ledger key` printed it; else DIR's own.",
        ),
    ] = None,
    json: JsonOption = False,
) -> None:
    """Prove that an export is what the log committed to; exit with 0 only if all of it holds.

    It needs no server and no database. Without --key it trusts the key that the export names,
    which tells whether it is damaged but not whose log it is.

    Examples: mynasim research verify copy · mynasim research verify copy --key "$KEY"
    """
    with extras.research():
        from mynaportal_sim.research import verification  # noqa: PLC0415  as above
        from mynaportal_sim.research.manifest import Manifest  # noqa: PLC0415
    trusted = Verifier.parse(key) if key is not None else None
    manifest = Manifest.read(directory)
    with progress("Verifying", manifest.size * manifest.passes) as passed:
        report = verification.verify(directory, trusted, passed)
    say(_as_json(report), "\n".join(_lines(report, trusted)), json)
    if not report.whole:
        raise typer.Exit(1)


@app.command()
def questions(language: LanguageOption = None, json: JsonOption = False) -> None:
    """List what can be asked.

    Example: mynasim research questions
    """
    with extras.research():
        from mynaportal_sim.research.questions import QUESTIONS  # noqa: PLC0415  as above
    chosen = _language(language)
    table = Table("name", "title", box=None)
    for question in QUESTIONS:
        table.add_row(question.name, getattr(question.title, chosen))
    listed = [{"name": one.name, "title": one.title._asdict()} for one in QUESTIONS]
    say(listed, table, json)


@app.command()
def ask(
    name: Annotated[str, typer.Argument(help="Of `mynasim research questions`.")],
    directory: Annotated[
        Path, typer.Option("--from", metavar="DIR", help="What `mynasim ledger export` wrote.")
    ],
    svg: Annotated[
        Path | None, typer.Option("--svg", metavar="FILE", help="Draw the answer here too.")
    ] = None,
    language: LanguageOption = None,
    json: JsonOption = False,
) -> None:
    """Ask a question of an export.

    The answer is as good as the export: check that first with `mynasim research verify`.

    Examples: mynasim research ask after-withdrawal --from copy ·
    mynasim research ask accesses --from copy --svg accesses.svg
    """
    with extras.research():
        from mynaportal_sim.research import asking, chart  # noqa: PLC0415  as above
    chosen = _language(language)
    answer = asking.ask(directory, asking.named(name))
    if svg is not None:
        svg.write_text(chart.svg(answer, chosen), encoding="utf-8")
    columns = list(answer.question.columns)
    rows = [dict(zip(columns, map(_for_programs, row), strict=True)) for row in answer.rows]
    told = {"question": name, "title": answer.question.title._asdict(), "rows": rows}
    say(told, None if json else _table(answer, chosen), json)


def _table(answer: "Answer", language: str) -> Table:
    """What fits people: without ids, which only programs read."""
    question = answer.question
    columns = [(n, name) for n, name in enumerate(question.columns) if name not in _IDS]
    headings = [getattr(question.columns[name], language) for _, name in columns]
    rows = [
        [plain(_for_people(row[n])) for n, _ in columns] for row in answer.rows[:ROWS_SHOWN]
    ]
    widths = [
        max([cell_len(heading), *(row[n].cell_len for row in rows)])
        for n, heading in enumerate(headings)
    ]
    table = Table(
        *(
            Column(heading, no_wrap=True, min_width=width)
            for heading, width in zip(headings, widths, strict=True)
        ),
        title=getattr(question.title, language),
        title_justify="left",
        box=None,
        caption_justify="left",
    )
    for row in rows:
        table.add_row(*row)
    if (more := len(answer.rows) - ROWS_SHOWN) > 0:
        table.caption = f"{more:,} more rows; --json gives them all"
    return table


def _for_programs(cell: "Cell") -> object:
    return f"{cell:%Y-%m-%dT%H:%M:%SZ}" if isinstance(cell, datetime) else cell


def _for_people(cell: "Cell") -> str:
    match cell:
        case None:
            return ""
        case bool():
            return "yes" if cell else "no"
        case int():
            return str(cell)
        case list():
            return " ".join(cell)
    return str(_for_programs(cell))


def _language(given: str | None) -> str:
    if given is not None and given not in {"ja", "en"}:
        raise typer.BadParameter("--lang is ja or en")
    terminal = next(filter(None, map(os.environ.get, ("LC_ALL", "LC_MESSAGES", "LANG"))), "")
    return given or ("ja" if terminal.startswith("ja") else "en")


def _lines(report: "Report", trusted: Verifier | None) -> list[str]:
    lines = [_sentence(found) for found in report.findings]
    if report.whole:
        manifest = report.manifest
        lines.append(
            f"Whole: {manifest.size:,} entries, {manifest.erased:,} of them erased, are what"
            f" {manifest.verifier_key} signed (root {manifest.root})."
        )
        if trusted is None:
            lines.append("That key is the export's own word; give --key to trust it.")
    return lines


def _sentence(found: "Finding") -> str:
    at = "" if found.at is None else f" entry {found.at}:"
    detail = f" ({found.detail})" if found.detail else ""
    more = f"; so it is in {found.count - 1:,} more places" if found.count > 1 else ""
    return f"{found.path}:{at} {found.fault}{detail}{more}"


def _as_json(report: "Report") -> dict[str, object]:
    manifest = report.manifest
    findings = [
        {
            "path": found.path,
            "fault": found.fault.name.lower(),
            "at": found.at,
            "detail": found.detail,
            "count": found.count,
            "says": _sentence(found),
        }
        for found in report.findings
    ]
    return {
        "whole": report.whole,
        "size": manifest.size,
        "root": manifest.root,
        "erased": manifest.erased,
        "product": manifest.product,
        "seed": manifest.seed,
        "verifier_key": manifest.verifier_key,
        "findings": findings,
    }
