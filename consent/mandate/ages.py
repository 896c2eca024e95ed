"""Who decides for a minor, by age. The numbers are settings: law leaves them to practice."""

from dataclasses import dataclass
from enum import StrEnum, unique

from consent.errors import InvalidTermsError


@unique
class Band(StrEnum):
    """Whose word a consent about somebody of an age takes."""

    GUARDIAN = "guardian"  # the guardian's alone
    ASSENT = "assent"  # the guardian's, and the child's beside it
    OWN = "own"  # the minor's, for the listed purposes; the guardian hears of it
    ADULT = "adult"  # their own


@dataclass(frozen=True, slots=True)
class Bands:
    """From which age on each band holds, and for which purposes a minor then decides alone."""

    assent_from: int = 12
    own_from: int = 15
    of_age: int = 18
    own_purposes: frozenset[str] = frozenset({"self-care", "consultation", "fitness"})

    def __post_init__(self) -> None:
        if not 0 <= self.assent_from <= self.own_from <= self.of_age:
            raise InvalidTermsError(
                "ages must not fall: assent_from, then own_from, then of_age"
            )

    def of(self, age: int) -> Band:
        """The band that holds at `age`, in completed years."""
        if age >= self.of_age:
            return Band.ADULT
        if age >= self.own_from:
            return Band.OWN
        return Band.ASSENT if age >= self.assent_from else Band.GUARDIAN
