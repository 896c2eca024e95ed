"""Signed answers of userinfo"""

import sqlalchemy as sa
from alembic import op

revision = "0032"
down_revision = "0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    op.add_column(
        "apps",
        sa.Column(
            "userinfo_signed_response_alg", sa.String(), nullable=False, server_default=""
        ),
    )


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    op.drop_column("apps", "userinfo_signed_response_alg")
