"""What apps must hear of, and its deliveries"""

from uuid import uuid5

import sqlalchemy as sa
from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

_MONTH = 30 * 86_400


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    op.add_column(
        "apps", sa.Column("event_endpoint", sa.String(), nullable=False, server_default="")
    )
    outbox = op.create_table(
        "consent_outbox",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("app_id", sa.String(), nullable=False),
        sa.Column("arrangement_id", sa.Uuid(), nullable=False),
        sa.Column("version_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("by", sa.String(), nullable=False),
        sa.Column("reason", sa.String(), nullable=False),
        sa.Column("due_at", sa.BigInteger(), nullable=False),
        sa.Column("on_end", sa.String(), nullable=False),
        sa.Column("erase_by", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index(op.f("ix_consent_outbox_due_at"), "consent_outbox", ["due_at"])
    op.create_table(
        "event_deliveries",
        sa.Column("jti", sa.Uuid(), nullable=False),
        sa.Column("app_id", sa.String(), nullable=False),
        sa.Column("arrangement_id", sa.Uuid(), nullable=False),
        sa.Column("what", sa.String(), nullable=False),
        sa.Column("token", sa.Text(), nullable=False),
        sa.Column("made_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("fault", sa.String(), nullable=False),
        sa.Column("acknowledged_at", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("jti"),
    )
    waiting = ["acknowledged_at", "next_at"]
    op.create_index("ix_event_deliveries_waiting", "event_deliveries", waiting)
    op.create_index(op.f("ix_event_deliveries_app_id"), "event_deliveries", ["app_id"])
    op.create_table(
        "event_tries",
        sa.Column("jti", sa.Uuid(), nullable=False),
        sa.Column("number", sa.Integer(), nullable=False),
        sa.Column("at", sa.BigInteger(), nullable=False),
        sa.Column("way", sa.String(), nullable=False),
        sa.Column("fault", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("jti", "number"),
    )
    _enter_ends(outbox)


def _enter_ends(outbox: sa.Table) -> None:
    """Consents given before today run out too."""
    versions = sa.table(
        "consent_versions",
        sa.column("id", sa.Uuid()),
        sa.column("app_id"),
        sa.column("arrangement_id", sa.Uuid()),
        sa.column("valid_until_at"),
        sa.column("state"),
    )
    lasting = sa.select(versions).where(versions.c.state.in_(["granted", "suspended"]))
    rows = [
        {
            "id": uuid5(row.id, "expired"),
            "app_id": row.app_id,
            "arrangement_id": row.arrangement_id,
            "version_id": row.id,
            "what": "expired",
            "by": "portal",
            "reason": "",
            "due_at": row.valid_until_at,
            "on_end": "delete",
            "erase_by": row.valid_until_at + _MONTH,
        }
        for row in op.get_bind().execute(lasting)
    ]
    if rows:
        op.bulk_insert(outbox, rows)


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    op.drop_table("event_tries")
    op.drop_index(op.f("ix_event_deliveries_app_id"), table_name="event_deliveries")
    op.drop_index("ix_event_deliveries_waiting", table_name="event_deliveries")
    op.drop_table("event_deliveries")
    op.drop_index(op.f("ix_consent_outbox_due_at"), table_name="consent_outbox")
    op.drop_table("consent_outbox")
    op.drop_column("apps", "event_endpoint")
