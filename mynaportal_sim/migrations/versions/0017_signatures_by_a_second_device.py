"""Signatures by a second device"""

import sqlalchemy as sa
from alembic import op

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None

_COLUMNS = {
    "text": sa.Text(),
    "kind": sa.String(),
    "purpose": sa.String(),
    "bound_to": sa.String(),
    "carried": sa.Text(),
    "token": sa.Text(),
}


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    for name, kind in _COLUMNS.items():
        op.add_column("second_device_logins", sa.Column(name, kind, nullable=True))


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    for name in reversed(_COLUMNS):
        op.drop_column("second_device_logins", name)
