"""As what consents are suspended"""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    op.add_column(
        "consent_versions",
        sa.Column("state_as", sa.String(), nullable=False, server_default="self"),
    )
    op.add_column("consent_versions", sa.Column("state_mandate_id", sa.Uuid(), nullable=True))


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    op.drop_column("consent_versions", "state_mandate_id")
    op.drop_column("consent_versions", "state_as")
