"""What was done with a person's data without their consent, and what they can object to."""

from dataclasses import dataclass
from datetime import datetime
from secrets import token_bytes
from typing import Annotated, Literal, NamedTuple

from fastapi import APIRouter, Form, Response
from sqlalchemy import Connection

from consent.instants import rfc3339
from consent.service import research as choices
from consent.store import cases, research
from consent.without import Case
from mynaportal_sim.login.csrf import check_csrf
from mynaportal_sim.web.acting import OwnDep
from mynaportal_sim.web.assistance import Assisted
from mynaportal_sim.web.entry import basis_line
from mynaportal_sim.web.kept import Portal, PortalDep, category_labels
from mynaportal_sim.web.redirects import see_other
from mynaportal_sim.web.render import Page, PageDep
from mynaportal_sim.web.wording import REVIEWS

router = APIRouter(prefix="/without-consent")


@dataclass(frozen=True, slots=True)
class CaseOut:
    """One case in words; `finding` and `reviewer` are empty until it is reviewed."""

    id: str
    authority: str
    officer: str
    legal_basis: str
    reason: str
    categories: list[str]
    opened: datetime
    until: datetime
    told: datetime
    review_by: datetime
    review: str
    tone: str
    finding: str
    reviewer: str

    @classmethod
    def of(cls, case: Case, portal: Portal, page: Page) -> "CaseOut":
        """`case` in the reader's language."""
        review, tone = REVIEWS[case.status(portal.now)]
        return cls(
            id=str(case.id),
            authority=case.authority,
            officer=case.officer,
            legal_basis=basis_line(case.basis.value, page),
            reason=case.reason,
            categories=category_labels(portal.catalogue, case.categories, page),
            opened=case.opened_at,
            until=case.until,
            told=case.told_from,
            review_by=case.review_by,
            review=page.text(review),
            tone=tone,
            finding=case.finding,
            reviewer=case.reviewer,
        )

    @property
    def plain(self) -> dict[str, object]:
        """The same for programs."""
        times = {name: rfc3339(getattr(self, name)) for name in _TIMES}
        return {name: getattr(self, name) for name in self.__slots__} | times


_TIMES = ("opened", "until", "told", "review_by")


class ChoiceForm(Assisted):
    """Whether the person objects to medical research."""

    csrf: str = ""
    choice: Literal["out", "in"]


class _Known(NamedTuple):
    cases: list[Case]
    standing: research.Standing


@router.get("")
async def without_consent(page: PageDep, resident: OwnDep, portal: PortalDep) -> Response:
    """Show each case of which the person may know, and how they stand to medical research."""
    holder = portal.pseudonyms.holder(resident.resident_id)
    known = await portal.db.read(_known, holder, portal.now)
    shown = [CaseOut.of(case, portal, page) for case in known.cases]
    stands = known.standing
    if page.for_program:
        return page.data(
            {
                "csrf": page.visitor.csrf,
                "cases": [one.plain for one in shown],
                "research": {
                    "notified": stands.notified_at and rfc3339(stands.notified_at),
                    "notified_by": stands.notified_by,
                    "opted_out": stands.opted_out_at and rfc3339(stands.opted_out_at),
                },
            }
        )
    done = page.request.query_params.get("done")
    return page("without_consent.html", {"cases": shown, "research": stands, "done": done})


@router.post("/research")
async def choose(
    page: PageDep,
    resident: OwnDep,
    portal: PortalDep,
    form: Annotated[ChoiceForm, Form()],
) -> Response:
    """Object to medical research with one's data, or no longer; at once."""
    check_csrf(page.request, portal.settings, form.csrf)
    unit = choices.opt_out if form.choice == "out" else choices.opt_in
    holder = portal.pseudonyms.holder(resident.resident_id)
    await portal.db.write(unit, holder, portal.now, token_bytes, form.helped_by)
    return see_other(f"/without-consent?done={form.choice}")


def _known(connection: Connection, holder: bytes, now: datetime) -> _Known:
    return _Known(cases.told(connection, holder, now), research.standing(connection, holder))
