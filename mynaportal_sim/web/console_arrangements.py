"""How each arrangement of an app stands, by the app's own name for the person."""

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Literal
from urllib.parse import quote, urlencode
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.responses import Response

from consent.model import Actor, ConsentVersion, Status
from consent.model.granted import granted_details
from mynaportal_sim.disclosure import arrangements
from mynaportal_sim.disclosure.arrangements import Arranged, asks_again
from mynaportal_sim.web.console import Console, ConsoleDep
from mynaportal_sim.web.entry import reason_line
from mynaportal_sim.web.errors import NoSuchArrangedError
from mynaportal_sim.web.kept import category_labels, purpose_line
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.terms import TermsOut
from mynaportal_sim.web.wording import OFFICES, STATUSES

PAGE_LENGTH = 50
SUB_MAX = 200
PLACE = "/apps/console/arrangements"
SHOWN = (
    Status.GRANTED,
    Status.SUSPENDED,
    Status.NOT_YET_VALID,
    Status.EXHAUSTED,
    Status.EXPIRED,
    Status.LAPSED,
    Status.WITHDRAWN,
    Status.REVOKED,
    Status.INVALIDATED,
)
"""How the newest answer that was ever granted can stand."""
ACTORS = {Actor.PERSON.value: marked("The person"), **OFFICES}

router = APIRouter()
AfterParam = Annotated[str, Query(max_length=SUB_MAX)]


@dataclass(frozen=True, slots=True)
class ArrangedOut:
    """How an arrangement stands, in words; `again` is why the app must ask again, if so."""

    sub: str
    address: str
    id: str
    version_id: str
    number: int
    status: str
    tone: str
    since: datetime
    by: str
    until: datetime
    categories: list[str]
    purpose_version: int
    uses_left: int | None
    next_use_at: datetime | None
    again: str
    again_code: str

    @classmethod
    def of(cls, arranged: Arranged, console: Console) -> "ArrangedOut":
        """`arranged` in the reader's language."""
        version, page, now = arranged.version, console.page, console.portal.now
        label, tone = STATUSES[version.status(now).value]
        again = asks_again(version, console.app.purpose, now)
        most = version.terms.usage.max_uses
        catalogue = console.portal.catalogue
        waits = version.next_use_at
        return cls(
            sub=arranged.sub,
            address=f"{PLACE}/{quote(arranged.sub, safe='')}/{version.arrangement_id}",
            id=str(version.arrangement_id),
            version_id=str(version.id),
            number=version.number,
            status=page.text(label),
            tone=tone,
            since=version.state_since,
            by=page.text(ACTORS[version.state_by.value]),
            until=version.gives_until,
            categories=category_labels(catalogue, sorted(version.terms.categories), page),
            purpose_version=version.terms.purpose.version,
            uses_left=None if most is None else max(0, most - version.uses),
            next_use_at=waits if waits is not None and waits > now else None,
            again="" if again is None else reason_line(again.value, page),
            again_code="" if again is None else again.value,
        )


@router.get(PLACE)
async def listed(
    console: ConsoleDep,
    status: Annotated[Status | Literal[""], Query()] = "",
    after: AfterParam = "",
) -> Response:
    """Show the arrangements that stand so, page by page."""
    wanted = status or None
    asked = (console.app.client_id, wanted, (after, PAGE_LENGTH), console.portal.now)
    found = await console.portal.db.read_aside(arrangements.search, *asked)
    following = {"status": status, "after": found.after or ""}
    values: dict[str, object] = {
        "rows": [ArrangedOut.of(one, console) for one in found.rows],
        "statuses": [(one.value, console.page.text(STATUSES[one.value][0])) for one in SHOWN],
        "wanted": status,
        "first": not after,
        "following": found.after and urlencode({k: v for k, v in following.items() if v}),
    }
    return console("console_arrangements.html", values)


@router.get(f"{PLACE}/{{sub}}/{{arrangement_id}}")
async def one(console: ConsoleDep, sub: str, arrangement_id: UUID) -> Response:
    """Show one arrangement with the terms of its newest answer, and those before it."""
    asked = (console.app.client_id, sub, arrangement_id)
    versions = await console.portal.db.read(arrangements.answers, *asked)
    if not versions:
        raise NoSuchArrangedError
    newest, *earlier = [ArrangedOut.of(Arranged(sub, one), console) for one in versions]
    values: dict[str, object] = {"one": newest, "earlier": earlier}
    return console("console_arrangement.html", values | _terms(versions[0], console))


def _terms(version: ConsentVersion, console: Console) -> dict[str, object]:
    """What was agreed to, as far as an app may know it."""
    terms, page = version.terms, console.page
    purpose = terms.purpose
    details = list(granted_details(terms))
    return {
        "purpose": purpose_line(console.portal.catalogue, purpose.code, purpose.text, page),
        "terms": TermsOut.of(terms, page),
        "valid_from": terms.valid_from,
        "recipients": [one.shown for one in terms.recipients],
        "left_out": len(terms.left_out),
        "details": json.dumps(details, ensure_ascii=False, indent=2),
    }
