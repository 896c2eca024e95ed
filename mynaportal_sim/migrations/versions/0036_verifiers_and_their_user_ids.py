"""Verifiers, and the user ids that they tie to certificates"""

import sqlalchemy as sa
from alembic import op

revision = "0036"
down_revision = "0035"
branch_labels = None
depends_on = None

# Until here, people were told that basic information left their address out.
_OF_BASIC_INFORMATION = (
    "SELECT declarations.client_id FROM declarations JOIN apps"
    " ON apps.client_id = declarations.client_id"
    " AND apps.purpose_version = declarations.version"
    " WHERE declarations.scopes LIKE '%patient/Patient.rs%'"
)


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    op.add_column(
        "apps", sa.Column("verifier", sa.Boolean(), nullable=False, server_default=sa.false())
    )
    op.create_table(
        "verifier_user_ids",
        sa.Column("app_id", sa.String(), nullable=False),
        sa.Column("issuer_key_hash", sa.LargeBinary(), nullable=False),
        sa.Column("serial", sa.BigInteger(), nullable=False),
        sa.Column("id", sa.Uuid(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("tied_at", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("app_id", "issuer_key_hash", "serial"),
        sa.UniqueConstraint("app_id", "user_id"),
        sa.UniqueConstraint("id"),
    )
    op.create_index(
        "ix_verifier_user_ids_certificate", "verifier_user_ids", ["issuer_key_hash", "serial"]
    )
    _have_people_asked_anew()


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    op.drop_index("ix_verifier_user_ids_certificate", table_name="verifier_user_ids")
    op.drop_table("verifier_user_ids")
    op.drop_column("apps", "verifier")


def _have_people_asked_anew() -> None:
    """A consent to a purpose as it was declared before gives nothing any more."""
    op.execute(
        "UPDATE apps SET purpose_version = purpose_version + 1"  # noqa: S608  of constants
        f" WHERE client_id IN ({_OF_BASIC_INFORMATION})"
    )
    op.execute(
        "INSERT INTO declarations (client_id, version, code, text, scopes, reviewer)"
        " SELECT apps.client_id, apps.purpose_version, code, text, scopes, ''"
        " FROM apps JOIN declarations ON declarations.client_id = apps.client_id"
        " AND declarations.version = apps.purpose_version - 1"
        " WHERE NOT EXISTS (SELECT 1 FROM declarations AS newer"
        " WHERE newer.client_id = apps.client_id AND newer.version = apps.purpose_version)"
    )
