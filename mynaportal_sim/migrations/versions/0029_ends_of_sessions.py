"""Ends of sessions"""

import sqlalchemy as sa
from alembic import op

revision = "0029"
down_revision = "0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    op.add_column("token_families", sa.Column("session", sa.LargeBinary(), nullable=True))
    op.create_index("ix_token_families_session", "token_families", ["session"])
    op.add_column(
        "apps",
        sa.Column("post_logout_redirect_uris", sa.Text(), nullable=False, server_default="[]"),
    )
    op.add_column(
        "apps",
        sa.Column("backchannel_logout_uri", sa.String(), nullable=False, server_default=""),
    )
    op.create_table(
        "ended_sessions",
        sa.Column("began_as", sa.LargeBinary(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("began_as"),
    )
    op.create_table(
        "logout_deliveries",
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("client_id", sa.String(), nullable=False),
        sa.Column("sub", sa.String(), nullable=False),
        sa.Column("sid", sa.String(), nullable=False),
        sa.Column("ended_at", sa.BigInteger(), nullable=False),
        sa.Column("next_at", sa.BigInteger(), nullable=True),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("fault", sa.String(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("ix_logout_deliveries_next_at", "logout_deliveries", ["next_at"])
    # What was given in them names no session, so that it does not matter as what they began.
    op.add_column("sessions", sa.Column("began_as", sa.LargeBinary(), nullable=True))
    op.execute("UPDATE sessions SET began_as = digest")
    with op.batch_alter_table("sessions") as sessions:
        sessions.alter_column("began_as", existing_type=sa.LargeBinary(), nullable=False)


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    op.drop_column("sessions", "began_as")
    op.drop_index("ix_logout_deliveries_next_at", "logout_deliveries")
    op.drop_table("logout_deliveries")
    op.drop_table("ended_sessions")
    op.drop_column("apps", "backchannel_logout_uri")
    op.drop_column("apps", "post_logout_redirect_uris")
    op.drop_index("ix_token_families_session", "token_families")
    op.drop_column("token_families", "session")
