"""Operators of apps"""

import sqlalchemy as sa
from alembic import op

revision = "0025"
down_revision = "0024"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    op.create_table(
        "operator_links",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("app_id", sa.String(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_operator_links_ends_at", "operator_links", ["ends_at"])
    op.create_table(
        "operator_sessions",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("app_id", sa.String(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_operator_sessions_ends_at", "operator_sessions", ["ends_at"])


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    for table in ("operator_sessions", "operator_links"):
        op.drop_index(f"ix_{table}_ends_at", table)
        op.drop_table(table)
