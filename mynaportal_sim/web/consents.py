"""What a person has agreed to, and the button that ends it."""

import json
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from enum import StrEnum, unique
from secrets import token_bytes
from typing import Annotated, NamedTuple
from uuid import UUID, uuid4

from fastapi import APIRouter, Form, Response
from pydantic import Field
from sqlalchemy import Connection

from consent import service
from consent.catalogue import Catalogue
from consent.instants import rfc3339
from consent.mandate import Act, Band, may_lift, to_review
from consent.model import MYSELF, Actor, ConsentVersion, Event, Granter, Role, Status
from consent.store import signatures
from mynaportal_sim.disclosure import latency
from mynaportal_sim.disclosure.documents import formats_of
from mynaportal_sim.erasure import store as erasures
from mynaportal_sim.login.challenge import Channel
from mynaportal_sim.login.csrf import check_csrf
from mynaportal_sim.web.acting import ViewerDep, Whom, WhomDep, agents_of
from mynaportal_sim.web.assistance import Assisted
from mynaportal_sim.web.difference import Difference, differences
from mynaportal_sim.web.entry import actor_line
from mynaportal_sim.web.erasures import ErasureOut
from mynaportal_sim.web.errors import NoSuchConsentError
from mynaportal_sim.web.kept import Portal, PortalDep, category_labels, purpose_line
from mynaportal_sim.web.lateness import line
from mynaportal_sim.web.redirects import see_other
from mynaportal_sim.web.render import Page, PageDep
from mynaportal_sim.web.terms import TermsOut
from mynaportal_sim.web.wording import CHANNELS, ROLES, SIGNED_WITH, STATUSES

router = APIRouter()

# What a person can still do something about.
_LASTING = frozenset({Status.GRANTED, Status.NOT_YET_VALID, Status.SUSPENDED, Status.EXHAUSTED})


@unique
class Wish(StrEnum):
    """What a person can wish of a consent they gave."""

    WITHDRAW = "withdraw"
    SUSPEND = "suspend"
    RESUME = "resume"


_WISHES = {
    Wish.WITHDRAW: (Event.WITHDRAW, "withdrawn"),
    Wish.SUSPEND: (Event.SUSPEND, "suspended"),
    Wish.RESUME: (Event.RESUME, "resumed"),
}


class KindOut(NamedTuple):
    """A kind of data that a consent gives."""

    code: str
    label: str


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

    `erasure` is what became of what the app holds, where the consent has ended.
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
            period=(min(rule.period_from for rule in rules), max(r.period_to for r in rules))
            if rules
            else None,
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
                KindOut(code, label)
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


class ChangeForm(Assisted):
    """`version` is what the person saw; `key` makes a double click one wish."""

    csrf: str = ""
    version: UUID
    key: UUID = Field(default_factory=uuid4)


@router.get("/consents")
async def consents(page: PageDep, resident: ViewerDep, portal: PortalDep) -> Response:
    """Show each consent that the person has given or refused."""
    versions, represented = await portal.db.read(_look, resident, portal.now)
    seen = [version for version in versions if resident.sees(version)]
    shown = await _shown(portal, page, seen, represented)
    shown.sort(key=lambda consent: (consent.active, consent.decided), reverse=True)
    if page.for_program:
        plain = [_plain(consent) for consent in shown]
        return page.data({"csrf": page.visitor.csrf, "consents": plain})
    values: dict[str, object] = {
        "active": [consent for consent in shown if consent.active],
        "waiting": [consent for consent in shown if consent.waiting],
        "past": [one for one in shown if not one.active and not one.waiting],
        "done": page.request.query_params.get("done"),
        "keys": {consent.version_id: uuid4() for consent in shown if consent.active},
    }
    return page("consents.html", values)


@router.get("/consents/{arrangement_id}/withdraw")
async def before_withdrawing(
    page: PageDep, resident: ViewerDep, portal: PortalDep, arrangement_id: UUID, version: UUID
) -> Response:
    """Say what stops with a consent and what does not, and ask whether it shall."""
    kept = await _kept(portal, resident, arrangement_id, version)
    consent = ConsentOut.of(kept, portal.catalogue, page, portal.now)
    return page("withdraw.html", {"consent": consent, "key": uuid4()})


@router.get("/consents/{arrangement_id}/{version_id}")
async def receipt(
    page: PageDep,
    resident: ViewerDep,
    portal: PortalDep,
    arrangement_id: UUID,
    version_id: UUID,
) -> Response:
    """Show one answer with all that was agreed, in a form to print and keep."""
    kept = await _kept(portal, resident, arrangement_id, version_id)
    _, represented = await portal.db.read(_look, resident, portal.now)
    [consent] = await _shown(portal, page, [kept], represented)
    afterwards = await _afterwards(portal, page, resident, kept)
    if page.for_program:
        return page.data({**_plain(consent), "afterwards": afterwards})
    given = kept.terms.categories
    refused = [rule.category for rule in kept.asked if rule.category not in given]
    basis = kept.terms.legal_basis
    values: dict[str, object] = {
        "consent": consent,
        "afterwards": afterwards,
        "differences": await _changed(portal, page, resident, kept),
        "refused": category_labels(portal.catalogue, refused, page),
        "basis": f"{page.choose(basis.label_ja, basis.label_en)} ({basis.value})",
        "notice_version": kept.terms.notice.version,
        "number": kept.number,
        "channel": page.text(CHANNELS[Channel(kept.evidence.channel)]),
        "signed": await _signed(page, portal, kept),
        "helped_by": kept.evidence.assisted_by,
        "app_id": kept.app_id,
        "formats": formats_of(kept, portal.pseudonyms, portal.now),
        "issued": portal.now,
    }
    return page("receipt.html", values)


@router.post("/consents/{arrangement_id}/{what}")
async def change(
    page: PageDep,
    resident: WhomDep,
    portal: PortalDep,
    arrangement_id: UUID,
    what: Wish,
    form: Annotated[ChangeForm, Form()],
) -> Response:
    """End a consent, or let it rest and give again; it binds from the very next access on."""
    check_csrf(page.request, portal.settings, form.csrf)
    event, done = _WISHES[what]
    kept = await _find(portal, resident, arrangement_id, form.version)
    if kept is not None:
        act = Act.GRANT if event is Event.RESUME else Act.WITHDRAW
        if resident.mandate is not None or act is Act.WITHDRAW:
            resident.demand(act, kept.terms.categories, kept.terms.purpose.code)
    elif resident.mandate is not None:
        raise NoSuchConsentError
    wish = service.Change(
        event=event,
        key=form.key,
        resident_id=resident.resident_id,
        arrangement_id=arrangement_id,
        version_id=form.version,
        channel=resident.channel,
        holder=portal.pseudonyms.holder(resident.resident_id),
        acting=resident.acting,
        assisted_by=form.helped_by,
        band=resident.band,
    )
    await portal.db.write(service.change, wish, portal.now, token_bytes)
    return see_other(f"/consents?done={done}")


async def _signed(page: Page, portal: Portal, kept: ConsentVersion) -> dict[str, object] | None:
    """How an answer was signed, in words; None where it was not."""
    signature = await portal.db.read(signatures.find, kept.resident_id, kept.id)
    if signature is None:
        return None
    return {
        "with": page.text(SIGNED_WITH[signature.kind]),
        "lines": json.loads(signature.text)["shown"],
        "statement": signature.statement_sha256,
    }


def _look(
    connection: Connection, whom: Whom, now: datetime
) -> tuple[list[ConsentVersion], Represented]:
    """All answers of a person, and what of them others gave, on one snapshot."""
    resident_id = whom.resident_id
    histories = service.of_resident(connection, resident_id)
    versions = [version for history in histories for version in history.versions]
    represented = Represented(
        agents_of(connection, resident_id),
        to_review(versions, service.acting_for(connection, resident_id), now),
        service.awaiting_assent(connection, resident_id),
        whom.acting,
        whom.band,
    )
    return versions, represented


async def _kept(
    portal: Portal, resident: Whom, arrangement_id: UUID, version_id: UUID
) -> ConsentVersion:
    found = await _find(portal, resident, arrangement_id, version_id)
    if found is None:
        raise NoSuchConsentError
    return found


async def _find(
    portal: Portal, resident: Whom, arrangement_id: UUID, version_id: UUID
) -> ConsentVersion | None:
    """One of the person's answers, if it is within what may be seen."""
    histories = await portal.db.read(service.of_resident, resident.resident_id)
    for history in histories:
        for version in history.versions:
            named = (version.arrangement_id, version.id)
            if named == (arrangement_id, version_id) and resident.sees(version):
                return version
    return None


async def _shown(
    portal: Portal,
    page: Page,
    versions: Iterable[ConsentVersion],
    represented: Represented = NOBODY,
) -> list[ConsentOut]:
    """Answers as they stand now, and what became of the data of those that have ended."""
    found = [
        ConsentOut.of(one, portal.catalogue, page, portal.now, represented) for one in versions
    ]
    cases = await portal.db.read(erasures.of_versions, [UUID(one.version_id) for one in found])
    said = {
        str(version_id): ErasureOut.of(case, portal.catalogue, page, portal.now)
        for version_id, case in cases.items()
    }
    return [replace(one, erasure=said.get(one.version_id)) for one in found]


async def _changed(
    portal: Portal, page: Page, resident: Whom, version: ConsentVersion
) -> list[Difference]:
    """What is different in a consent from the one before it, if there was one."""
    if version.supersedes is None or not version.terms.rules:
        return []
    before = await _kept(portal, resident, version.arrangement_id, version.supersedes)
    return differences(before.terms, version.terms, portal.catalogue, page)


async def _afterwards(
    portal: Portal, page: Page, resident: Whom, version: ConsentVersion
) -> str | None:
    """What the log says came after a consent was taken back; None where it was not."""
    if f"consent.{version.state}" not in latency.ENDINGS:
        return None
    holder = portal.pseudonyms.holder(resident.resident_id)
    found = await portal.db.read(latency.of_version, holder, portal.now, str(version.id))
    return None if found is None else line(found, page)


def _plain(consent: ConsentOut) -> dict[str, object]:
    period = consent.period
    return asdict(consent) | {
        "kinds": [kind._asdict() for kind in consent.kinds],
        "erasure": consent.erasure and consent.erasure.plain,
        "decided": rfc3339(consent.decided),
        "valid_until": rfc3339(consent.valid_until),
        "period": period and {"from": period[0].isoformat(), "to": period[1].isoformat()},
    }
