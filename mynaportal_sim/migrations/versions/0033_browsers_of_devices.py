"""Browsers in which the codes of devices were typed"""

import sqlalchemy as sa
from alembic import op

revision = "0033"
down_revision = "0032"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    op.execute(
        "DELETE FROM interactions WHERE device IS NOT NULL"
    )  # of which browser is unknown
    op.add_column("interactions", sa.Column("user_code", sa.String(), nullable=True))
    op.add_column("interactions", sa.Column("begun_in", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    op.drop_column("interactions", "begun_in")
    op.drop_column("interactions", "user_code")
