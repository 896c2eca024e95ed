"""What an app asks of the gate, and how the gate answers."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from uuid import UUID

from consent.policy import Reason
from consent.token import AccessToken
from mynaportal_sim.records.model import Page, Query, Read


@unique
class TokenFault(StrEnum):
    """Why a token that verified is refused all the same, whatever the consent says."""

    REVOKED = "token_revoked"
    REPLAYED_PROOF = "replayed_proof"


@dataclass(frozen=True, slots=True)
class Demand:
    """One request of an app, its token verified.

    `shown` is how the ledger puts the request; it names no record and no person. A bearer token
    has no `proof`; for a bound one it is what may be used once, and when that stops being good.
    """

    token: AccessToken
    wish: Query | Read
    shown: str
    at: datetime
    proof: tuple[str, datetime] | None = None


@dataclass(frozen=True, slots=True)
class Released:
    """What may leave, entered in the ledger. `resident_id` is whose records these are."""

    resident_id: UUID
    page: Page


@dataclass(frozen=True, slots=True)
class Refused:
    """Nothing may leave; the refusal is entered in the ledger."""

    reason: Reason | TokenFault


Answer = Released | Refused
