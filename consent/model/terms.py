"""What is asked of a person, or given by them: for whom, what for, how long, how often."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum, unique
from hashlib import sha256
from typing import Self
from uuid import UUID

from consent.catalogue import LegalBasis
from consent.errors import InvalidTermsError
from consent.model.rules import Action, ConsentRule, narrowed

# Mynaportal lets an app fetch medical-insurance data for 90 days under one consent (期間連携).
DEFAULT_VALIDITY = timedelta(days=90)
# Australia's Consumer Data Right ends a sharing_duration after at most 12 months.
VALIDITY_CAP = timedelta(days=365)
ERASURE_DEADLINE = timedelta(days=30)

_COUNTRY = re.compile(r"[A-Z]{2}")
_HOME = "JP"


def is_country(code: str) -> bool:
    """Whether this is written as a country of ISO 3166-1 alpha-2."""
    return _COUNTRY.fullmatch(code) is not None


@dataclass(frozen=True, slots=True)
class DeclaredPurpose:
    """A purpose's code and the words in which the app declared it to the person.

    `version` counts the declarations of one app from 1; whoever agreed to one agreed to no
    other.
    """

    code: str
    text: str
    version: int = 1

    @property
    def text_sha256(self) -> str:
        """The SHA-256 of the text's UTF-8 bytes, in hexadecimal."""
        return sha256(self.text.encode()).hexdigest()


@unique
class Relation(StrEnum):
    """As what somebody receives data (APPI article 27, paragraphs 1 and 5)."""

    RECIPIENT = "recipient"
    PROCESSOR = "processor"  # 委託先: paragraph 5, item 1
    JOINT_USER = "joint_user"  # 共同利用者: paragraph 5, item 3


@dataclass(frozen=True, slots=True, order=True)
class Recipient:
    """Who receives data, and in which country (ISO 3166-1 alpha-2)."""

    name: str
    country: str = _HOME
    relation: Relation = Relation.RECIPIENT

    @property
    def abroad(self) -> bool:
        """Whether the person's consent to a transfer abroad is needed (APPI article 28)."""
        return self.country != _HOME

    @property
    def shown(self) -> str:
        """The name, with the country where it is not Japan."""
        return f"{self.name} ({self.country})" if self.abroad else self.name


@unique
class OnwardTransfer(StrEnum):
    """Whether recipients may pass data on."""

    PROHIBITED = "prohibited"
    LISTED = "listed"
    ANY_NOTIFIED = "any_notified"


@dataclass(frozen=True, slots=True)
class Usage:
    """How often data may be fetched; a use is all that one access token fetches.

    No `max_uses` is as often as one likes; between the beginnings of two uses lies at least
    `min_interval`.
    """

    max_uses: int | None = None
    min_interval: timedelta = timedelta(0)

    @property
    def limited(self) -> bool:
        return self.max_uses is not None or bool(self.min_interval)


ONCE = Usage(max_uses=1)


@unique
class Term(StrEnum):
    """For how long, and how often, people are asked: the terms that real services have.

    A visit is a clinic's look during a day, a link Mynaportal's continued fetching (期間連携).
    """

    ONCE = "once"
    VISIT = "visit"
    LINK = "link"
    YEAR = "year"

    @property
    def validity(self) -> timedelta:
        return _VALIDITY[self]

    @property
    def usage(self) -> Usage:
        return ONCE if self is Term.ONCE else Usage()


_VALIDITY = {
    Term.ONCE: timedelta(days=1),
    Term.VISIT: timedelta(days=1),
    Term.LINK: DEFAULT_VALIDITY,
    Term.YEAR: VALIDITY_CAP,
}


@unique
class OnWithdrawal(StrEnum):
    """What an app does with the data it holds once a consent has ended."""

    DELETE = "delete"
    DEIDENTIFY = "deidentify"
    KEEP_BY_LAW = "keep_by_law"


@dataclass(frozen=True, slots=True)
class Retention:
    """How long an app keeps what it received, whatever the consent's own end.

    `erase_after` counts from each receipt, None for as long as the purpose lasts; `deadline` is
    the time in which `on_withdrawal` must be done.
    """

    erase_after: timedelta | None = None
    on_withdrawal: OnWithdrawal = OnWithdrawal.DELETE
    deadline: timedelta = ERASURE_DEADLINE


@dataclass(frozen=True, slots=True)
class Supervision:
    """Who watches over the use of data: a person or body at the app, and who watches those.

    `reviewer` looked at what the app declared before people were asked, empty for nobody.
    """

    officer: str
    authority: str = ""
    ethics_approval: str = ""
    reviewer: str = ""


@dataclass(frozen=True, slots=True)
class Notice:
    """The page the person read: its version, its language (BCP 47), and its variant, if any."""

    version: str
    language: str
    variant: str = ""


@dataclass(frozen=True, slots=True)
class Terms:
    """What is asked of a person, or given by them from `valid_from` until `valid_until`.

    `research_terms` are codes of the Data Use Ontology. Statistics made of the data have no
    cell of fewer than `minimum_cell` people; with 0, records themselves may be given.
    """

    rules: tuple[ConsentRule, ...]
    purpose: DeclaredPurpose
    recipients: tuple[Recipient, ...]
    valid_from: datetime
    valid_until: datetime
    notice: Notice
    supervision: Supervision
    actions: frozenset[Action] = frozenset({Action.VIEW})
    legal_basis: LegalBasis = LegalBasis.CONSENT
    onward_transfer: OnwardTransfer = OnwardTransfer.PROHIBITED
    usage: Usage = Usage()
    retention: Retention = Retention()
    research_terms: tuple[str, ...] = ()
    minimum_cell: int = 0

    @property
    def categories(self) -> frozenset[str]:
        """Of which something is given."""
        return frozenset(rule.category for rule in self.rules if rule.permits)

    @property
    def left_out(self) -> frozenset[UUID]:
        """The records that are kept back one by one."""
        return frozenset(item for rule in self.rules if rule.names_items for item in rule.items)

    def names(self, recipient: str) -> bool:
        """Whether data may go to this person or body by its name."""
        return any(one.name == recipient for one in self.recipients)

    def check(self) -> None:
        """Raise InvalidTermsError unless a person may be asked this."""
        if self.legal_basis is not LegalBasis.CONSENT:
            raise InvalidTermsError("what rests on a law is not asked of a person")
        if not self.categories:
            raise InvalidTermsError("no category of data is asked for")
        if self.valid_until <= self.valid_from:
            raise InvalidTermsError("the consent would end before it begins")
        if self.valid_until - self.valid_from > VALIDITY_CAP:
            raise InvalidTermsError(f"a consent lasts at most {VALIDITY_CAP.days} days")
        self._check_recipients()
        self._check_limits()

    def _check_recipients(self) -> None:
        if all(one.relation is not Relation.RECIPIENT for one in self.recipients):
            raise InvalidTermsError("nobody is named who receives the data")
        for one in self.recipients:
            if not is_country(one.country):
                raise InvalidTermsError(f"{one.country!r} is no country of ISO 3166-1")
        others = any(one.relation is not Relation.RECIPIENT for one in self.recipients)
        if self.onward_transfer is OnwardTransfer.LISTED and not others:
            raise InvalidTermsError("the list of those who receive data onward is empty")

    def _check_limits(self) -> None:
        usage, retention = self.usage, self.retention
        if usage.max_uses is not None and usage.max_uses < 1:
            raise InvalidTermsError("data are fetched at least once, or not asked for")
        if usage.min_interval < timedelta(0) or retention.deadline <= timedelta(0):
            raise InvalidTermsError("an interval or a deadline is not in the future")
        if retention.erase_after is not None and retention.erase_after <= timedelta(0):
            raise InvalidTermsError("data would have to be erased before they arrive")
        if self.minimum_cell < 0:
            raise InvalidTermsError("a cell of statistics has no fewer than no people")

    def narrowed(self, granted: Iterable[ConsentRule]) -> Self:
        """These terms with only what the person grants of them; none granted is no rules.

        Raises InvalidTermsError if a rule goes beyond what was asked.
        """
        return replace(self, rules=narrowed(self.rules, granted))
