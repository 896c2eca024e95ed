"""What apps have declared anew since people agreed, or were asked: the app has to ask again."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from consent.instants import rfc3339
from consent.model import ConsentVersion
from mynaportal_sim.apps import declarations
from mynaportal_sim.apps import store as apps
from mynaportal_sim.apps.model import DeclaredVersion
from mynaportal_sim.oauth.scopes import categories
from mynaportal_sim.web.difference import Difference, differences
from mynaportal_sim.web.kept import Portal, category_labels
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
    supervision = replace(terms.supervision, reviewer=newest.reviewer)
    declared_now = replace(terms, purpose=newest.purpose, supervision=supervision)
    found = differences(terms, declared_now, portal.catalogue, page)
    read = next((one for one in declared if one.purpose.version == terms.purpose.version), None)
    was, is_now = (_wanted(one, portal, page) for one in (read or newest, newest))
    if was != is_now:
        found.insert(0, Difference(page.text(marked("What it may ask for")), was, is_now))
    return found


def _wanted(declared: DeclaredVersion, portal: Portal, page: Page) -> str:
    kinds = category_labels(portal.catalogue, sorted(categories(declared.scopes)), page)
    return page.choose("、", ", ").join(kinds)
