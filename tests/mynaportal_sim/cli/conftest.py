"""A data directory with its keys, its tables and one person, as commands find it."""

from pathlib import Path
from secrets import token_bytes

import pytest
from sqlalchemy import create_engine
from sqlmodel import SQLModel

from mynaportal_sim import keys
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.residents import personas
from mynaportal_sim.settings import Settings


@pytest.fixture
def data(tmp_path: Path) -> Path:
    settings = Settings(data=tmp_path)
    keys.create(settings.keys)
    engine = create_engine(settings.database_url)
    SQLModel.metadata.create_all(engine)
    engine.dispose()
    database = Database(settings.database_url)
    known = personas.load(None, Clock().now().date())
    database.run(personas.settle, known[:1], token_bytes)
    database.close()
    return tmp_path
