"""The pages. Health data is fetched when a page is opened and dropped when it is rendered."""

from datetime import date, timedelta
from typing import Annotated

from fastapi import APIRouter, Form, Query, Request
from starlette.responses import Response

from mynaportal_sim.sample_app import checkups, medicines, sessions
from mynaportal_sim.sample_app.days import JAPAN
from mynaportal_sim.sample_app.errors import AuthorizationError, NotGrantedError
from mynaportal_sim.sample_app.identity import CALLBACK
from mynaportal_sim.sample_app.language import marked
from mynaportal_sim.sample_app.pages import Page, PageDep
from mynaportal_sim.sample_app.portal import CATEGORIES
from mynaportal_sim.sample_app.store import Connection
from mynaportal_sim.sample_app.trends import trends
from mynaportal_sim.sample_app.wording import CATEGORY_NAMES, FLAGS, GROUP_NAMES, PURPOSE_NAMES

router = APIRouter()


@router.get("/")
def home(page: PageDep) -> Response:
    """What this app is; or, once it is connected, where to go."""
    connection = page.portal.store.find(page.session.id)
    if connection is None:
        return page("welcome.html", {"problem": None, "chosen": []})
    return page("home.html", {"named": _named(page, connection)})


@router.get("/connect")
def ask(page: PageDep) -> Response:
    """Choose what to ask for, also while connected."""
    connection = page.portal.store.find(page.session.id)
    chosen = [] if connection is None else connection.granted
    return page("connect.html", {"problem": None, "chosen": chosen})


@router.post("/connect")
def connect(
    page: PageDep,
    csrf: Annotated[str, Form()] = "",
    category: Annotated[list[str] | None, Form()] = None,
) -> Response:
    """Send the person to the portal with what they chose."""
    page.session.check(page.request, csrf)
    chosen = [code for code in CATEGORIES if code in (category or [])]
    if not chosen:
        problem = page.text(marked("Choose at least one kind of record."))
        return page("connect.html", {"problem": problem, "chosen": []}, 422)
    return page.redirect(page.portal.begin(page.session.id, chosen))


@router.get(CALLBACK)
def callback(page: PageDep, request: Request) -> Response:
    """Take the portal's answer."""
    known = page.portal.store.find(page.session.id)
    try:
        fresh = page.portal.finish(page.session.id, str(request.url))
    except AuthorizationError as error:
        if error.code == "mismatch" and known is not None:
            return page.redirect("/")  # the back button, or a second click
        values = {"code": error.code, "said": str(error)}
        expected = error.code in {"access_denied", "consent_required"}
        return page("unconnected.html", values, 200 if expected else 400)
    page.session = sessions.Session(fresh, is_new=True)
    return page.redirect("/")


@router.get("/checkups")
def show_checkups(page: PageDep) -> Response:
    """Check-ups as trend plots and as a table."""
    connection = page.portal.connection(page.session.id)
    if connection is None:
        return page.redirect("/")
    try:
        observations = page.portal.search(page.session.id, "Observation")
        reports = page.portal.search(page.session.id, "DiagnosticReport")
    except NotGrantedError:
        return _not_given(page, "checkup")
    found = checkups.read(observations.resources, reports.resources)
    values = {
        "checkups": found,
        "trends": list(trends(found)),
        "groups": GROUP_NAMES,
        "flags": FLAGS,
        "cut": observations.cut,
        "fetched_at": _fetched_at(page),
    }
    return page("checkups.html", values)


@router.get("/medication")
def show_medication(page: PageDep, year: Annotated[int | None, Query()] = None) -> Response:
    """Medicines by date, one year at a time: no more is fetched than is shown."""
    connection = page.portal.connection(page.session.id)
    if connection is None:
        return page.redirect("/")
    years = _years(connection, page.portal.clock.now().astimezone(JAPAN).date())
    shown = year if year in years else years[0]
    within = [f"ge{shown}-01-01", f"le{shown}-12-31"]
    try:
        found = page.portal.search(page.session.id, "MedicationDispense", whenhandedover=within)
    except NotGrantedError:
        return _not_given(page, "medication")
    values = {
        "medicines": medicines.read(found.resources),
        "years": years,
        "shown": shown,
        "cut": found.cut,
        "fetched_at": _fetched_at(page),
    }
    return page("medication.html", values)


@router.get("/sharing")
def show_sharing(page: PageDep) -> Response:
    """What is shared, as the portal has it now rather than as it was asked."""
    connection = page.portal.connection(page.session.id)
    if connection is None:
        return page.redirect("/")
    standing = page.portal.standing(page.session.id)
    values = {
        "details": [_shown(page, detail) for detail in standing.details],
        "not_given": [
            page.text(CATEGORY_NAMES[code])
            for code in connection.asked
            if code in CATEGORY_NAMES and code not in connection.granted
        ],
        # The last day on which it still holds.
        "until": standing.until
        and (standing.until - timedelta(seconds=1)).astimezone(JAPAN).date(),
        "since": connection.connected_at.astimezone(JAPAN).date(),
    }
    return page("sharing.html", values)


@router.post("/disconnect")
def disconnect(page: PageDep, csrf: Annotated[str, Form()] = "") -> Response:
    """Give access and consent back, forget, and certify that."""
    page.session.check(page.request, csrf)
    told = page.portal.disconnect(page.session.id)
    ending = page.portal.ending(page.session.id)
    page.session = sessions.begun()
    return page("disconnected.html", {"told": told, "ending": ending})


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    """The process answers."""
    return {"status": "ok"}


def _not_given(page: Page, category: str) -> Response:
    return page("not_given.html", {"category": page.text(CATEGORY_NAMES[category])})


def _named(page: Page, connection: Connection) -> dict[str, str]:
    return {
        code: page.text(CATEGORY_NAMES[code])
        for code in connection.granted
        if code in CATEGORY_NAMES
    }


def _fetched_at(page: Page) -> str:
    return f"{page.portal.clock.now().astimezone(JAPAN):%H:%M}"


def _years(connection: Connection, today: date) -> list[int]:
    """The years that the consent covers, latest first, and no later than this one."""
    first, last = today.year, today.year
    for detail in connection.details:
        period = detail.get("period")
        if isinstance(period, dict):
            first = min(first, _year(period.get("from"), first))
            last = max(first, min(today.year, _year(period.get("to"), last)))
    return list(range(last, max(first, last - 20) - 1, -1))


def _year(text: object, otherwise: int) -> int:
    try:
        return date.fromisoformat(str(text)).year
    except ValueError:
        return otherwise


def _shown(page: Page, detail: object) -> dict[str, object]:
    """One authorization details object in words; a code without words stands for itself."""
    said = detail if isinstance(detail, dict) else {}
    codes, recipients = said.get("categories"), said.get("recipients")
    period, purpose = said.get("period"), str(said.get("purpose", ""))
    days = [period.get("from"), period.get("to")] if isinstance(period, dict) else []
    return {
        "categories": [
            page.text(CATEGORY_NAMES[code]) if code in CATEGORY_NAMES else str(code)
            for code in (codes if isinstance(codes, list) else [])
        ],
        "period": [date.fromisoformat(str(day)) for day in days],
        "purpose": page.text(PURPOSE_NAMES[purpose]) if purpose in PURPOSE_NAMES else purpose,
        "recipients": [str(one) for one in recipients] if isinstance(recipients, list) else [],
    }
