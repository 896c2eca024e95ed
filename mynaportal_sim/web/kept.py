"""What the pages need of the portal, gathered in one value."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from secrets import token_bytes
from typing import Annotated

from fastapi import Depends, Request

from consent.catalogue import Catalogue
from mynaportal_sim.database import Database
from mynaportal_sim.deps import DatabaseDep, NowDep, SettingsDep
from mynaportal_sim.login import sessions
from mynaportal_sim.login.sessions import Session
from mynaportal_sim.pseudonyms import Pseudonyms
from mynaportal_sim.settings import Settings
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.render import Page
from mynaportal_sim.web.visitor import Visitor


@dataclass(frozen=True, slots=True)
class Portal:
    """Where a page's handler finds everything that outlives its request."""

    settings: Settings
    db: Database
    now: datetime
    catalogue: Catalogue
    pseudonyms: Pseudonyms


async def _portal(
    request: Request, settings: SettingsDep, db: DatabaseDep, now: NowDep
) -> Portal:
    state = request.app.state
    return Portal(settings, db, now, state.catalogue, state.pseudonyms)


PortalDep = Annotated[Portal, Depends(_portal)]


async def begun(page: Page, portal: Portal) -> Session | None:
    """An anonymous session for a visitor without any, which the answer's cookie must bear."""
    if page.visitor.session is not None:
        return None
    session = await portal.db.write(sessions.begin, portal.now, token_bytes)
    page.visitor = Visitor(session)
    return session


def category_labels(catalogue: Catalogue, codes: Iterable[str], page: Page) -> list[str]:
    """The names of categories in the reader's language; a retired code stands for itself."""
    return [
        page.choose(known.label_ja, known.label_en, known.label_easy)
        if (known := catalogue.categories.get(code))
        else code
        for code in dict.fromkeys(codes)
    ]


def purpose_label(catalogue: Catalogue, code: str, page: Page) -> str:
    """The name of a purpose in the reader's language; a retired code stands for itself."""
    known = catalogue.purposes.get(code)
    if known is None:
        return code
    return page.choose(known.label_ja, known.label_en, known.label_easy)


def purpose_line(catalogue: Catalogue, code: str, text: str, page: Page) -> str:
    """A purpose's name and, where it says more, what the app wrote of it."""
    label = purpose_label(catalogue, code, page)
    if text in {"", label}:
        return label
    return page.text(marked("%(label)s: %(text)s"), label=label, text=text)
