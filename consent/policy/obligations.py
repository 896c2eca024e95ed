"""What must be done by whoever acts on a permit; one that cannot do it must refuse."""

from dataclasses import dataclass
from uuid import UUID


@dataclass(frozen=True, slots=True, order=True)
class Consume:
    """Count one use of this version, in the transaction in which data are released."""

    version_id: UUID


@dataclass(frozen=True, slots=True, order=True)
class Redact:
    """Cut what this version keeps back out of the records that refer to it."""

    version_id: UUID


@dataclass(frozen=True, slots=True, order=True)
class Notify:
    """Tell the person that data went to somebody whom the consent does not name."""

    recipient: str


@dataclass(frozen=True, slots=True, order=True)
class MinimumCell:
    """Give statistics only, without a cell of fewer people."""

    people: int


Obligation = Consume | Redact | Notify | MinimumCell
