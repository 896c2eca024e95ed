"""What is judged."""

from dataclasses import dataclass
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
