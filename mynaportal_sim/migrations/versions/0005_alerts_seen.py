"""Alerts that a person has seen, and the keys to an arrangement"""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    op.create_table(
        "alerts_seen",
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.Column("position", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("holder"),
    )
    op.create_index(
        op.f("ix_token_families_arrangement_id"), "token_families", ["arrangement_id"]
    )


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    op.drop_index(op.f("ix_token_families_arrangement_id"), table_name="token_families")
    op.drop_table("alerts_seen")
