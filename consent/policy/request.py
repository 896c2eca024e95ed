"""What is judged, and what stands above every consent."""

from dataclasses import dataclass
from enum import StrEnum, unique
from uuid import UUID

from consent.model import Action


@dataclass(frozen=True, slots=True)
class AccessRequest:
    """An app's wish to act on categories of a resident's data.

    A token's request names the arrangement and the version it was derived from, and reaches no
    further. With `arrangement_id` None, all arrangements of the app count. `recipient` is the
    organisation that receives the data, where it is not the app itself. `declared` is the
    version of the app's purpose that it declares now, None where that is not looked at. `begun`
    are the versions of which this token's use has begun, so that it is counted no more.
    """

    resident_id: UUID
    app_id: str
    categories: frozenset[str]
    arrangement_id: UUID | None = None
    version_id: UUID | None = None
    purpose: str | None = None
    recipient: str | None = None
    action: Action = Action.VIEW
    declared: int | None = None
    begun: frozenset[UUID] = frozenset()


@unique
class Prohibitor(StrEnum):
    """Who can prohibit what no consent then gives."""

    PERSON = "person"
    AUTHORITY = "authority"
    COURT = "court"


@dataclass(frozen=True, slots=True)
class Prohibition:
    """What nobody, or no app of this id, may have of a resident; None is any.

    It wins over every consent, also over later ones.
    """

    id: UUID
    by: Prohibitor
    app_id: str | None = None
    category: str | None = None

    def covers(self, app_id: str, category: str) -> bool:
        """Whether this app's access to this category is prohibited."""
        return self.app_id in (None, app_id) and self.category in (None, category)
