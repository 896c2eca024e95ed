"""Records as one app sees them: under names of its own, as FHIR JSON text.

Stored JSON names every record by the portal's own UUID. Those UUIDs are the only ones in it, so
that giving an app its own names is a replacement of text; nothing is parsed on the usual way.
"""

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from urllib.parse import urlencode
from uuid import UUID

from mynaportal_sim.domains.base import Json
from mynaportal_sim.phr.search import AFTER, Search
from mynaportal_sim.records.model import Page, Stored


@dataclass(frozen=True, slots=True)
class View:
    """One app's view of one resident. `naming` gives the app's name for a record."""

    resident_id: UUID
    naming: Callable[[UUID], str]
    base: str
    _named: dict[UUID, str] = field(default_factory=dict)

    def logical_id(self, record_id: UUID) -> str:
        """The app's name for a record."""
        name = self._named.get(record_id)
        if name is None:
            name = self._named[record_id] = self.naming(record_id)
        return name

    def resource(self, stored: Stored, hidden: frozenset[UUID]) -> str:
        """A record under the app's names, without references to what is `hidden`."""
        text = stored.resource
        unseen = hidden.intersection(stored.refers_to)
        if unseen:
            text = _without(text, unseen)
        for record_id in (stored.id, self.resident_id, *stored.refers_to):
            if record_id not in unseen:
                text = text.replace(str(record_id), self.logical_id(record_id))
        return text

    def searchset(self, search: Search, page: Page) -> str:
        """A page of results as a Bundle, with links to itself and to the next page."""
        resource_type = search.query.resource_type
        links = [_link("self", self._url(resource_type, search.applied))]
        if page.more:
            here = [pair for pair in search.applied if pair[0] != AFTER]
            after = (AFTER, self.logical_id(page.records[-1].id))
            links.append(_link("next", self._url(resource_type, [*here, after])))
        entries = ",".join(
            f'{{"fullUrl":"{self.base}/{resource_type}/{self.logical_id(stored.id)}",'
            f'"resource":{self.resource(stored, page.hidden)},"search":{{"mode":"match"}}}}'
            for stored in page.records
        )
        return (
            f'{{"resourceType":"Bundle","type":"searchset","total":{page.total},'
            f'"link":[{",".join(links)}]' + (f',"entry":[{entries}]}}' if entries else "}")
        )

    def _url(self, resource_type: str, parameters: Iterable[tuple[str, str]]) -> str:
        question = urlencode(list(parameters))
        return f"{self.base}/{resource_type}" + (f"?{question}" if question else "")


def _link(relation: str, url: str) -> str:
    return json.dumps({"relation": relation, "url": url}, separators=(",", ":"))


def _without(text: str, unseen: frozenset[UUID]) -> str:
    names = frozenset(map(str, unseen))
    return json.dumps(
        _pruned(json.loads(text), names), ensure_ascii=False, separators=(",", ":")
    )


def _pruned(node: Json, names: frozenset[str]) -> Json:
    """`node` without references to `names`, nor elements that this leaves empty."""
    if isinstance(node, list):
        kept = [_pruned(part, names) for part in node if not _refers(part, names)]
        return [part for part in kept if part not in ({}, [])]
    if isinstance(node, dict):
        pruned = {
            key: _pruned(part, names) for key, part in node.items() if not _refers(part, names)
        }
        return {key: part for key, part in pruned.items() if part not in ({}, [])}
    return node


def _refers(node: Json, names: frozenset[str]) -> bool:
    if not isinstance(node, dict):
        return False
    target = node.get("reference")
    return isinstance(target, str) and target.rpartition("/")[2] in names
