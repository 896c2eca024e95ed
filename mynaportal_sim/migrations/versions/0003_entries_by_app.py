"""Entries by the app they are about"""

import json

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_PAGE = 1000
_bodies = sa.table(
    "ledger_bodies",
    sa.column("entry_id", sa.BigInteger()),
    sa.column("app_id", sa.String()),
    sa.column("body", sa.LargeBinary()),
)


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    op.add_column("ledger_bodies", sa.Column("app_id", sa.String(), nullable=True))
    op.create_index("ix_ledger_bodies_app_id", "ledger_bodies", ["app_id", "entry_id"])
    _file_by_app()


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    op.drop_index("ix_ledger_bodies_app_id", table_name="ledger_bodies")
    op.drop_column("ledger_bodies", "app_id")


def _file_by_app() -> None:
    """File the entries that are there under the app that their bodies name."""
    connection, after = op.get_bind(), -1
    named = (
        sa.update(_bodies)
        .where(_bodies.c.entry_id == sa.bindparam("entry"))
        .values(app_id=sa.bindparam("app"))
    )
    page = sa.select(_bodies.c.entry_id, _bodies.c.body).order_by(_bodies.c.entry_id)
    while rows := connection.execute(page.where(_bodies.c.entry_id > after).limit(_PAGE)).all():
        found = [
            {"entry": row.entry_id, "app": app}
            for row in rows
            if (app := json.loads(row.body)["fields"].get("app_id", {}).get("value"))
        ]
        if found:
            connection.execute(named, found)
        after = rows[-1].entry_id
