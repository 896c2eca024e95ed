"""Runs revisions on the database whose URL the caller put into the configuration."""

from alembic import context
from sqlmodel import SQLModel

from mynaportal_sim.database import Database

database = Database(context.config.attributes["url"])
try:
    with database.engine.connect() as connection:
        context.configure(connection=connection, target_metadata=SQLModel.metadata)
        with context.begin_transaction():
            context.run_migrations()
finally:
    database.close()
