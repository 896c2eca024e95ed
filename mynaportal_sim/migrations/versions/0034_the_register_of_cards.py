"""The register of cards"""

import sqlalchemy as sa
from alembic import op

revision = "0034"
down_revision = "0033"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    op.create_table(
        "cards",
        sa.Column("id", sa.String(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("state", sa.String(), nullable=False),
        sa.Column("since_at", sa.BigInteger(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("expires_at", sa.BigInteger(), nullable=False),
        sa.Column("revision", sa.Integer(), nullable=False),
        sa.Column("replaces", sa.String(), nullable=True),
        sa.Column("linked_to", sa.String(), nullable=True),
        sa.Column("auth_issuer", sa.LargeBinary(), nullable=True),
        sa.Column("auth_serial", sa.BigInteger(), nullable=True),
        sa.Column("signing_issuer", sa.LargeBinary(), nullable=True),
        sa.Column("signing_serial", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_cards_resident_id", "cards", ["resident_id"])
    op.create_table(
        "card_certificates",
        sa.Column("issuer_key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.Column("card_id", sa.String(), nullable=False),
        sa.Column("kind", sa.String(), nullable=False),
        sa.Column("issued_at", sa.BigInteger(), nullable=False),
        sa.Column("next_issuer", sa.LargeBinary(), nullable=True),
        sa.Column("next_serial", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("issuer_key_hash", "serial"),
    )
    op.create_index("ix_card_certificates_card_id", "card_certificates", ["card_id"])
    op.create_table(
        "life_events",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("resident_id", sa.Uuid(), nullable=False),
        sa.Column("card_id", sa.String(), nullable=True),
        sa.Column("event", sa.String(), nullable=False),
        sa.Column("happened_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_life_events_resident_id", "life_events", ["resident_id"])


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    for table in ("life_events", "card_certificates", "cards"):
        op.drop_table(table)
