"""Certificates of those to whom apps pass data"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_ADDED = {"apps": "recipient_keys", "erasure_cases": "awaited"}


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    for table, name in _ADDED.items():
        op.add_column(table, sa.Column(name, sa.Text(), nullable=False, server_default="[]"))


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    for table, name in _ADDED.items():
        op.drop_column(table, name)
