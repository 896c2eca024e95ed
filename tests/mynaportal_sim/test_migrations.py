"""The revisions make exactly the tables that the code declares, and can be undone."""

import importlib
import pkgutil
from contextlib import closing

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import inspect, text
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


_APP = {
    "client_id": "app-1",
    "name": "健康ノート",
    "organisation": "健康ノート",
    "redirect_uris": "[]",
    "jwks": "",
    "profile": "oidc",
    "supervisor": "田中一郎",
    "recipients": "[]",
    "authority": "",
    "ethics_approval": "",
    "event_endpoint": "",
    "registered_at": 100,
    "scopes": "openid",
    "purpose": "self-care",
    "purpose_text": "推移を見るため",
}


def _rows(database: Database, table: str) -> list[dict[str, object]]:
    every = text(f"SELECT * FROM {table}")
    found = database.run(lambda connection: connection.execute(every).mappings().all())
    return [dict(row) for row in found]


@pytest.mark.parametrize(
    ("version", "reviewer", "declared_at"),
    [
        pytest.param(1, "", 100, id="the first was declared when the app was registered"),
        pytest.param(3, "審査会", None, id="of a later one nobody kept when"),
    ],
)
def test_what_an_app_declared_before_all_was_kept_stays_through_an_upgrade_and_back(
    database_url: str, version: int, reviewer: str, declared_at: int | None
) -> None:
    app = {**_APP, "purpose_version": version, "reviewer": reviewer}
    names, values = ", ".join(app), ", ".join(f":{name}" for name in app)
    command.downgrade(migrations(database_url), "0018")
    with closing(Database(database_url)) as database:
        row = text(f"INSERT INTO apps ({names}) VALUES ({values})")
        database.run(lambda connection: connection.execute(row, app))
        upgrade(database_url)
        kept = {
            "client_id": "app-1",
            "version": version,
            "code": "self-care",
            "text": "推移を見るため",
            "scopes": "openid",
            "declared_at": declared_at,
            "reviewer": reviewer,
            "reviewed_at": None,
        }
        assert _rows(database, "declarations") == [kept]
        command.downgrade(migrations(database_url), "0018")
        assert _rows(database, "apps") == [app]


@pytest.mark.parametrize(
    ("scopes", "versions"),
    [
        pytest.param("openid patient/Patient.rs", [1, 2], id="of basic information"),
        pytest.param("openid patient/Observation.rs", [1], id="of anything else"),
    ],
)
def test_whoever_agreed_to_basic_information_without_an_address_is_asked_anew(
    database_url: str, scopes: str, versions: list[int]
) -> None:
    app = {**_APP, "scopes": scopes, "purpose_version": 1, "reviewer": "審査会"}
    names, values = ", ".join(app), ", ".join(f":{name}" for name in app)
    command.downgrade(migrations(database_url), "0018")
    with closing(Database(database_url)) as database:
        row = text(f"INSERT INTO apps ({names}) VALUES ({values})")
        database.run(lambda connection: connection.execute(row, app))
        upgrade(database_url)
        [kept] = _rows(database, "apps")
        declared = _rows(database, "declarations")
        assert [one["version"] for one in declared] == versions
        assert kept["purpose_version"] == versions[-1]
        assert {one["scopes"] for one in declared} == {scopes}
        assert [one["reviewer"] for one in declared] == ["審査会", ""][: len(versions)]
        command.downgrade(migrations(database_url), "base")
    upgrade(database_url)
