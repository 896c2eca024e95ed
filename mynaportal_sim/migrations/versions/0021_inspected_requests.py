"""Inspected requests"""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0018"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    op.create_table(
        "inspected_requests",
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("trace", sa.String(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("content", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
        sa.UniqueConstraint("trace"),
    )
    op.create_index("ix_inspected_requests_client_id", "inspected_requests", ["client_id"])


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    op.drop_index("ix_inspected_requests_client_id", table_name="inspected_requests")
    op.drop_table("inspected_requests")
