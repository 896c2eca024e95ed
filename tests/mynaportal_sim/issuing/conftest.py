from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from mynaportal_sim.database import Database
from mynaportal_sim.issuing.cards import Counter
from tests.mynaportal_sim.issuing.kit import Town, quick_counter, town


@pytest.fixture(scope="module")
def counter() -> Counter:
    return quick_counter()


@pytest.fixture
def small(sqlite_template: Path, counter: Counter, tmp_path: Path) -> Iterator[Town]:
    """A town on SQLite alone."""
    copy = tmp_path / "db.sqlite3"
    copy.write_bytes(sqlite_template.read_bytes())
    with closing(Database(f"sqlite:///{copy}")) as database:
        yield town(database, tmp_path, counter)
