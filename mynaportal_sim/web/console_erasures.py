"""What an app must erase, by when, and what became of its certificates."""

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from consent.instants import seconds
from consent.model import OnWithdrawal
from mynaportal_sim.apps.model import App
from mynaportal_sim.erasure import store
from mynaportal_sim.erasure.claims import Derived, Method
from mynaportal_sim.erasure.faults import TYPE, Fault
from mynaportal_sim.erasure.model import ErasureCase, Status
from mynaportal_sim.web.console import Console, ConsoleDep, PageParam
from mynaportal_sim.web.erasures import ErasureOut
from mynaportal_sim.web.kept import category_labels
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.wording import STATUSES

PAGE_LENGTH = 25
PLACE = "/apps/console/erasures"
router = APIRouter()

ON_END = {
    OnWithdrawal.DELETE: marked("Delete all of it."),
    OnWithdrawal.DEIDENTIFY: marked(
        "Delete it, or keep it with nothing that tells whose it is."
    ),
    OnWithdrawal.KEEP_BY_LAW: marked(
        "Delete it; what a law makes you keep you may keep till then."
    ),
}
FAULTS = {
    Fault.MALFORMED: marked("It was no compact JWS of the type erasure-certificate+jwt."),
    Fault.WRONG_CLAIMS: marked("A claim was missing, unknown, or of the wrong type."),
    Fault.UNKNOWN_KEY: marked(
        "A header named none of the keys registered for its signer (kid)."
    ),
    Fault.WRONG_SIGNATURE: marked("The signature did not fit, or its alg is not accepted."),
    Fault.OTHER_APP: marked("iss was not your client_id."),
    Fault.OTHER_RECIPIENT: marked("iss was not the recipient's name as you registered it."),
    Fault.OTHER_PORTAL: marked("aud was not this portal's issuer."),
    Fault.OTHER_CASE: marked("arrangement or consent_version were those of another erasure."),
    Fault.BEFORE_THE_END: marked("A time in it lay before the consent ended."),
    Fault.IN_THE_FUTURE: marked("iat, or a time of erasure, lay ahead."),
    Fault.OTHER_CATEGORIES: marked(
        "counts did not name exactly the categories that were given."
    ),
    Fault.NOT_AGREED: marked(
        "method or derived is not what the consent says happens at its end."
    ),
    Fault.SILENT_ON_RECIPIENTS: marked(
        "passed_on did not name everybody to whom you could pass the data."
    ),
    Fault.NAMED_TWICE: marked("passed_on named somebody twice."),
    Fault.NO_KEYS: marked(
        "It brought a certificate of a recipient for whom you have registered no keys."
    ),
    Fault.CONTRADICTED: marked("erased_at in passed_on is not what the recipient certifies."),
    Fault.NO_LAW: marked(
        "law and until go with retained_by_law, and only with it; until must lie ahead."
    ),
}
"""What was wrong with a certificate, for whoever is to mend it."""


@unique
class Show(StrEnum):
    """Which erasures are shown."""

    OPEN = "open"
    CERTIFIED = "certified"


@dataclass(frozen=True, slots=True)
class DutyOut:
    """One erasure, in words; `template` is a certificate to be filled in and signed."""

    id: str
    arrangement: str
    erasure: ErasureOut
    ended: str
    ended_at: datetime
    on_end: str
    categories: list[str]
    passed_on: list[str]
    awaited: list[str]
    since: datetime
    fault: str
    fault_code: str
    refused_at: datetime | None
    template: str

    @classmethod
    def of(cls, case: ErasureCase, console: Console) -> "DutyOut":
        """`case` as it stands now, in the reader's language."""
        page, portal = console.page, console.portal
        return cls(
            id=str(case.version_id),
            arrangement=str(case.arrangement_id),
            erasure=ErasureOut.of(case, portal.catalogue, page, portal.now),
            ended=page.text(STATUSES[case.ended][0]),
            ended_at=case.ended_at,
            on_end=page.text(ON_END[case.on_end]),
            categories=category_labels(portal.catalogue, case.categories, page),
            passed_on=list(case.passed_on),
            awaited=[one.name for one in case.awaited],
            since=case.state_since,
            fault=page.text(FAULTS[Fault(case.fault)]) if case.fault else "",
            fault_code=case.fault,
            refused_at=case.refused_at,
            template=_template(case, console),
        )


@router.get(PLACE)
async def erasures(
    console: ConsoleDep,
    show: Annotated[Show, Query()] = Show.OPEN,
    page: PageParam = 1,
) -> Response:
    """Show what is to be erased, the nearest deadline first; or what is certified."""
    db, app_id = console.portal.db, console.app.client_id
    skip, now = (page - 1) * PAGE_LENGTH, console.portal.now
    owed = await db.read(store.urgent, app_id)
    found = owed[skip : skip + PAGE_LENGTH + 1]
    if show is Show.CERTIFIED:
        found = await db.read(store.certified, app_id, PAGE_LENGTH + 1, skip)
    values: dict[str, object] = {
        "duties": [DutyOut.of(case, console) for case in found[:PAGE_LENGTH]],
        "show": show.value,
        "number": page,
        "more": len(found) > PAGE_LENGTH,
        "owed": len(owed),
        "overdue": sum(one.status(now) is Status.OVERDUE for one in owed),
        "header": _header(console.app),
        "issuer": console.portal.settings.issuer.rstrip("/"),
    }
    return console("console_erasures.html", values)


def _header(app: App) -> str:
    """The header of a certificate, empty for a public client, which has no key to sign by."""
    if app.public:
        return ""
    key = app.keys[0]
    return json.dumps(
        {"typ": TYPE, "alg": min(key.algorithms), "kid": key.kid or key.thumbprint}
    )


def _template(case: ErasureCase, console: Console) -> str:
    """The claims of a certificate for `case`, with times of now and counts of none.

    Whoever has registered keys certifies by their own, which the app brings along.
    """
    at, keyed = seconds(console.portal.now), console.app.keys_of_recipients
    issuer = console.portal.settings.issuer.rstrip("/")
    claims = {
        "iss": case.app_id,
        "aud": issuer,
        "iat": at,
        "arrangement": str(case.arrangement_id),
        "consent_version": str(case.version_id),
        "erased_at": at,
        "method": Method.DELETED.value,
        "counts": dict.fromkeys(case.categories, 0),
        "derived": Derived.ERASED.value,
        "passed_on": [
            {"name": name, **({"certificate": "…"} if name in keyed else {"erased_at": at})}
            for name in case.passed_on
        ],
    }
    return json.dumps(claims, ensure_ascii=False, indent=2)
