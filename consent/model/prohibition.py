"""What stands above every consent."""

from dataclasses import dataclass
from enum import StrEnum, unique
from uuid import UUID


@unique
class Prohibitor(StrEnum):
    """Who can prohibit what no consent then gives."""

    PERSON = "person"
    AUTHORITY = "authority"
    COURT = "court"


@dataclass(frozen=True, slots=True)
class Prohibition:
    """What nobody, or no app of this id, may have of a resident; None is any.

    It wins over every consent, also over later ones, until whoever prohibited lifts it.
    """

    id: UUID
    by: Prohibitor
    app_id: str | None = None
    category: str | None = None

    def covers(self, app_id: str, category: str) -> bool:
        """Whether this app's access to this category is prohibited."""
        return self.app_id in (None, app_id) and self.category in (None, category)
