"""Who may have a person's data without their consent: a rule of its own.

It is never merged with the rule of consent: no answer of a person's is looked at here, and
nothing decided here is looked at there. What is allowed is a case: it names basis, authority,
officer and reason, is shown to the person after a bounded delay, and must be reviewed.
"""

from consent.without.case import ACTS, Act, Case, State, Status
from consent.without.decision import Allowed, Circumstances, Refused, Wish, decide_without
from consent.without.objections import Objection
from consent.without.rules import NOTICE_CAP, RULES, Policy, Rule

__all__ = [
    "ACTS",
    "NOTICE_CAP",
    "RULES",
    "Act",
    "Allowed",
    "Case",
    "Circumstances",
    "Objection",
    "Policy",
    "Refused",
    "Rule",
    "State",
    "Status",
    "Wish",
    "decide_without",
]
