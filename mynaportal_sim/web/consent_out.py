"""An answer of a person in words, as pages and programs get it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import NamedTuple
from uuid import UUID

from consent.catalogue import Catalogue
from consent.instants import rfc3339
from consent.mandate import Band, Refusal, may_lift
from consent.model import MYSELF, Actor, ConsentVersion, Granter, Role, Status
from mynaportal_sim.web.declared_since import DeclaredSince
from mynaportal_sim.web.entry import actor_line
from mynaportal_sim.web.erasures import ErasureOut
from mynaportal_sim.web.kept import category_labels, purpose_line
from mynaportal_sim.web.render import Page
from mynaportal_sim.web.terms import TermsOut, narrowings, one_period
from mynaportal_sim.web.wording import ROLES, STATUSES

# What a person can still do something about.
_LASTING = frozenset({Status.GRANTED, Status.NOT_YET_VALID, Status.SUSPENDED, Status.EXHAUSTED})


class KindOut(NamedTuple):
    """A kind of data that a consent gives, and what narrows it."""

    code: str
    label: str
    conditions: list[str]


class Represented(NamedTuple):
    """What of a person's answers others gave for them.

    `agents` are names by the ids of mandates; `review` the consents whose mandate is over,
    `assents` the requests that await the person's own assent. `acting` and `band` are of the
    one who reads it, and of the person.
    """

    agents: Mapping[str, str]
    review: frozenset[UUID]
    assents: frozenset[UUID]
    acting: Granter = MYSELF
    band: Band = Band.ADULT

    def may_resume(self, version: ConsentVersion) -> bool:
        """Whether whoever reads it may let what was suspended give again."""
        return version.state_by is Actor.PERSON and may_lift(
            version.state_as, self.acting, self.band
        )

    def line(self, version: ConsentVersion, page: Page) -> str:
        """Who gave an answer for the person, as what; empty where they did so themselves."""
        granter = version.granter
        if granter.role is Role.SELF:
            return ""
        name = self.agents.get(str(granter.mandate_id), "")
        return actor_line(page.text(ROLES[granter.role]), name, page)


NOBODY = Represented({}, frozenset(), frozenset())


@dataclass(frozen=True, slots=True)
class ConsentOut:
    """One answer of a person, as their page shows it.

    `erasure` is what became of what the app holds, where the consent has ended; `stays` is why
    whoever reads it may not end it, empty where they may; `declared_since` is what the app
    declares now, where that is something else and it still matters.
    """

    arrangement_id: str
    version_id: str
    app_id: str
    app_name: str
    categories: list[str]
    purpose: str
    recipients: list[str]
    supervisor: str
    period: tuple[date, date] | None
    decided: datetime
    valid_until: datetime
    state: str
    status: str
    tone: str
    active: bool
    suspended: bool
    resumable: bool
    waiting: bool
    days_left: int | None
    once: bool
    signed_with: str
    terms: TermsOut
    kinds: list[KindOut]
    by: str
    review: bool
    assent: bool
    erasure: ErasureOut | None = None
    stays: str = ""
    declared_since: DeclaredSince | None = None

    @classmethod
    def of(
        cls,
        version: ConsentVersion,
        catalogue: Catalogue,
        page: Page,
        now: datetime,
        represented: Represented = NOBODY,
    ) -> "ConsentOut":
        """`version` as it stands at `now`, in the reader's language."""
        terms, status = version.terms, version.status(now)
        label, tone = STATUSES[status]
        rules = terms.rules
        return cls(
            arrangement_id=str(version.arrangement_id),
            version_id=str(version.id),
            app_id=version.app_id,
            app_name=version.app_name,
            categories=category_labels(catalogue, sorted(terms.categories), page),
            purpose=purpose_line(catalogue, terms.purpose.code, terms.purpose.text, page),
            recipients=[one.shown for one in terms.recipients],
            supervisor=terms.supervision.officer,
            period=one_period(rules),
            decided=version.answered_at,
            valid_until=version.gives_until,
            state=status.value,
            status=page.text(label),
            tone=tone,
            active=status in _LASTING,
            suspended=status is Status.SUSPENDED,
            resumable=status is Status.SUSPENDED and represented.may_resume(version),
            waiting=status is Status.DEFERRED,
            days_left=(version.gives_until - now).days if version.ends_soon(now) else None,
            once=terms.usage.max_uses == 1,
            signed_with=version.evidence.signed_with,
            terms=TermsOut.of(terms, page),
            kinds=[
                KindOut(code, label, narrowings(rules, code, page))
                for code, label in zip(
                    sorted(terms.categories),
                    category_labels(catalogue, sorted(terms.categories), page),
                    strict=True,
                )
            ],
            by=represented.line(version, page),
            review=version.id in represented.review,
            assent=version.id in represented.assents,
        )

    def staying(self, refusal: Refusal | None, page: Page) -> "ConsentOut":
        """The same, to one who may not end it for this reason."""
        why = "" if refusal is None else page.choose(refusal.sentence_ja, refusal.sentence_en)
        return replace(self, stays=why)

    @property
    def plain(self) -> dict[str, object]:
        """The same for programs."""
        period = self.period
        return asdict(self) | {
            "kinds": [kind._asdict() for kind in self.kinds],
            "erasure": self.erasure and self.erasure.plain,
            "declared_since": self.declared_since and self.declared_since.plain,
            "decided": rfc3339(self.decided),
            "valid_until": rfc3339(self.valid_until),
            "period": period and {"from": period[0].isoformat(), "to": period[1].isoformat()},
        }
