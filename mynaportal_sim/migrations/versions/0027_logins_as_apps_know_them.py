"""Logins as apps know them"""

import sqlalchemy as sa
from alembic import op

revision = "0027"
down_revision = "0026"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    op.add_column(
        "token_families", sa.Column("claims", sa.Text(), nullable=False, server_default="")
    )


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    op.drop_column("token_families", "claims")
