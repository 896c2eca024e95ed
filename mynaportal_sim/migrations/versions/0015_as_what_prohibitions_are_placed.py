"""As what prohibitions are placed"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    op.add_column(
        "prohibitions",
        sa.Column("placed_as", sa.String(), nullable=False, server_default="self"),
    )
    op.add_column("prohibitions", sa.Column("mandate_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    op.drop_column("prohibitions", "mandate_id")
    op.drop_column("prohibitions", "placed_as")
