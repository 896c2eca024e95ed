"""Who saw a person's data: their own entries of the ledger, newest first."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime
from itertools import groupby
from typing import Annotated
from urllib.parse import urlencode

from fastapi import APIRouter, Path, Query, Response

from consent import service
from consent.catalogue import Catalogue, LegalBasis
from consent.ledger import store as ledger
from consent.ledger.entry import Logged, instant, read_body, read_leaf
from consent.policy import Reason
from mynaportal_sim.login.sessions import ResidentDep
from mynaportal_sim.pki.profiles import JST
from mynaportal_sim.web.dates import iso
from mynaportal_sim.web.errors import NoSuchEntryError
from mynaportal_sim.web.history_filter import FilterDep, search
from mynaportal_sim.web.kept import PortalDep, category_labels, purpose_line
from mynaportal_sim.web.render import Page, PageDep
from mynaportal_sim.web.wording import EVENTS, KIND_LABELS, REASONS, TONES

PAGE_LENGTH = 50
router = APIRouter()

_REASONS = {reason.value: reason for reason in Reason}
_BASES = {basis.value: basis for basis in LegalBasis}


@dataclass(frozen=True, slots=True)
class EntryOut:
    """One entry of the ledger, as the person whose entry it is may read it."""

    position: int | None
    at: datetime
    type: str
    event: str
    tone: str
    who: str
    categories: list[str]
    purpose: str
    supervision: str
    reason: str
    count: int | None
    consent: str | None

    @classmethod
    def of(cls, logged: Logged, catalogue: Catalogue, page: Page) -> "EntryOut":
        """`logged` in the reader's language; its body must not be erased."""
        openings = read_body(logged.body or b"")
        kind = read_leaf(logged.leaf).type
        said = {name: opening.value for name, opening in openings.items()}
        codes = said.get("categories", [])
        count = said.get("count")
        arrangement, version = said.get("arrangement"), said.get("consent_version")
        return cls(
            position=logged.position,
            at=instant(openings),
            type=kind,
            event=page.text(EVENTS[kind]) if kind in EVENTS else kind,
            tone=TONES.get(kind, ""),
            who=str(said.get("app_name") or said.get("app_id", "")),
            categories=category_labels(
                catalogue, codes if isinstance(codes, list) else [], page
            ),
            purpose=_purpose(catalogue, said, page),
            supervision=_supervision(said, page),
            reason=_reason(str(said.get("reason", "")), page),
            count=count if isinstance(count, int) else None,
            consent=f"/consents/{arrangement}/{version}" if arrangement and version else None,
        )


@router.get("/history")
async def history(
    page: PageDep,
    resident: ResidentDep,
    portal: PortalDep,
    wanted: FilterDep,
    before: Annotated[int | None, Query(ge=1, lt=2**62)] = None,
) -> Response:
    """Show who got what, why, on which basis and under whose supervision."""
    holder = portal.pseudonyms.holder(resident.resident_id)
    found = await portal.db.read(search, holder, wanted, PAGE_LENGTH, before)
    shown = [EntryOut.of(logged, portal.catalogue, page) for logged in found.entries]
    if page.for_program:
        entries = [asdict(entry) | {"at": iso(entry.at)} for entry in shown]
        return page.data({"entries": entries, "older": found.older})
    consents = await portal.db.read(service.of_resident, resident.resident_id)
    values: dict[str, object] = {
        "days": [(day, list(of_day)) for day, of_day in groupby(shown, _day)],
        "older": found.older and urlencode({**wanted.query, "before": found.older}),
        "wanted": wanted,
        "apps": {one.app_id: one.app_name for its in consents for one in its.versions},
        "categories": [
            (one.code, page.choose(one.label_ja, one.label_en))
            for one in portal.catalogue.categories.values()
        ],
        "kinds": [(code, page.text(label)) for code, label in KIND_LABELS.items()],
    }
    return page("history.html", values)


@router.get("/history/{position}/proof")
async def proof(
    resident: ResidentDep,
    portal: PortalDep,
    position: Annotated[int, Path(ge=0, lt=2**62)],
) -> Response:
    """Hand a person the proof of one of their entries, which needs no server to be checked."""
    holder = portal.pseudonyms.holder(resident.resident_id)
    evidence = await portal.db.read(ledger.prove_to, holder, position)
    if evidence is None:
        raise NoSuchEntryError
    headers = {
        "Content-Disposition": f'attachment; filename="entry-{position}.tlog-proof"',
        "Cache-Control": "no-store",
        "X-Content-Type-Options": "nosniff",
    }
    return Response(bytes(evidence), media_type="text/plain", headers=headers)


def _day(entry: EntryOut) -> date:
    return entry.at.astimezone(JST).date()


def _purpose(catalogue: Catalogue, said: Mapping[str, object], page: Page) -> str:
    code, text = str(said.get("purpose", "")), str(said.get("purpose_text", ""))
    return purpose_line(catalogue, code, text, page)


def _supervision(said: Mapping[str, object], page: Page) -> str:
    """Who supervises and which law allows it, as far as the entry says."""
    basis = _BASES.get(str(said.get("legal_basis", "")))
    parts = [str(said.get("supervisor", ""))]
    if basis is not None:
        parts.append(f"{page.choose(basis.label_ja, basis.label_en)} ({basis.value})")
    return " / ".join(part for part in parts if part)


def _reason(code: str, page: Page) -> str:
    """A code in words; one that only a later version of the portal knows stands for itself."""
    if (reason := _REASONS.get(code)) is not None:
        return page.choose(reason.sentence_ja, reason.sentence_en)
    return page.text(REASONS[code]) if code in REASONS else code
