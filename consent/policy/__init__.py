"""The rule of consent: who may have what, now, and why."""

from consent.policy.decision import Decision, Deny, Permit, Step, decide
from consent.policy.filter import Allowance, Filter, Share, share, union
from consent.policy.obligations import Consume, MinimumCell, Notify, Obligation, Redact
from consent.policy.reasons import Reason
from consent.policy.request import AccessRequest

__all__ = [
    "AccessRequest",
    "Allowance",
    "Consume",
    "Decision",
    "Deny",
    "Filter",
    "MinimumCell",
    "Notify",
    "Obligation",
    "Permit",
    "Reason",
    "Redact",
    "Share",
    "Step",
    "decide",
    "share",
    "union",
]
