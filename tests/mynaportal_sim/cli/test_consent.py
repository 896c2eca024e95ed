"""The rule of consent, printed, is the rule that decides, and the documentation has it."""

from itertools import product
from pathlib import Path

from typer.testing import CliRunner

from consent.model import TRANSITIONS, Event, State
from consent.policy import Reason, table
from mynaportal_sim.cli.consent import app

PAGE = Path(__file__).parents[3] / "docs" / "consent.md"


def test_the_documentation_has_the_tables_as_the_code_makes_them() -> None:
    printed = CliRunner().invoke(app, ["table"]).output.strip()
    assert PAGE.read_text().partition("-->\n")[2].strip() == printed


def test_every_reason_is_a_check_in_the_table() -> None:
    assert list(table.ASKED) == list(Reason)
    for reason, asks in table.ASKED.items():
        assert f"| {asks} | `{reason}` |" in table.markdown()


def test_the_table_of_life_has_every_transition_and_no_other() -> None:
    rows = [line for line in table.markdown().splitlines() if line.startswith("| ")]
    cells = {row.split("|")[1].strip(): row.split("|")[2:-1] for row in rows}
    for state, event in product(State, Event):
        becomes = TRANSITIONS.get((state, event))
        if state.value in cells:
            assert cells[state.value][list(Event).index(event)].strip() == (becomes or "")
        else:
            assert becomes is None


def test_what_keeps_back_and_what_prohibits_win_and_the_newest_stands() -> None:
    told = dict(table.cases())
    assert told["a consent that gives it"] == "given"
    assert told["a rule gives it, another of the same consent keeps it back"].startswith("not")
    assert told["another arrangement gives what this one keeps back"] == "given"
    assert told["a prohibition, and a consent given after it"] == "not given: `prohibited`"
    assert told["a newer version no longer gives it"] == "not given: `other_category`"
