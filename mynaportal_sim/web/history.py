"""Who saw a person's data: their own entries of the ledger, newest first."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query, Response

from consent.catalogue import Catalogue, LegalBasis
from consent.ledger import store as ledger
from consent.ledger.entry import Logged, instant, read_body, read_leaf
from consent.policy import Reason
from mynaportal_sim.login.sessions import ResidentDep
from mynaportal_sim.web.dates import iso
from mynaportal_sim.web.kept import PortalDep, category_labels, purpose_line
from mynaportal_sim.web.render import Page, PageDep
from mynaportal_sim.web.wording import EVENTS, REASONS, TONES

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

    @classmethod
    def of(cls, logged: Logged, catalogue: Catalogue, page: Page) -> "EntryOut":
        """`logged` in the reader's language; its body must not be erased."""
        openings = read_body(logged.body or b"")
        kind = read_leaf(logged.leaf).type
        said = {name: opening.value for name, opening in openings.items()}
        codes = said.get("categories", [])
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
        )


@router.get("/history")
async def history(
    page: PageDep,
    resident: ResidentDep,
    portal: PortalDep,
    before: Annotated[int | None, Query(ge=1, lt=2**62)] = None,
) -> Response:
    """Show who got what, why, on which basis and under whose supervision."""
    holder = portal.pseudonyms.holder(resident.resident_id)
    found = await portal.db.read(ledger.of_holder, holder, PAGE_LENGTH + 1, before)
    shown = [EntryOut.of(logged, portal.catalogue, page) for logged in found[:PAGE_LENGTH]]
    older = found[PAGE_LENGTH - 1].id if len(found) > PAGE_LENGTH else None
    if page.for_program:
        entries = [asdict(entry) | {"at": iso(entry.at)} for entry in shown]
        return page.data({"entries": entries, "older": older})
    return page("history.html", {"entries": shown, "older": older})


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
