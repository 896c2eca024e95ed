"""Access without consent, its review, and what is held back from whom it is about"""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    op.add_column("ledger_bodies", sa.Column("shown_from_at", sa.BigInteger(), nullable=True))
    op.create_table(
        "without_consent",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.Column("basis", sa.String(), nullable=False),
        sa.Column("authority", sa.String(), nullable=False),
        sa.Column("officer", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("categories", sa.String(), nullable=False),
        sa.Column("opened_at", sa.BigInteger(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.Column("told_from_at", sa.BigInteger(), nullable=False),
        sa.Column("review_by_at", sa.BigInteger(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("settled_at", sa.BigInteger(), nullable=True),
        sa.Column("reviewer", sa.String(), nullable=False),
        sa.Column("finding", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_without_consent_holder"), "without_consent", ["holder"])
    op.create_index("ix_without_consent_review", "without_consent", ["state", "review_by_at"])
    op.create_table(
        "research_notices",
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.Column("notified_at", sa.BigInteger(), nullable=True),
        sa.Column("notified_by", sa.String(), nullable=False),
        sa.Column("opted_out_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("holder"),
    )
    op.create_table(
        "notices_seen",
        sa.Column("holder", sa.LargeBinary(), nullable=False),
        sa.Column("until_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("holder"),
    )


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    op.drop_table("notices_seen")
    op.drop_table("research_notices")
    op.drop_index("ix_without_consent_review", table_name="without_consent")
    op.drop_index(op.f("ix_without_consent_holder"), table_name="without_consent")
    op.drop_table("without_consent")
    op.drop_column("ledger_bodies", "shown_from_at")
