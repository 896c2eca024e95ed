"""What each legal basis allows at most, as a table.

The articles say in which cases data may go out; how long, how soon the person is told and by
when somebody else looks at it are this simulator's rules, not the law's.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from types import MappingProxyType

from consent.catalogue import LegalBasis
from consent.errors import InvalidTermsError

NOTICE_CAP = timedelta(days=30)
"""Later than this nobody is told, whatever the basis and the settings."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The limits of one basis.

    `lasts` is how long the officer may look; `told_within` and `reviewed_within` count from
    when they begin. `reason_length` is in characters, filler left out. `health_only` keeps to
    what the policy counts as health data. `notified` demands a notice beforehand to which the
    person does not object, `registered` that they registered for it.
    """

    lasts: timedelta = timedelta(hours=24)
    told_within: timedelta = NOTICE_CAP
    reviewed_within: timedelta = timedelta(days=30)
    reason_length: int = 10
    health_only: bool = False
    notified: bool = False
    registered: bool = False


_ORDINARY = Rule()

RULES: Mapping[LegalBasis, Rule] = MappingProxyType(
    {
        LegalBasis.LAW: _ORDINARY,
        LegalBasis.LIFE_OR_PROPERTY: Rule(told_within=timedelta(days=7)),
        LegalBasis.PUBLIC_HEALTH: _ORDINARY,
        LegalBasis.STATE_AFFAIRS: _ORDINARY,
        LegalBasis.RESEARCH_PUBLICATION: _ORDINARY,
        LegalBasis.JOINT_RESEARCH: _ORDINARY,
        LegalBasis.RESEARCH_INSTITUTION: _ORDINARY,
        LegalBasis.BEYOND_PURPOSE: _ORDINARY,
        LegalBasis.AGENCY_OWN_USE: _ORDINARY,
        LegalBasis.OTHER_AGENCY: _ORDINARY,
        LegalBasis.SPECIAL_GROUND: _ORDINARY,
        LegalBasis.MEDICAL_RESEARCH: Rule(
            lasts=timedelta(hours=1), told_within=timedelta(0), health_only=True, notified=True
        ),
        LegalBasis.CALL_UP: Rule(
            told_within=timedelta(0), reviewed_within=timedelta(days=7), registered=True
        ),
        LegalBasis.BREAK_GLASS: Rule(
            lasts=timedelta(hours=4),
            told_within=timedelta(days=3),
            reviewed_within=timedelta(days=7),
            reason_length=20,
            health_only=True,
        ),
    }
)
"""Every basis but consent, which is none here."""


@dataclass(frozen=True, slots=True)
class Policy:
    """What a portal sets: which categories are health data, and spans within the caps.

    `notice_beforehand` is how long before the first use for medical research people must have
    been notified.

    Raises:
        InvalidTermsError: a span is negative, or people would be told later than the cap.
    """

    health: frozenset[str]
    told_within: timedelta = NOTICE_CAP
    notice_beforehand: timedelta = timedelta(days=30)

    def __post_init__(self) -> None:
        if not timedelta(0) <= self.told_within <= NOTICE_CAP:
            raise InvalidTermsError(f"people are told within 0 to {NOTICE_CAP.days} days")
        if self.notice_beforehand < timedelta(0):
            raise InvalidTermsError("a notice beforehand comes before the use")

    def latest_notice(self, basis: LegalBasis) -> timedelta:
        """How long after access the person is told at the latest."""
        rule = RULES.get(basis)
        return self.told_within if rule is None else min(rule.told_within, self.told_within)
