"""What a doctor found: one line each, with what to do where something is wrong."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass

import typer
from rich.text import Text

from mynaportal_sim.cli.answer import say


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing looked at; `advice` says what to do when it is not well."""

    what: str
    well: bool
    found: str
    advice: str = ""


def report(findings: Sequence[Finding], json: bool) -> None:
    """Print the findings; exit with 1 if one is not well."""
    lines = Text("\n").join(map(_line, findings))
    say([asdict(finding) for finding in findings], lines, json)
    if not all(finding.well for finding in findings):
        raise typer.Exit(1)


def _line(finding: Finding) -> Text:
    mark = ("✓", "green") if finding.well else ("✗", "red")
    advice = f"\n    → {finding.advice}" if finding.advice and not finding.well else ""
    return Text.assemble(mark, f" {finding.what}: {finding.found}{advice}")
