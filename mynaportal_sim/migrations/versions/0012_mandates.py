"""Acting for others: mandates, blocks, assents, and who a session and a token act for"""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    op.create_table(
        "mandates",
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("agent_id", sa.Uuid(), nullable=True),
        sa.Column("invitation", sa.LargeBinary(), nullable=True),
        sa.Column("role", sa.String(), nullable=False),
        sa.Column("acts", sa.String(), nullable=False),
        sa.Column("categories", sa.String(), nullable=True),
        sa.Column("evidence", sa.String(), nullable=False),
        sa.Column("valid_from_at", sa.BigInteger(), nullable=False),
        sa.Column("valid_until_at", sa.BigInteger(), nullable=True),
        sa.Column("lapses_at", sa.BigInteger(), nullable=True),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("state_since_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("resident_id", "id"),
        sa.UniqueConstraint("invitation"),
    )
    op.create_index("ix_mandates_agent_id", "mandates", ["agent_id"])
    op.create_table(
        "blocks",
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("against_id", sa.Uuid(), nullable=False),
        sa.Column("placed_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("resident_id", "against_id"),
    )
    op.create_table(
        "assents",
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("agreed_at", sa.BigInteger(), nullable=False),
        sa.Column("assented_at", sa.BigInteger(), nullable=True),
        sa.Column("channel", sa.String(), nullable=True),
        sa.Column("authentication", sa.String(), nullable=True),
        sa.PrimaryKeyConstraint("resident_id", "version_id"),
    )
    op.add_column("consent_versions", sa.Column("lapses_at", sa.BigInteger(), nullable=True))
    op.add_column("sessions", sa.Column("acting_for", sa.Uuid(), nullable=True))
    op.add_column("sessions", sa.Column("mandate_id", sa.Uuid(), nullable=True))
    op.add_column("token_families", sa.Column("actor", sa.String(), nullable=True))


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    op.drop_column("token_families", "actor")
    op.drop_column("sessions", "mandate_id")
    op.drop_column("sessions", "acting_for")
    op.drop_column("consent_versions", "lapses_at")
    op.drop_table("assents")
    op.drop_table("blocks")
    op.drop_index("ix_mandates_agent_id", "mandates")
    op.drop_table("mandates")
