"""The revisions make exactly the tables that the code declares, and can be undone."""

import importlib
import pkgutil

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect
from sqlmodel import SQLModel

import mynaportal_sim
from mynaportal_sim.database import Database
from mynaportal_sim.world import migrations, upgrade


@pytest.fixture(autouse=True, scope="module")
def _every_table() -> None:
    """Import each module of the portal, so that each declares its tables."""
    for module in pkgutil.walk_packages(mynaportal_sim.__path__, "mynaportal_sim."):
        if "migrations" not in module.name and not module.name.endswith("__main__"):
            importlib.import_module(module.name)


def test_upgraded_tables_are_those_of_the_code(database_url: str) -> None:
    database = Database(database_url)
    with database.engine.connect() as connection:
        differences = compare_metadata(
            MigrationContext.configure(connection), SQLModel.metadata
        )
    database.close()
    assert differences == []


def test_upgrading_twice_changes_nothing(database_url: str) -> None:
    upgrade(database_url)


def test_a_revision_can_be_undone(database_url: str) -> None:
    command.downgrade(migrations(database_url), "base")
    database = Database(database_url)
    left = set(inspect(database.engine).get_table_names()) - {"alembic_version"}
    database.close()
    assert not left
    upgrade(database_url)
