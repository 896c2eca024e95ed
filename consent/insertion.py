"""Inserting what must be there once."""

from sqlalchemy import Connection, Table
from sqlalchemy.dialects import postgresql, sqlite


def insert_once(table: Table, connection: Connection) -> "sqlite.Insert | postgresql.Insert":
    """An INSERT that can say ON CONFLICT, in the connection's dialect."""
    if connection.dialect.name == "sqlite":
        return sqlite.insert(table)
    return postgresql.insert(table)
