"""Registration by apps themselves"""

import sqlalchemy as sa
from alembic import op

revision = "0028"
down_revision = "0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    for name, default in (("jwks_uri", ""), ("about", "{}")):
        added = sa.Column(name, sa.Text(), nullable=False, server_default=default)
        op.add_column("apps", added)
    op.create_table(
        "invites",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("organisation", sa.String(), nullable=False),
        sa.Column("uses", sa.Integer(), nullable=False),
        sa.Column("used", sa.Integer(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("ends_at", sa.BigInteger(), nullable=False),
        sa.Column("revoked_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_table(
        "registration_tokens",
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["apps.client_id"]),
        sa.PrimaryKeyConstraint("client_id"),
        sa.UniqueConstraint("digest"),
    )
    op.create_table(
        "key_sets",
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("read_at", sa.BigInteger(), nullable=False),
        sa.Column("tried_at", sa.BigInteger(), nullable=False),
        sa.Column("reading", sa.Boolean(), nullable=False),
        sa.Column("fault", sa.Text(), nullable=False),
        sa.ForeignKeyConstraint(["client_id"], ["apps.client_id"]),
        sa.PrimaryKeyConstraint("client_id"),
    )


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    for table in ("key_sets", "registration_tokens", "invites"):
        op.drop_table(table)
    for name in ("about", "jwks_uri"):
        op.drop_column("apps", name)
