"""Purposes by their version"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    version = sa.Column("purpose_version", sa.Integer(), nullable=False, server_default="1")
    op.add_column("apps", version)


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    op.drop_column("apps", "purpose_version")
