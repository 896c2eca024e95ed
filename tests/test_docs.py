"""What the documentation says that tests show, tests do show."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
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
