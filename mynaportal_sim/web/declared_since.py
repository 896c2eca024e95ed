"""What apps have declared anew since people agreed, or were asked: the app has to ask again."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from consent.instants import rfc3339
from consent.model import ConsentVersion, DeclaredPurpose
from mynaportal_sim.apps import declarations
from mynaportal_sim.apps import store as apps
from mynaportal_sim.apps.model import DeclaredVersion
from mynaportal_sim.oauth.scopes import categories
from mynaportal_sim.web.difference import Difference
from mynaportal_sim.web.kept import Portal, category_labels, purpose_line
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.render import Page


class DeclaredSince(NamedTuple):
    """What an app declares now in place of what a person read; when, where that was kept."""

    at: datetime | None
    differences: list[Difference]

    @property
    def plain(self) -> dict[str, object]:
        """The same for programs."""
        changed = [one._asdict() for one in self.differences]
        return {"at": self.at and rfc3339(self.at), "differences": changed}


async def declared_since(
    portal: Portal, page: Page, versions: Sequence[ConsentVersion]
) -> dict[UUID, DeclaredSince]:
    """By the version's id, for each whose app declares something else by now."""
    declared = await portal.db.read(_of_changed, versions)
    return {
        version.id: DeclaredSince(
            declared[version.app_id][-1].declared_at,
            _differences(version, declared[version.app_id], portal, page),
        )
        for version in versions
        if version.app_id in declared
        and declared[version.app_id][-1].purpose.version != version.terms.purpose.version
    }


def _of_changed(
    connection: Connection, versions: Sequence[ConsentVersion]
) -> dict[str, list[DeclaredVersion]]:
    """All declarations of the apps that declare something else than one of `versions`."""
    newest = apps.purpose_versions(connection)
    changed = {
        version.app_id
        for version in versions
        if newest.get(version.app_id) not in {None, version.terms.purpose.version}
    }
    return declarations.of_apps(connection, changed)


def _differences(
    version: ConsentVersion, declared: Sequence[DeclaredVersion], portal: Portal, page: Page
) -> list[Difference]:
    """What a person can read of both declarations and that is not the same."""
    terms, newest = version.terms, declared[-1]
    nobody = page.text(marked("Nobody yet"))
    told = [
        (marked("Why"), _why(terms.purpose, portal, page), _why(newest.purpose, portal, page)),
        (
            marked("Who reviewed this"),
            terms.supervision.reviewer or nobody,
            newest.reviewer or nobody,
        ),
    ]
    read = next((one for one in declared if one.purpose.version == terms.purpose.version), None)
    if read is not None:
        wanted = (_what(read, portal, page), _what(newest, portal, page))
        told.insert(1, (marked("What it may ask for"), *wanted))
    return [
        Difference(page.text(about), was, is_now)
        for about, was, is_now in told
        if was != is_now
    ]


def _why(purpose: DeclaredPurpose, portal: Portal, page: Page) -> str:
    return purpose_line(portal.catalogue, purpose.code, purpose.text, page)


def _what(declared: DeclaredVersion, portal: Portal, page: Page) -> str:
    wanted = sorted(categories(declared.scopes))
    return page.choose("、", ", ").join(category_labels(portal.catalogue, wanted, page))
