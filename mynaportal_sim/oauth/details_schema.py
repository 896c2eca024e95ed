"""What the type phr_access says of itself: its JSON Schema (draft 2020-12), made of the parser.

Published as draft-ietf-oauth-rar-metadata-remediation-00 (section 6) has it: one object whose
members are the types of authorization details. The schema says what one object may look like;
what only the server can tell, it says in words.
"""

from typing import Any

from pydantic.json_schema import GenerateJsonSchema

from consent.model.granted import DETAIL_TYPE
from mynaportal_sim.oauth.details import LENGTH_MAX, OBJECTS_MAX, PhrAccess
from mynaportal_sim.oauth.wish import EARLIEST

PATH = "/authorization-details-types"
_DIALECT = "https://json-schema.org/draft/2020-12/schema"
_VERSION = "1"
_ONLY_HERE = (
    f"the parameter is a JSON array of 1 to {OBJECTS_MAX} such objects, in at most {LENGTH_MAX}"
    " characters, without a member twice or U+0000",
    "a number is written without a fraction: 1 and not 1.0",
    "of period, from and to are both there or neither; they are days of the calendar, the first"
    f" not after the last, from {EARLIEST} to the end of next year",
    "categories are those that the app is registered for",
    "purpose is the one that the app has declared, and recipients are registered with it",
    "usage does not come with the term once, which says it already",
    "all but categories, period, codes and labels is the same in each object of a request",
)
_EXAMPLES: tuple[dict[str, object], ...] = (
    {"type": DETAIL_TYPE, "categories": ["checkup"]},
    {
        "type": DETAIL_TYPE,
        "categories": ["checkup", "medication"],
        "period": {"from": "2022-04-01", "to": "2026-03-31"},
        "purpose": "self-care",
        "term": "year",
        "usage": {"max_uses": 12, "min_interval": 86_400},
        "retention": {"erase_after_days": 90, "on_withdrawal": "delete", "deadline_days": 14},
    },
)


class _Untitled(GenerateJsonSchema):
    """Leaves out the titles, which would only be the members' names again."""

    def field_title_should_be_set(self, _schema: Any) -> bool:
        return False


def described(issuer: str) -> dict[str, object]:
    """The types of authorization details that the server at `issuer` takes."""
    return {
        DETAIL_TYPE: {
            "version": _VERSION,
            "description": "What of a person's data an app asks for, why, and for how long.",
            "documentation_uri": f"{issuer}/docs",
            "schema": schema(),
            "examples": list(_EXAMPLES),
        }
    }


def schema() -> dict[str, Any]:
    """The schema of one object; its description lists what it cannot say."""
    made = PhrAccess.model_json_schema(by_alias=True, schema_generator=_Untitled)
    beyond = "\n".join(f"- {one};" for one in _ONLY_HERE).removesuffix(";")
    described = f"{made['description']} Beyond what this schema can say:\n{beyond}."
    return {"$schema": _DIALECT, **made, "description": described}
