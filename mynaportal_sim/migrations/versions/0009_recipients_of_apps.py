"""To whom apps may pass data, and who supervises them"""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None

_ADDED = {"recipients": sa.Text(), "authority": sa.String(), "ethics_approval": sa.String()}


def upgrade() -> None:
    """Bring the tables from the revision before to this one."""
    for name, kind in _ADDED.items():
        default = "[]" if name == "recipients" else ""
        added = sa.Column(name, kind, nullable=False, server_default=default)
        op.add_column("apps", added)


def downgrade() -> None:
    """Bring the tables back to the revision before."""
    for name in _ADDED:
        op.drop_column("apps", name)
