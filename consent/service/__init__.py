"""What is done with consents, as units of work.

Each takes a connection first and leaves the commit to its caller. A change locks the
arrangement, moves states only by the life-cycle table, stores an event and writes a ledger
entry in the same transaction. Changes carry an idempotency key: a double click is one event.
"""

from consent.service.answers import answer, defer, enter_asking
from consent.service.changes import change
from consent.service.prohibiting import (
    Lift,
    Prohibit,
    lift,
    prohibit,
    prohibited,
    prohibitions,
)
from consent.service.reducing import Reduction, reduce
from consent.service.views import (
    begin_use,
    covering,
    has_begun,
    in_force,
    last_granted,
    newest,
    of_app,
    of_resident,
    recheck,
)
from consent.service.wishes import Change, History, Proposal, Randomness
from consent.store.prohibitions import Placed

__all__ = [
    "Change",
    "History",
    "Lift",
    "Placed",
    "Prohibit",
    "Proposal",
    "Randomness",
    "Reduction",
    "answer",
    "begin_use",
    "change",
    "covering",
    "defer",
    "enter_asking",
    "has_begun",
    "in_force",
    "last_granted",
    "lift",
    "newest",
    "of_app",
    "of_resident",
    "prohibit",
    "prohibited",
    "prohibitions",
    "recheck",
    "reduce",
]
