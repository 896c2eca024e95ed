"""Every change of the tables, one alembic revision each."""
