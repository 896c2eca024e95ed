"""Keys that sign tokens"""

import sqlalchemy as sa
from alembic import op

revision = "0026"
down_revision = "0025"
branch_labels = None
depends_on = None

_ONE_OF_EACH = sa.text("state IN ('next', 'active')")


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    op.create_table(
        "signing_keys",
        sa.Column("kid", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since", sa.BigInteger(), nullable=False),
        sa.Column("jwk", sa.Text(), nullable=False),
        sa.Column("reason", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kid"),
    )
    op.create_index(
        "ux_signing_keys_one",
        "signing_keys",
        ["state"],
        unique=True,
        sqlite_where=_ONE_OF_EACH,
        postgresql_where=_ONE_OF_EACH,
    )


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    op.drop_index("ux_signing_keys_one", table_name="signing_keys")
    op.drop_table("signing_keys")
