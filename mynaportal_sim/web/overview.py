"""Who saw a person's data, added up: each app, each kind of data, and over time."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from typing import Annotated, NamedTuple

from fastapi import APIRouter, Query, Response

from consent.instants import rfc3339
from consent.japan import day_of
from mynaportal_sim.disclosure.history import pages
from mynaportal_sim.disclosure.overview import AppSum, Bar, Overview, Span
from mynaportal_sim.web.acting import WholeDep
from mynaportal_sim.web.kept import Portal, PortalDep, category_labels
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.render import Page, PageDep

BARS = 12
router = APIRouter()

SPANS = {Span.MONTH: marked("By month"), Span.WEEK: marked("By week")}


@dataclass(frozen=True, slots=True)
class ConsentLink:
    """A consent under which an app had something."""

    address: str
    since: datetime


@dataclass(frozen=True, slots=True)
class AppOut:
    """What one app got, in words."""

    app: str
    name: str
    supervisor: str
    categories: list[str]
    accesses: int
    records: int
    refused: int
    first: datetime | None
    last: datetime | None
    consents: list[ConsentLink]

    @classmethod
    def of(cls, summed: AppSum, portal: Portal, page: Page) -> "AppOut":
        """`summed` in the reader's language."""
        consents = sorted(summed.consents.items(), key=lambda one: one[1], reverse=True)
        return cls(
            app=summed.id,
            name=summed.name or summed.id,
            supervisor=summed.supervisor,
            categories=category_labels(portal.catalogue, summed.categories, page),
            accesses=summed.accesses,
            records=summed.records,
            refused=summed.refused,
            first=summed.first,
            last=summed.last,
            consents=[
                ConsentLink(f"/consents/{given.arrangement}/{given.version}", at)
                for given, at in consents
            ],
        )


class ReceiptOut(NamedTuple):
    """How often an app got one kind of data, and when last."""

    app: str
    name: str
    accesses: int
    last: datetime

    @property
    def plain(self) -> dict[str, object]:
        """The same for programs."""
        return self._asdict() | {"last": rfc3339(self.last)}


class CategoryOut(NamedTuple):
    """A kind of data by its name, and the apps that got it."""

    name: str
    receipts: list[ReceiptOut]

    @property
    def plain(self) -> dict[str, object]:
        """The same for programs."""
        return {"category": self.name, "apps": [receipt.plain for receipt in self.receipts]}


@dataclass(frozen=True, slots=True)
class BarOut:
    """A piece of time with its two bars, whose lengths are percents of the longest."""

    begin: date
    permitted: int
    refused: int
    length: float
    refused_length: float


@router.get("/history/apps")
async def overview(
    page: PageDep,
    resident: WholeDep,
    portal: PortalDep,
    by: Annotated[Span, Query()] = Span.MONTH,
) -> Response:
    """Show what each app got, who got each kind of data, and how much over time."""
    summed = Overview()
    holder = portal.pseudonyms.holder(resident.resident_id)
    async for events in pages(portal.db, holder, portal.now):
        summed.add(events)
    bars = summed.bars(by, day_of(portal.now), BARS)
    apps = [AppOut.of(app, portal, page) for app in summed.apps]
    refused = [AppOut.of(app, portal, page) for app in summed.refused_only]
    categories = _categories(summed, portal, page)
    if page.for_program:
        return page.data(
            {
                "entries": summed.entries,
                "apps": [_plain(app) for app in apps + refused],
                "categories": [category.plain for category in categories],
                "over_time": [
                    {"from": bar.begin.isoformat(), "permitted": bar.permitted}
                    | {"refused": bar.refused}
                    for bar in bars
                ],
            }
        )
    values: dict[str, object] = {
        "entries": summed.entries,
        "apps": apps,
        "refused": refused,
        "categories": categories,
        "bars": _drawn(bars),
        "by": by.value,
        "spans": [(span.value, page.text(label)) for span, label in SPANS.items()],
    }
    return page("overview.html", values)


def _categories(summed: Overview, portal: Portal, page: Page) -> list[CategoryOut]:
    """Each kind of data that anybody got."""
    names = {app.id: app.name or app.id for app in summed.apps}
    return [
        CategoryOut(
            category_labels(portal.catalogue, [code], page)[0],
            [
                ReceiptOut(one.app_id, names[one.app_id], one.accesses, one.last)
                for one in receipts
            ],
        )
        for code, receipts in summed.categories.items()
    ]


def _drawn(bars: list[Bar]) -> list[BarOut]:
    percent = 100 / max(1, *(bar.permitted + bar.refused for bar in bars))
    return [
        BarOut(*bar, round(percent * bar.permitted, 2), round(percent * bar.refused, 2))
        for bar in bars
    ]


def _plain(app: AppOut) -> dict[str, object]:
    return asdict(app) | {
        "first": app.first and rfc3339(app.first),
        "last": app.last and rfc3339(app.last),
        "consents": [consent.address for consent in app.consents],
    }
