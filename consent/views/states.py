"""How a consent stands, in the words of other systems, and back.

Most have fewer words than there are states here. What has no word of its own is told by one
that gives no more; a word that stands for several is read as the one that gives least.
"""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from consent.model import State, Status


class Words(NamedTuple):
    """The words of one system: for each status, and what each of them is read as."""

    system: str
    told: Mapping[Status, str]
    read: Mapping[str, State]


# FHIR 4.0.1, ConsentState. It has no word for what rests, so that is told as what has ended.
FHIR = Words(
    "FHIR R4",
    MappingProxyType(
        {
            Status.REQUESTED: "proposed",
            Status.DEFERRED: "proposed",
            Status.CANCELLED: "inactive",
            Status.DENIED: "rejected",
            Status.GRANTED: "active",
            Status.SUSPENDED: "inactive",
            Status.WITHDRAWN: "inactive",
            Status.SUPERSEDED: "inactive",
            Status.REVOKED: "inactive",
            Status.INVALIDATED: "entered-in-error",
            Status.LAPSED: "inactive",
            Status.NOT_YET_VALID: "active",  # provision.period says from when
            Status.EXPIRED: "inactive",
            Status.EXHAUSTED: "inactive",
        }
    ),
    MappingProxyType(
        {
            "draft": State.REQUESTED,
            "proposed": State.REQUESTED,
            "active": State.GRANTED,
            "rejected": State.DENIED,
            "inactive": State.WITHDRAWN,
            "entered-in-error": State.INVALIDATED,
        }
    ),
)

# ABDM knows no rest, no amendment and no beginning: what is not valid yet is only requested.
ABDM = Words(
    "ABDM",
    MappingProxyType(
        {
            Status.REQUESTED: "REQUESTED",
            Status.DEFERRED: "REQUESTED",
            Status.CANCELLED: "DENIED",
            Status.DENIED: "DENIED",
            Status.GRANTED: "GRANTED",
            Status.SUSPENDED: "REVOKED",
            Status.WITHDRAWN: "REVOKED",
            Status.SUPERSEDED: "REVOKED",
            Status.REVOKED: "REVOKED",
            Status.INVALIDATED: "REVOKED",
            Status.LAPSED: "REVOKED",
            Status.NOT_YET_VALID: "REQUESTED",
            Status.EXPIRED: "EXPIRED",
            Status.EXHAUSTED: "EXPIRED",
        }
    ),
    MappingProxyType(
        {
            "REQUESTED": State.REQUESTED,
            "GRANTED": State.GRANTED,
            "DENIED": State.DENIED,
            "REVOKED": State.WITHDRAWN,
            "EXPIRED": State.WITHDRAWN,
        }
    ),
)

# India's Account Aggregators, as Setu's notifications name them.
AA = Words(
    "Account Aggregator",
    MappingProxyType(
        {
            Status.REQUESTED: "PENDING",
            Status.DEFERRED: "PENDING",
            Status.CANCELLED: "REJECTED",
            Status.DENIED: "REJECTED",
            Status.GRANTED: "ACTIVE",
            Status.SUSPENDED: "PAUSED",
            Status.WITHDRAWN: "REVOKED",
            Status.SUPERSEDED: "REVOKED",
            Status.REVOKED: "REVOKED",
            Status.INVALIDATED: "REVOKED",
            Status.LAPSED: "REVOKED",
            Status.NOT_YET_VALID: "ACTIVE",  # consentStart says from when
            Status.EXPIRED: "EXPIRED",
            Status.EXHAUSTED: "EXPIRED",
        }
    ),
    MappingProxyType(
        {
            "PENDING": State.REQUESTED,
            "ACTIVE": State.GRANTED,
            "REJECTED": State.DENIED,
            "PAUSED": State.SUSPENDED,
            "REVOKED": State.WITHDRAWN,
            "EXPIRED": State.WITHDRAWN,
        }
    ),
)

# W3C Data Privacy Vocabulary 2, ConsentStatus: revoked is by somebody else than the person.
DPV = Words(
    "W3C DPV",
    MappingProxyType(
        {
            Status.REQUESTED: "ConsentRequested",
            Status.DEFERRED: "ConsentRequestDeferred",
            Status.CANCELLED: "ConsentRequestDeferred",  # that is, without a decision
            Status.DENIED: "ConsentRefused",
            Status.GRANTED: "ConsentGiven",
            Status.SUSPENDED: "ConsentWithdrawn",
            Status.WITHDRAWN: "ConsentWithdrawn",
            Status.SUPERSEDED: "ConsentExpired",
            Status.REVOKED: "ConsentRevoked",
            Status.INVALIDATED: "ConsentInvalidated",
            Status.LAPSED: "ConsentInvalidated",
            Status.NOT_YET_VALID: "ConsentRequested",
            Status.EXPIRED: "ConsentExpired",
            Status.EXHAUSTED: "ConsentExpired",
        }
    ),
    MappingProxyType(
        {
            "ConsentUnknown": State.CANCELLED,
            "ConsentRequested": State.REQUESTED,
            "ConsentRequestDeferred": State.DEFERRED,
            "ConsentRefused": State.DENIED,
            "ConsentGiven": State.GRANTED,
            "RenewedConsentGiven": State.GRANTED,
            "ConsentExpired": State.WITHDRAWN,
            "ConsentInvalidated": State.INVALIDATED,
            "ConsentRevoked": State.REVOKED,
            "ConsentWithdrawn": State.WITHDRAWN,
        }
    ),
)

# Ours: the standards of the CDR name no states of an arrangement. They are those of its words.
CDR = Words(
    "CDR",
    MappingProxyType(
        {
            Status.REQUESTED: "requested",
            Status.DEFERRED: "requested",
            Status.CANCELLED: "declined",
            Status.DENIED: "declined",
            Status.GRANTED: "current",
            Status.SUSPENDED: "withdrawn",
            Status.WITHDRAWN: "withdrawn",
            Status.SUPERSEDED: "amended",
            Status.REVOKED: "withdrawn",
            Status.INVALIDATED: "withdrawn",
            Status.LAPSED: "withdrawn",
            Status.NOT_YET_VALID: "current",  # sharing_from says from when
            Status.EXPIRED: "expired",
            Status.EXHAUSTED: "expired",
        }
    ),
    MappingProxyType(
        {
            "requested": State.REQUESTED,
            "declined": State.DENIED,
            "current": State.GRANTED,
            "withdrawn": State.WITHDRAWN,
            "amended": State.SUPERSEDED,
            "expired": State.WITHDRAWN,
        }
    ),
)

ALL = (FHIR, ABDM, AA, CDR, DPV)
