"""One entry of the ledger in words, as pages and programs get it."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from types import MappingProxyType

from consent.catalogue import Catalogue, LegalBasis
from consent.instants import rfc3339
from consent.policy import Reason
from consent.without import Objection, Status
from mynaportal_sim.disclosure.event import Event
from mynaportal_sim.web.kept import category_labels, purpose_line
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.render import Page
from mynaportal_sim.web.wording import (
    EVENTS,
    OFFICES,
    OWN_EVENTS,
    REASONS,
    REVIEWS,
    ROLES,
    TONES,
)

REASONS_OF_CONSENT = {reason.value: reason for reason in Reason}
_BASES = {basis.value: basis for basis in LegalBasis}
_OBJECTIONS = {objection.value: objection for objection in Objection}
Reviews = Mapping[str, Status]
"""How the reviews of cases stand, by the numbers of the cases."""
NO_REVIEWS: Reviews = MappingProxyType({})


@dataclass(frozen=True, slots=True)
class EntryOut:
    """One entry, as the person whose entry it is may read it; `proof` is where it is had."""

    position: int | None
    at: datetime
    type: str
    event: str
    tone: str
    app: str
    who: str
    categories: list[str]
    purpose: str
    legal_basis: str
    supervisor: str
    unsupervised: bool
    reason: str
    count: int | None
    consent: str | None
    case: str | None
    officer: str
    review: str
    proof: str | None
    erased: bool
    by: str = ""
    given_by: str = ""
    assisted_by: str = ""

    @classmethod
    def of(
        cls,
        event: Event,
        catalogue: Catalogue,
        page: Page,
        agents: Mapping[str, str] = MappingProxyType({}),
        reviews: Reviews = NO_REVIEWS,
    ) -> "EntryOut":
        """`event` in the reader's language; `agents` are names by the ids of mandates."""
        review = reviews.get(event.case)
        has_proof = event.position is not None and not event.erased
        return cls(
            position=event.position,
            at=event.at,
            type=event.type,
            event=title_line(event, page),
            tone=TONES.get(event.type, ""),
            app=event.app_id,
            who=event.app_name or event.authority,
            categories=category_labels(catalogue, event.categories, page),
            purpose=purpose_line(catalogue, event.purpose, event.purpose_text, page),
            legal_basis=basis_line(event.legal_basis, page),
            supervisor=event.supervisor,
            unsupervised=event.unsupervised,
            reason=reason_line(event.reason, page),
            count=event.count,
            consent="/consents/{}/{}".format(*event.consent) if event.consent else None,
            case=f"/without-consent#case-{event.case}" if event.case else None,
            officer=event.officer,
            review="" if review is None else page.text(REVIEWS[review][0]),
            proof=f"/history/{event.position}/proof" if has_proof else None,
            erased=event.erased,
            by=by_line(event, agents, page),
            given_by=granter_line(event, agents, page),
            assisted_by=event.assisted_by,
        )

    @property
    def about_agent(self) -> bool:
        """Whether it tells of whoever acts for the person, not of something they did."""
        return self.type.startswith("mandate.")

    @property
    def plain(self) -> dict[str, object]:
        """The entry as programs get it."""
        return asdict(self) | {"at": rfc3339(self.at)}


def title_line(event: Event, page: Page) -> str:
    """What happened; "you" only of what the person did themselves."""
    if event.own and event.type in OWN_EVENTS:
        return page.text(OWN_EVENTS[event.type])
    return page.text(EVENTS[event.type]) if event.type in EVENTS else event.type


def by_line(event: Event, agents: Mapping[str, str], page: Page) -> str:
    """Who did it, where the person did not: whoever acted for them, as what, or an office."""
    if event.acting is None:
        return page.text(OFFICES[event.office]) if event.office in OFFICES else event.office
    return _agent_line(event.acting, agents, page)


def granter_line(event: Event, agents: Mapping[str, str], page: Page) -> str:
    """Who gave the consent for the person, as what; empty where nobody did."""
    return _agent_line(event.granter, agents, page) if event.granter else ""


def _agent_line(acted: tuple[str, str], agents: Mapping[str, str], page: Page) -> str:
    role, mandate = acted
    label = page.text(ROLES[role]) if role in ROLES else role
    return actor_line(label, agents.get(mandate, ""), page)


def actor_line(role: str, name: str, page: Page) -> str:
    """A role with the name of who has it, if it is known."""
    if not name:
        return role
    return page.text(marked("%(name)s (%(role)s)"), name=name, role=role)


def basis_line(code: str, page: Page) -> str:
    """A legal basis in words, with the article; one that is unknown stands for itself."""
    basis = _BASES.get(code)
    if basis is None:
        return code
    line = f"{page.choose(basis.label_ja, basis.label_en, basis.label_easy)} ({code})"
    return page.text(marked("%(basis)s [unverified]"), basis=line) if basis.unverified else line


def reason_line(code: str, page: Page) -> str:
    """A code in words; one that only a later version of the portal knows stands for itself."""
    reason = REASONS_OF_CONSENT.get(code) or _OBJECTIONS.get(code)
    if reason is not None:
        return page.choose(reason.sentence_ja, reason.sentence_en)
    return page.text(REASONS[code]) if code in REASONS else code
