"""The access keys that apps hold: whoever has one gets data without asking the person."""

from datetime import datetime
from typing import NamedTuple
from uuid import UUID


class Key(NamedTuple):
    """A key of an app's to one arrangement, from the answer it was issued under until it ends.

    With it the app gets access tokens without the person. `revoked` is when it was ended early.
    """

    arrangement_id: UUID
    version_id: UUID
    since: datetime
    ends: datetime
    revoked: datetime | None
