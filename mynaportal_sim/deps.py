"""What every room may ask for: settings, database and the time."""

from datetime import datetime
from typing import Annotated

from fastapi import Depends, Request

from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.settings import Settings


async def _settings(request: Request) -> Settings:
    settings: Settings = request.app.state.settings
    return settings


async def _database(request: Request) -> Database:
    database: Database = request.app.state.database
    return database


async def _now(request: Request) -> datetime:
    clock: Clock = request.app.state.clock
    return clock.now()


SettingsDep = Annotated[Settings, Depends(_settings)]
DatabaseDep = Annotated[Database, Depends(_database)]
NowDep = Annotated[datetime, Depends(_now)]
