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
    `label_easy` and `explanation_easy` are in plain Japanese (やさしい日本語), empty where
    there is none.
    """

    code: str
    label_ja: str
    label_en: str
    explanation_ja: str
    explanation_en: str
    sensitive: bool = False
    explanation_easy: str = ""
    label_easy: str = ""


@dataclass(frozen=True, slots=True)
class Purpose:
    """What data may be used for. `dpv` is the IRI of the nearest W3C DPV purpose, if any.

    `label_easy` is in plain Japanese, empty where there is none.
    """

    code: str
    label_ja: str
    label_en: str
    dpv: str | None = None
    label_easy: str = ""


@unique
class LegalBasis(StrEnum):
    """Why personal data may be used or handed over: by consent, or by an article without it.

    Source: 個人情報の保護に関する法律 (Act No. 57 of 2003) as in force since April 2024,
    articles 27 (paragraph 1), 18 (3) and 69 (2). The unverified have been read in reprints and
    commentaries alone, or have no article here at all.
    """

    CONSENT = "APPI-27-1"
    LAW = "APPI-27-1-1"
    LIFE_OR_PROPERTY = "APPI-27-1-2"
    PUBLIC_HEALTH = "APPI-27-1-3"
    STATE_AFFAIRS = "APPI-27-1-4"
    RESEARCH_PUBLICATION = "APPI-27-1-5"
    JOINT_RESEARCH = "APPI-27-1-6"
    RESEARCH_INSTITUTION = "APPI-27-1-7"
    BEYOND_PURPOSE = "APPI-18-3"
    AGENCY_OWN_USE = "APPI-69-2-2"
    OTHER_AGENCY = "APPI-69-2-3"
    SPECIAL_GROUND = "APPI-69-2-4"
    MEDICAL_RESEARCH = "NEXT-GEN-MEDICAL"
    CALL_UP = "EMERGENCY-CALL-UP"
    BREAK_GLASS = "BREAK-GLASS"

    @property
    def unverified(self) -> bool:
        """Whether it is yet to be checked in the official text of a law; pages tell."""
        return self in _UNVERIFIED

    @property
    def label_ja(self) -> str:
        return _BASES[self][0]

    @property
    def label_en(self) -> str:
        return _BASES[self][1]

    @property
    def label_easy(self) -> str:
        """The same in plain Japanese (やさしい日本語)."""
        return _BASES[self][2]


_BASES = {
    LegalBasis.CONSENT: (
        "本人の同意",
        "the person's consent",
        "本人が「わたす」と答えたとき",
    ),
    LegalBasis.LAW: (
        "法令に基づく場合",
        "laws and regulations",
        "ほかの法律（ほうりつ）で決まっているとき",
    ),
    LegalBasis.LIFE_OR_PROPERTY: (
        "人の生命、身体又は財産の保護に必要な場合",
        "protection of life, body or property",
        "人の命（いのち）や体、お金や物を守るとき",
    ),
    LegalBasis.PUBLIC_HEALTH: (
        "公衆衛生の向上又は児童の健全な育成に特に必要な場合",
        "public health or the sound growth of children",
        "みんなの健康（けんこう）や、子どもの成長（せいちょう）を守るとき",
    ),
    LegalBasis.STATE_AFFAIRS: (
        "国の機関等の事務への協力に必要な場合",
        "cooperation with affairs of the state",
        "国などの仕事を手伝うとき",
    ),
    LegalBasis.RESEARCH_PUBLICATION: (
        "学術研究の成果の公表又は教授のためやむを得ない場合",
        "publication or teaching of academic results",
        "研究（けんきゅう）して分かったことを、発表（はっぴょう）したり教えたりするとき",
    ),
    LegalBasis.JOINT_RESEARCH: (
        "学術研究機関等が共同研究者に提供する場合",
        "an academic institution giving to its joint researchers",
        "いっしょに研究（けんきゅう）する人にわたすとき",
    ),
    LegalBasis.RESEARCH_INSTITUTION: (
        "学術研究機関等に学術研究の目的で提供する場合",
        "giving to an academic institution for its research",
        "大学などの研究（けんきゅう）のためにわたすとき",
    ),
    LegalBasis.BEYOND_PURPOSE: (
        "利用目的の範囲を超えた取扱いが認められる場合",
        "handling beyond the purpose of use where that is allowed",
        "前に決めた使い方と、ちがう使い方をしてもいいとき",
    ),
    LegalBasis.AGENCY_OWN_USE: (
        "行政機関等が所掌事務のため内部で利用する場合",
        "an agency's own use for its statutory affairs",
        "役所（やくしょ）が、自分の仕事に使うとき",
    ),
    LegalBasis.OTHER_AGENCY: (
        "ほかの行政機関等に法令の定める事務のため提供する場合",
        "giving to another agency for its statutory affairs",
        "ほかの役所（やくしょ）の仕事のために、わたすとき",
    ),
    LegalBasis.SPECIAL_GROUND: (
        "統計・学術研究、明らかな本人の利益、その他特別の理由による場合",
        "statistics or research, the person's evident benefit, or another special ground",
        "研究（けんきゅう）や本人のためなど、特別（とくべつ）な理由（りゆう）があるとき",
    ),
    LegalBasis.MEDICAL_RESEARCH: (
        "次世代医療基盤法による医療情報の提供",
        "medical data for research under the Next-Generation Medical Infrastructure Act",
        "病気や薬（くすり）の研究（けんきゅう）のために、わたすとき",
    ),
    LegalBasis.CALL_UP: (
        "災害時などの有資格者への協力要請",
        "calling up qualified people in an emergency",
        "災害（さいがい）などで、手伝う人をさがすとき",
    ),
    LegalBasis.BREAK_GLASS: (
        "緊急時の例外的な閲覧",
        "access to records in an emergency (break-glass)",
        "とても急いで、見なければならないとき",
    ),
}
_UNVERIFIED = frozenset(
    {
        LegalBasis.BEYOND_PURPOSE,
        LegalBasis.AGENCY_OWN_USE,
        LegalBasis.OTHER_AGENCY,
        LegalBasis.SPECIAL_GROUND,
        LegalBasis.MEDICAL_RESEARCH,
        LegalBasis.CALL_UP,
        LegalBasis.BREAK_GLASS,
    }
)


@unique
class ResearchTerm(StrEnum):
    """On which terms data may be used for research, as codes of the Data Use Ontology.

    Those that need a value beside the code, as a disease or a month, are not here: the terms of
    a consent have no place for it. Source: GA4GH DUO, http://purl.obolibrary.org/obo/duo.owl.
    """

    NO_RESTRICTION = "DUO:0000004"
    HEALTH_RESEARCH = "DUO:0000006"
    NO_METHODS_RESEARCH = "DUO:0000015"
    NOT_FOR_PROFIT_NON_COMMERCIAL = "DUO:0000018"
    PUBLICATION_REQUIRED = "DUO:0000019"
    COLLABORATION_REQUIRED = "DUO:0000020"
    ETHICS_APPROVAL_REQUIRED = "DUO:0000021"
    RETURN_OF_RESULTS = "DUO:0000029"
    GENERAL_RESEARCH = "DUO:0000042"
    CLINICAL_CARE = "DUO:0000043"
    NO_ANCESTRY_RESEARCH = "DUO:0000044"
    NOT_FOR_PROFIT_ORGANISATION = "DUO:0000045"
    NON_COMMERCIAL = "DUO:0000046"


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
