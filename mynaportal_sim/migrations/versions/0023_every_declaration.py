"""Every declaration of an app"""

import sqlalchemy as sa
from alembic import op

revision = "0023"
down_revision = "0022"
branch_labels = None
depends_on = None

_MOVED = {
    "scopes": sa.Text(),
    "purpose": sa.String(),
    "purpose_text": sa.String(),
    "reviewer": sa.String(),
}


def upgrade() -> None:
    """Bring the tables from the revision before to this one.

    Of an app that has declared anew, only the newest declaration was kept, and not since when.
    """
    op.create_table(
        "declarations",
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("version", sa.Integer(), nullable=False),
        sa.Column("code", sa.String(), nullable=False),
        sa.Column("text", sa.Text(), nullable=False),
        sa.Column("scopes", sa.Text(), nullable=False),
        sa.Column("declared_at", sa.BigInteger(), nullable=True),
        sa.Column("reviewer", sa.String(), nullable=False),
        sa.Column("reviewed_at", sa.BigInteger(), nullable=True),
        sa.ForeignKeyConstraint(["client_id"], ["apps.client_id"]),
        sa.PrimaryKeyConstraint("client_id", "version"),
    )
    op.execute(
        "INSERT INTO declarations"
        " (client_id, version, code, text, scopes, declared_at, reviewer)"
        " SELECT client_id, purpose_version, purpose, purpose_text, scopes,"
        " CASE WHEN purpose_version = 1 THEN registered_at END, reviewer FROM apps"
    )
    for name in _MOVED:
        op.drop_column("apps", name)


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    for name, kind in _MOVED.items():
        op.add_column("apps", sa.Column(name, kind, nullable=False, server_default=""))
    op.execute(
        "UPDATE apps SET (scopes, purpose, purpose_text, reviewer) ="
        " (SELECT scopes, code, text, reviewer FROM declarations"
        " WHERE declarations.client_id = apps.client_id"
        " AND declarations.version = apps.purpose_version)"
    )
    op.drop_table("declarations")
