"""Checkpoints with witnesses"""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    op.add_column(
        "ledger_checkpoints",
        sa.Column("cosignatures", sa.Integer(), nullable=False, server_default="0"),
    )
    op.create_index(
        "ix_ledger_checkpoints_witnessed", "ledger_checkpoints", ["cosignatures", "size"]
    )
    op.create_table(
        "ledger_witnesses",
        sa.Column("key", sa.String(), nullable=False),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("cosigned_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    op.drop_table("ledger_witnesses")
    op.drop_index("ix_ledger_checkpoints_witnessed", table_name="ledger_checkpoints")
    op.drop_column("ledger_checkpoints", "cosignatures")
