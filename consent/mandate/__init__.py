"""Acting for somebody else: who may, as what, in which matters and for how long.

All of it is pure. A mandate never gives more than the one it is for has: it opens some acts on
some kinds of data. What may be done within it still depends on the age of the principal, and on
whether the agent is kept from them.
"""

from consent.mandate.ages import Band, Bands
from consent.mandate.ending import FATES, Ending, Fate, ending_of, lapses_with, to_review
from consent.mandate.life import (
    ENTITLED,
    TRANSITIONS,
    MandateEvent,
    MandateState,
    MandateStatus,
    Party,
)
from consent.mandate.model import EVERYTHING, Act, Mandate, Scope
from consent.mandate.refusals import Refusal
from consent.mandate.rule import (
    Allowed,
    Answer,
    Duty,
    Refused,
    Wish,
    may,
    may_lift,
    may_oneself,
    objection_to,
)

__all__ = [
    "ENTITLED",
    "EVERYTHING",
    "FATES",
    "TRANSITIONS",
    "Act",
    "Allowed",
    "Answer",
    "Band",
    "Bands",
    "Duty",
    "Ending",
    "Fate",
    "Mandate",
    "MandateEvent",
    "MandateState",
    "MandateStatus",
    "Party",
    "Refusal",
    "Refused",
    "Scope",
    "Wish",
    "ending_of",
    "lapses_with",
    "may",
    "may_lift",
    "may_oneself",
    "objection_to",
    "to_review",
]
