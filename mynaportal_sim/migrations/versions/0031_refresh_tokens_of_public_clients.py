"""Refresh tokens of public clients"""

import sqlalchemy as sa
from alembic import op

revision = "0031"
down_revision = "0030"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    op.create_table(
        "spent_refresh_tokens",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("family_id", sa.Uuid(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("digest"),
    )
    op.create_index("ix_spent_refresh_tokens_ends_at", "spent_refresh_tokens", ["ends_at"])


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    op.drop_index("ix_spent_refresh_tokens_ends_at", "spent_refresh_tokens")
    op.drop_table("spent_refresh_tokens")
