"""What apps must erase, and canaries"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    op.add_column("consent_outbox", sa.Column("holder", sa.LargeBinary(), nullable=True))
    op.add_column(
        "consent_outbox", sa.Column("app_name", sa.String(), nullable=False, server_default="")
    )
    for name in ("given", "passed_on"):
        column = sa.Column(name, sa.Text(), nullable=False, server_default="[]")
        op.add_column("consent_outbox", column)
    op.create_table(
        "erasure_cases",
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("arrangement_id", sa.Uuid(), nullable=False),
        sa.Column("app_id", sa.String(), nullable=False),
        sa.Column("app_name", sa.String(), nullable=False),
        sa.Column("holder", sa.LargeBinary(), nullable=True),
        sa.Column("ended", sa.String(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("on_end", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("categories", sa.Text(), nullable=False),
        sa.Column("passed_on", sa.Text(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_since_at", sa.BigInteger(), nullable=False),
        sa.Column("certificate", sa.Text(), nullable=False),
        sa.Column("retained_until_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("version_id"),
    )
    op.create_index("ix_erasure_cases_app", "erasure_cases", ["app_id", "version_id"])
    op.add_column("records", sa.Column("planted_for", sa.String(), nullable=True))
    op.create_table(
        "canary_sightings",
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("app_id", sa.String(), nullable=False),
        sa.Column("digest", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("resident_id", "app_id", "digest"),
    )


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    op.drop_table("canary_sightings")
    op.drop_column("records", "planted_for")
    op.drop_index("ix_erasure_cases_app", table_name="erasure_cases")
    op.drop_table("erasure_cases")
    for name in ("passed_on", "given", "app_name", "holder"):
        op.drop_column("consent_outbox", name)
