"""A prepared data directory, made once, and a portal on a copy of it for each test."""

import asyncio
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from mynaportal_sim import world
from mynaportal_sim.app import create_app
from mynaportal_sim.clock import Clock
from mynaportal_sim.settings import Settings
from tests.mynaportal_sim.delivery.kit import Endpoint
from tests.mynaportal_sim.web.acting import EVERYBODY
from tests.mynaportal_sim.web.kit import HANAKO, KENICHI, PORT, Browser, Portal


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with two people in it."""
    data = tmp_path_factory.mktemp("prepared") / "data"
    data.mkdir()
    settings = Settings(data=data, port=PORT)
    world.prepare(settings, Clock(), lambda _: None, only=[HANAKO, KENICHI])
    return data


@pytest.fixture(scope="session")
def households(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A data directory with those who act for others and those they act for."""
    data = tmp_path_factory.mktemp("households") / "data"
    data.mkdir()
    world.prepare(Settings(data=data, port=PORT), Clock(), lambda _: None, only=EVERYBODY)
    return data


@pytest.fixture
def portal(prepared: Path, tmp_path: Path) -> Iterator[Portal]:
    """A portal of the test's own; entries of its ledger stay without a place."""
    data = tmp_path / "data"
    shutil.copytree(prepared, data)
    web = create_app(Settings(data=data, port=PORT))
    with asyncio.Runner() as runner:
        yield Portal(web, runner)
    web.state.database.close()


@pytest.fixture
def browser(portal: Portal) -> Browser:
    """A browser that nobody has used before."""
    return portal.browser()


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    """What takes logout tokens."""
    with Endpoint() as listening:
        listening.answer = (200, b"", {})
        yield listening
