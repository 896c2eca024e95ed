"""Who reviewed declarations"""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    reviewer = sa.Column("reviewer", sa.String(), nullable=False, server_default="")
    op.add_column("apps", reviewer)


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    op.drop_column("apps", "reviewer")
