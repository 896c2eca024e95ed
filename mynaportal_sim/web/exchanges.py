"""What agencies exchanged about a person (やりとり履歴), as far as they may read it."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import partial
from itertools import groupby
from typing import Annotated
from uuid import UUID

from fastapi import APIRouter, Query, Response
from sqlalchemy import Connection

from consent.instants import rfc3339
from consent.japan import JST
from mynaportal_sim.exchange import service
from mynaportal_sim.exchange.affairs import english
from mynaportal_sim.exchange.entries import Recorded
from mynaportal_sim.exchange.model import KEPT_YEARS
from mynaportal_sim.residents import store as residents
from mynaportal_sim.residents.model import Resident
from mynaportal_sim.web.acting import WholeDep
from mynaportal_sim.web.kept import PortalDep
from mynaportal_sim.web.render import Page, PageDep

router = APIRouter()
Named = Callable[[str], str]


@dataclass(frozen=True, slots=True)
class ExchangeOut:
    """One exchange as the person may read it; of a marked one, when it was asked for and why
    no more is said."""

    position: int | None
    requested_at: datetime
    disclosed: bool
    inquirer: str = ""
    provider: str = ""
    purpose: str = ""
    items: tuple[str, ...] = ()
    provided_at: datetime | None = None
    ground: str | None = None
    reason: str = ""

    @classmethod
    def of(cls, recorded: Recorded, page: Page, named: Named) -> "ExchangeOut":
        """`recorded` in the reader's language; `named` gives Japanese names in it."""
        exchange = recorded.exchange
        if (ground := exchange.ground) is not None:
            reason = page.choose(ground.label_ja, ground.label_en)
            return cls(
                recorded.position,
                exchange.requested_at,
                disclosed=False,
                ground=ground.value,
                reason=reason,
            )
        return cls(
            position=recorded.position,
            requested_at=exchange.requested_at,
            disclosed=True,
            inquirer=named(exchange.inquirer),
            provider=named(exchange.provider),
            purpose=named(exchange.affair),
            items=tuple(map(named, exchange.items)),
            provided_at=exchange.provided_at,
        )

    @property
    def year(self) -> int:
        """The year in which it was asked for, in Japan."""
        return self.requested_at.astimezone(JST).year


@router.get("/exchanges")
async def exchanges(
    page: PageDep,
    resident: WholeDep,
    portal: PortalDep,
    year: Annotated[str, Query(max_length=4)] = "",
) -> Response:
    """Show which agency asked which for what, when and why, for as long as it is kept."""
    holder = portal.pseudonyms.holder(resident.resident_id)
    asked = (resident.resident_id, holder, portal.now)
    known, found = await portal.db.read(_kept, *asked)
    named = _named(page, known)
    every = [ExchangeOut.of(one, page, named) for one in found]
    shown = [one for one in every if year in {"", str(one.year)}]
    if page.for_program:
        return page.data({"exchanges": [_plain(one) for one in shown]})
    values: dict[str, object] = {
        "years": [(of_year, list(ones)) for of_year, ones in groupby(shown, _year)],
        "every_year": sorted({one.year for one in every}, reverse=True),
        "wanted": year,
        "kept_years": KEPT_YEARS,
    }
    return page("exchanges.html", values)


def _kept(
    connection: Connection, resident_id: UUID, holder: bytes, now: datetime
) -> tuple[Resident | None, list[Recorded]]:
    found = service.of_person(connection, holder, now)
    return residents.by_id(connection, resident_id), found


def _named(page: Page, resident: Resident | None) -> Named:
    if page.language == "ja" or resident is None:
        return str
    return partial(english, register=resident.municipality)


def _year(one: ExchangeOut) -> int:
    return one.year


def _plain(one: ExchangeOut) -> dict[str, object]:
    times = {
        "requested_at": rfc3339(one.requested_at),
        "provided_at": one.provided_at and rfc3339(one.provided_at),
    }
    return asdict(one) | times
