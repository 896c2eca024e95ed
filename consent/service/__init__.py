"""What is done with consents, as units of work.

Each takes a connection first and leaves the commit to its caller. A change locks the
arrangement, moves states only by the life-cycle table, stores an event and writes a ledger
entry in the same transaction. Changes carry an idempotency key: a double click is one event.
"""

from consent.service.acting import demand
from consent.service.answers import answer, defer, enter_asking
from consent.service.assenting import agree, assent, awaiting_assent
from consent.service.changes import change
from consent.service.entries import given_by
from consent.service.lapsing import lapse_all
from consent.service.mandating import (
    Known,
    MandateChange,
    Represented,
    accept,
    acting_for,
    begin_acting,
    block,
    change_mandate,
    invite,
    invited,
    kept_away,
    mandate,
    register,
    represented_by,
    unblock,
)
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
    arrangement,
    begin_use,
    covering,
    granter_of,
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
    "Known",
    "Lift",
    "MandateChange",
    "Placed",
    "Prohibit",
    "Proposal",
    "Randomness",
    "Reduction",
    "Represented",
    "accept",
    "acting_for",
    "agree",
    "answer",
    "arrangement",
    "assent",
    "awaiting_assent",
    "begin_acting",
    "begin_use",
    "block",
    "change",
    "change_mandate",
    "covering",
    "defer",
    "demand",
    "enter_asking",
    "given_by",
    "granter_of",
    "has_begun",
    "in_force",
    "invite",
    "invited",
    "kept_away",
    "lapse_all",
    "last_granted",
    "lift",
    "mandate",
    "newest",
    "of_app",
    "of_resident",
    "prohibit",
    "prohibited",
    "prohibitions",
    "recheck",
    "reduce",
    "register",
    "represented_by",
    "unblock",
]
