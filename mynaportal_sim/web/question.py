"""What a person must know before they answer an app, in words."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from enum import StrEnum, unique
from typing import NamedTuple

from consent.catalogue import Catalogue
from consent.instants import rfc3339
from consent.model import ALIVE, ConsentRule, ConsentVersion, Prohibition, Terms
from mynaportal_sim.apps.model import App
from mynaportal_sim.web.difference import Difference, differences
from mynaportal_sim.web.entry import basis_line
from mynaportal_sim.web.kept import category_labels, purpose_label
from mynaportal_sim.web.render import Page
from mynaportal_sim.web.terms import TermsOut, narrowings, one_period

NOTICE_VERSION = "consent-3"


@unique
class Addition(StrEnum):
    """How what is asked would stand to what the app has: within it, beside it, or neither."""

    NONE = "none"
    UNDER = "under"
    BESIDE = "beside"


class AppQuestion(NamedTuple):
    """An app, what it asks of a person, what nobody may have of them, and their last grant."""

    app: App
    terms: Terms
    prohibitions: Sequence[Prohibition]
    before: ConsentVersion | None = None
    within: frozenset[str] | None = None
    addition: Addition = Addition.NONE

    @property
    def added(self) -> frozenset[str]:
        """The categories that would be added to those which the app has."""
        if self.addition is not Addition.UNDER or self.before is None:
            return frozenset()
        return self.terms.categories - self.before.terms.categories

    @property
    def outside(self) -> frozenset[str]:
        """The categories that whoever answers for the person does not act in."""
        return frozenset() if self.within is None else self.terms.categories - self.within

    @property
    def barred(self) -> frozenset[str]:
        """The categories that this answer cannot give."""
        return self.prohibited | self.outside

    @property
    def replaced(self) -> ConsentVersion | None:
        """The consent that a new one would take the place of, if there is one still."""
        return self.before if self.before is not None and self.before.state in ALIVE else None

    @property
    def left_out(self) -> list[ConsentRule]:
        """The rules that keep single records back from what is asked, and go on to."""
        kept = () if self.replaced is None else self.replaced.terms.rules
        given = self.terms.categories
        return [rule for rule in kept if rule.names_items and rule.category in given]

    @property
    def as_usual(self) -> Terms:
        """What a new consent would say if the person gave all that they are asked for."""
        return replace(self.terms, rules=(*self.terms.rules, *self.left_out))

    @property
    def prohibited(self) -> frozenset[str]:
        """The categories that it cannot be given."""
        return frozenset(
            category
            for category in self.terms.categories
            if any(one.covers(self.app.client_id, category) for one in self.prohibitions)
        )


@dataclass(frozen=True, slots=True)
class CategoryOut:
    """One kind of data, in plain words."""

    code: str
    label: str
    explanation: str
    sensitive: bool
    prohibited: bool
    outside: bool
    added: bool
    conditions: list[str]


class ReplacedOut(NamedTuple):
    """The consent in whose place a new one would be, and what would be different."""

    answered: datetime
    arrangement_id: str
    version_id: str
    differences: list[Difference]

    @property
    def plain(self) -> dict[str, object]:
        """The same for programs."""
        changed = [one._asdict() for one in self.differences]
        return {**self._asdict(), "answered": rfc3339(self.answered), "differences": changed}


@dataclass(frozen=True, slots=True)
class AskOut:
    """What a person must know before they answer.

    `left_out` counts the records that stay left out unless they are restored. The days reach
    from `period_from` to `period_to`; `period` is None where each kind of data has days of its
    own, which its conditions then say.
    """

    app_name: str
    organisation: str
    supervisor: str
    purpose_label: str
    purpose_text: str
    recipients: list[str]
    categories: list[CategoryOut]
    period_from: date
    period_to: date
    period: tuple[date, date] | None
    valid_until: datetime
    legal_basis: str
    once: bool
    left_out: int
    addition: Addition
    policy_uri: str
    tos_uri: str
    terms: TermsOut
    replaces: ReplacedOut | None

    @classmethod
    def of(cls, asked: AppQuestion, catalogue: Catalogue, page: Page) -> "AskOut":
        """`asked` in the reader's language."""
        app, terms = asked.app, asked.terms
        return cls(
            app_name=app.name,
            organisation=app.organisation,
            supervisor=terms.supervision.officer,
            purpose_label=purpose_label(catalogue, terms.purpose.code, page),
            purpose_text=terms.purpose.text,
            recipients=[one.shown for one in terms.recipients],
            categories=_categories(asked, catalogue, page),
            period_from=min(rule.period_from for rule in terms.rules),
            period_to=max(rule.period_to for rule in terms.rules),
            period=one_period(terms.rules),
            valid_until=terms.valid_until,
            legal_basis=basis_line(terms.legal_basis.value, page),
            once=terms.usage.max_uses == 1,
            left_out=len(asked.as_usual.left_out),
            addition=asked.addition,
            policy_uri=app.about.policy_uri,
            tos_uri=app.about.tos_uri,
            terms=TermsOut.of(terms, page),
            replaces=_replaces(asked, catalogue, page),
        )

    @property
    def plain(self) -> dict[str, object]:
        """The question as programs read it."""
        return {
            "app": {
                "name": self.app_name,
                "organisation": self.organisation,
                "supervisor": self.supervisor,
                "policy_uri": self.policy_uri,
                "tos_uri": self.tos_uri,
            },
            "purpose": {"label": self.purpose_label, "text": self.purpose_text},
            "recipients": self.recipients,
            "categories": [asdict(category) for category in self.categories],
            "period": {"from": self.period_from.isoformat(), "to": self.period_to.isoformat()},
            "valid_until": rfc3339(self.valid_until),
            "legal_basis": self.legal_basis,
            "once": self.once,
            "left_out": self.left_out,
            "addition": self.addition.value,
            "terms": asdict(self.terms),
            "replaces": self.replaces and self.replaces.plain,
        }


def _categories(asked: AppQuestion, catalogue: Catalogue, page: Page) -> list[CategoryOut]:
    codes = list(dict.fromkeys(rule.category for rule in asked.terms.rules if rule.permits))
    labels = category_labels(catalogue, codes, page)
    known = [catalogue.categories[code] for code in codes]
    return [
        CategoryOut(
            one.code,
            label,
            page.choose(one.explanation_ja, one.explanation_en, one.explanation_easy),
            one.sensitive,
            one.code in asked.prohibited,
            one.code in asked.outside,
            one.code in asked.added,
            narrowings(asked.terms.rules, one.code, page),
        )
        for label, one in zip(labels, known, strict=True)
    ]


def _replaces(asked: AppQuestion, catalogue: Catalogue, page: Page) -> ReplacedOut | None:
    before = asked.replaced
    if before is None:
        return None
    return ReplacedOut(
        before.answered_at,
        str(before.arrangement_id),
        str(before.id),
        differences(before.terms, asked.as_usual, catalogue, page),
    )
