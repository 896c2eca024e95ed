"""A database for each test of the stored ledger."""

from collections.abc import Iterator

import pytest

from mynaportal_sim.database import Database


@pytest.fixture
def database(database_url: str) -> Iterator[Database]:
    """An empty, migrated database, on each engine in turn."""
    database = Database(database_url)
    yield database
    database.close()
