"""Why certificates of erasure were refused"""

import sqlalchemy as sa
from alembic import op

revision = "0024"
down_revision = "0023"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    op.add_column(
        "erasure_cases", sa.Column("fault", sa.String(), nullable=False, server_default="")
    )
    op.add_column("erasure_cases", sa.Column("refused_at", sa.BigInteger(), nullable=True))


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    op.drop_column("erasure_cases", "refused_at")
    op.drop_column("erasure_cases", "fault")
