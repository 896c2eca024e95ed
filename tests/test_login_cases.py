"""The acceptance cases of a login: tests go by their names, and each stands by a threat."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[1]
GROUPS = {"A": 21, "C": 15, "L": 18, "V": 17, "R": 9, "Q": 11, "S": 4}
CASES = {f"{group}{number}" for group, last in GROUPS.items() for number in range(1, last + 1)}
FUNCTION = re.compile(r"test_([a-z])(\d+)_")
NAME = re.compile(r"([A-Z])(\d+)(?: |$)")
LISTED = re.compile("([A-Z])(\\d+)(?:\N{EN DASH}[A-Z](\\d+))?")


def named() -> Iterator[str]:
    """The cases after which a test function, or a row of one, is named."""
    for path in (ROOT / "tests").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            if isinstance(node, ast.FunctionDef) and (found := FUNCTION.match(node.name)):
                yield f"{found[1].upper()}{found[2]}"
            elif isinstance(node, ast.Constant) and (found := NAME.match(str(node.value))):
                yield f"{found[1]}{found[2]}"


def listed() -> Iterator[str]:
    """The cases in the last column of the table of threats."""
    for line in (ROOT / "docs" / "threats.md").read_text().splitlines():
        if line.startswith("| "):
            for group, first, last in LISTED.findall(line.split("|")[-2]):
                for number in range(int(first), int(last or first) + 1):
                    yield f"{group}{number}"


def test_each_case_has_tests_by_its_name() -> None:
    assert CASES - set(named()) == set()


def test_each_case_stands_against_one_threat() -> None:
    cases = list(listed())
    assert sorted(cases) == sorted(CASES)
