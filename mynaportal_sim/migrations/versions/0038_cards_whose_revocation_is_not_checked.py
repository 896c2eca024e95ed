"""Logins by cards whose revocation is not checked"""

import sqlalchemy as sa
from alembic import op

revision = "0038"
down_revision = "0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    op.add_column("sessions", sa.Column("card_salt", sa.LargeBinary(), nullable=True))
    op.add_column("sessions", sa.Column("card_remembered", sa.LargeBinary(), nullable=True))
    op.add_column("sessions", sa.Column("card_entry", sa.BigInteger(), nullable=True))
    op.create_table(
        "ended_unchecked_logins",
        sa.Column("entry_id", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("entry_id"),
    )


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    op.drop_table("ended_unchecked_logins")
    op.drop_column("sessions", "card_entry")
    op.drop_column("sessions", "card_remembered")
    op.drop_column("sessions", "card_salt")
