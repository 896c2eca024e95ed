"""Where the certificates in the register say that lists of those revoked are"""

import sqlalchemy as sa
from alembic import op

revision = "0035"
down_revision = "0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    op.add_column("certificates", sa.Column("municipality", sa.String(), nullable=True))
    op.add_column("certificates", sa.Column("crl_point", sa.LargeBinary(), nullable=True))


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    op.drop_column("certificates", "crl_point")
    op.drop_column("certificates", "municipality")
