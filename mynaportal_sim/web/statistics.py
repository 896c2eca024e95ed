"""Public statistics of access without consent; nobody need be logged in."""

from fastapi import APIRouter, Response

from consent.store import cases
from mynaportal_sim.disclosure.statistics import MINIMUM_CELL, Cell, cells
from mynaportal_sim.web.entry import basis_line
from mynaportal_sim.web.kept import PortalDep
from mynaportal_sim.web.render import Page, PageDep

router = APIRouter()


@router.get("/statistics/without-consent")
async def statistics(page: PageDep, portal: PortalDep) -> Response:
    """Show how often which authority got data by which legal basis in which month."""
    found = cells(await portal.db.read(cases.counted, portal.now))
    if page.for_program:
        document = {"minimum_cell": MINIMUM_CELL, "cells": [_plain(cell) for cell in found]}
        return page.data(document)
    values = {"cells": [_shown(cell, page) for cell in found], "minimum": MINIMUM_CELL}
    return page("statistics.html", values)


def _plain(cell: Cell) -> dict[str, object]:
    return {
        "month": f"{cell.month:%Y-%m}",
        "legal_basis": cell.basis.value,
        "unverified": cell.basis.unverified,
        "authority": cell.authority,
        "cases": cell.cases,
    }


def _shown(cell: Cell, page: Page) -> dict[str, object]:
    return cell._asdict() | {"basis": basis_line(cell.basis.value, page)}
