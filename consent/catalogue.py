"""The words a consent is made of: categories of data, purposes, legal bases.

A `Catalogue` is a value that the portal builds and passes on; nothing is registered here.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from types import MappingProxyType
from typing import Self, TypeVar

from consent.errors import InvalidTermsError


@dataclass(frozen=True, slots=True)
class Category:
    """A kind of data a person can give or keep.

    `sensitive` marks 要配慮個人情報 (APPI article 2, paragraph 3; Cabinet Order, article 2).
    `explanation_easy` is in plain Japanese (やさしい日本語), empty where there is none.
    """

    code: str
    label_ja: str
    label_en: str
    explanation_ja: str
    explanation_en: str
    sensitive: bool = False
    explanation_easy: str = ""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What data may be used for. `dpv` is the IRI of the nearest W3C DPV purpose, if any."""

    code: str
    label_ja: str
    label_en: str
    dpv: str | None = None


@unique
class LegalBasis(StrEnum):
    """Why personal data may go to a third party: APPI article 27, paragraph 1, and its items.

    Source: 個人情報の保護に関する法律 (Act No. 57 of 2003) as in force since April 2023.
    """

    CONSENT = "APPI-27-1"
    LAW = "APPI-27-1-1"
    LIFE_OR_PROPERTY = "APPI-27-1-2"
    PUBLIC_HEALTH = "APPI-27-1-3"
    STATE_AFFAIRS = "APPI-27-1-4"
    RESEARCH_PUBLICATION = "APPI-27-1-5"
    JOINT_RESEARCH = "APPI-27-1-6"
    RESEARCH_INSTITUTION = "APPI-27-1-7"

    @property
    def label_ja(self) -> str:
        return _BASES[self][0]

    @property
    def label_en(self) -> str:
        return _BASES[self][1]


_BASES = {
    LegalBasis.CONSENT: ("本人の同意", "the person's consent"),
    LegalBasis.LAW: ("法令に基づく場合", "laws and regulations"),
    LegalBasis.LIFE_OR_PROPERTY: (
        "人の生命、身体又は財産の保護に必要な場合",
        "protection of life, body or property",
    ),
    LegalBasis.PUBLIC_HEALTH: (
        "公衆衛生の向上又は児童の健全な育成に特に必要な場合",
        "public health or the sound growth of children",
    ),
    LegalBasis.STATE_AFFAIRS: (
        "国の機関等の事務への協力に必要な場合",
        "cooperation with affairs of the state",
    ),
    LegalBasis.RESEARCH_PUBLICATION: (
        "学術研究の成果の公表又は教授のためやむを得ない場合",
        "publication or teaching of academic results",
    ),
    LegalBasis.JOINT_RESEARCH: (
        "学術研究機関等が共同研究者に提供する場合",
        "an academic institution giving to its joint researchers",
    ),
    LegalBasis.RESEARCH_INSTITUTION: (
        "学術研究機関等に学術研究の目的で提供する場合",
        "giving to an academic institution for its research",
    ),
}

_Entry = TypeVar("_Entry", Category, Purpose)


@dataclass(frozen=True, slots=True)
class Catalogue:
    """Categories and purposes by code, in the order in which a person should read them."""

    categories: Mapping[str, Category]
    purposes: Mapping[str, Purpose]

    @classmethod
    def of(cls, categories: Iterable[Category], purposes: Iterable[Purpose]) -> Self:
        """Index both by code. Raises InvalidTermsError if a code is used twice."""
        return cls(_by_code(categories), _by_code(purposes))


def _by_code(entries: Iterable[_Entry]) -> Mapping[str, _Entry]:
    indexed: dict[str, _Entry] = {}
    for entry in entries:
        if indexed.setdefault(entry.code, entry) is not entry:
            raise InvalidTermsError(f"two catalogue entries have the code {entry.code!r}")
    return MappingProxyType(indexed)
