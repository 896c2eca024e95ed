"""Reading answers of the portal's FHIR face: pages of a Bundle, and OperationOutcomes."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

import httpx

from mynaportal_sim.sample_app.errors import json_object

Resource = Mapping[str, object]


@dataclass(slots=True)
class Found:
    """The resources of a search. `cut` when there are more than the app cares to fetch."""

    resources: list[Resource] = field(default_factory=list)
    cut: bool = False


@dataclass(frozen=True, slots=True)
class Outcome:
    """What an OperationOutcome says first: a machine's code, and a sentence for people."""

    code: str
    text: str


def entries(bundle: Resource) -> list[Resource]:
    """The matching resources on one page; what is no resource is left out."""
    found = (part.get("resource") for part in objects(bundle, "entry"))
    return [one for one in found if isinstance(one, dict)]


def next_page(bundle: Resource, base: str) -> str | None:
    """The URL of the following page.

    A link to anywhere but `base` is not followed: the access token would go with it.
    """
    for link in objects(bundle, "link"):
        url = link.get("url")
        if link.get("relation") == "next" and isinstance(url, str):
            return url if url.startswith(f"{base}/") else None
    return None


def outcome(response: httpx.Response) -> Outcome:
    """What an answer that is no data says of itself; the status if it says nothing."""
    for issue in objects(json_object(response), "issue"):
        details = issue.get("details")
        said = details if isinstance(details, dict) else {}
        code = next((str(one.get("code", "")) for one in objects(said, "coding")), "")
        text = said.get("text") or issue.get("diagnostics") or ""
        return Outcome(code or str(issue.get("code", "")), str(text))
    return Outcome("", f"HTTP {response.status_code}")


def objects(parent: Resource, name: str) -> Sequence[Resource]:
    """The JSON objects in a list that may be missing or be something else."""
    value = parent.get(name)
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def texts(parent: Resource, *path: str) -> Iterator[str]:
    """The strings at a path of names, through lists where there are any."""
    if not path:
        return
    value, rest = parent.get(path[0]), path[1:]
    for one in value if isinstance(value, list) else [value]:
        if rest and isinstance(one, dict):
            yield from texts(one, *rest)
        elif not rest and isinstance(one, str) and one:
            yield one
