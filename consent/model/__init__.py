"""What a person agreed to, and the life of that agreement.

An arrangement is stable per resident, app and service. Each answer the person gives under it is
a new, immutable version, of which only the state and the count of uses move.
"""

from consent.model.life import (
    ALIVE,
    MAY,
    NEVER_GRANTED,
    TRANSITIONS,
    UNANSWERED,
    Actor,
    Event,
    State,
    Status,
)
from consent.model.merging import merged
from consent.model.prohibition import Prohibition, Prohibitor
from consent.model.rules import Action, ConsentRule, Datum, Effect, no_longer_given
from consent.model.signature import Signature
from consent.model.terms import (
    DEFAULT_VALIDITY,
    ONCE,
    VALIDITY_CAP,
    DeclaredPurpose,
    Notice,
    OnwardTransfer,
    OnWithdrawal,
    Recipient,
    Relation,
    Retention,
    Supervision,
    Term,
    Terms,
    Usage,
    is_country,
)
from consent.model.version import (
    MYSELF,
    Arrangement,
    ConsentVersion,
    Evidence,
    Granter,
    Role,
    standing,
)

__all__ = [
    "ALIVE",
    "DEFAULT_VALIDITY",
    "MAY",
    "MYSELF",
    "NEVER_GRANTED",
    "ONCE",
    "TRANSITIONS",
    "UNANSWERED",
    "VALIDITY_CAP",
    "Action",
    "Actor",
    "Arrangement",
    "ConsentRule",
    "ConsentVersion",
    "Datum",
    "DeclaredPurpose",
    "Effect",
    "Event",
    "Evidence",
    "Granter",
    "Notice",
    "OnWithdrawal",
    "OnwardTransfer",
    "Prohibition",
    "Prohibitor",
    "Recipient",
    "Relation",
    "Retention",
    "Role",
    "Signature",
    "State",
    "Status",
    "Supervision",
    "Term",
    "Terms",
    "Usage",
    "is_country",
    "merged",
    "no_longer_given",
    "standing",
]
