"""What the documentation says that tests show, tests do show."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
_MODULES = re.compile(r"(?:fapi2|oidcc)-[\w-]+")
_TEST = re.compile(r"`(tests/[\w/]+\.py)::(test_\w+)`")


@pytest.mark.parametrize("page", ["elsewhere.md"])
def test_each_test_that_a_page_names_is_there(page: str) -> None:
    rows = [
        line
        for line in (ROOT / "docs" / page).read_text().splitlines()
        if line.startswith("| ") and not line.startswith("| elsewhere")
    ]
    assert len(rows) > 5
    for row in rows:
        named = _TEST.findall(row)
        assert named, row
        assert len(named) == row.count("`tests/"), row
        for path, name in named:
            assert f"def {name}(" in (ROOT / path).read_text(), f"{path}::{name}"


def test_each_module_of_the_conformance_suite_is_tried_or_has_its_reason() -> None:
    modules = (ROOT / "tests/vectors/oidf-modules.txt").read_text().split()
    tables = [path.read_text() for path in (ROOT / "tests").rglob("test_*.py")]
    ids = [one for table in tables for one in re.findall(r'id=f?"([\w-]+)', table)]
    named = [one for table in tables for one in re.findall(r"def test_(oidcc_\w+)", table)]
    lines = (ROOT / "docs" / "oidf.md").read_text().splitlines()
    excused = [_MODULES.findall(line) for line in lines if line.startswith("| `")]
    assert all(len(names) == 1 for names in excused)
    tried = {one for one in modules if one in ids or one.replace("-", "_") in named}
    reasons = {name for [name] in excused}
    assert not tried & reasons
    assert sorted(tried | reasons) == sorted(modules)
