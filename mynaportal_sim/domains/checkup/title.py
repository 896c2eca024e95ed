"""What a person calls the parts of a check-up."""

from types import MappingProxyType

from mynaportal_sim.domains.base import Resource, Title, named
from mynaportal_sim.domains.checkup.items import ITEMS

_ENGLISH = MappingProxyType({item.name_ja: item.name_en for item in ITEMS.values()})
_KINDS = MappingProxyType(
    {
        "employee": "Regular health check-up at work",
        "specific": "Specific health check-up",
        "late-elderly": "Health check-up for people of 75 and older",
    }
)


def entitle(part: Resource) -> Title:
    """The item, or the kind of the check-up that a report sums up."""
    known = named(part["code"])
    if part["resourceType"] == "DiagnosticReport":
        return Title(f"{known.ja}（まとめ）", f"{_kind(part)} (summary)")
    return Title(known.ja, _ENGLISH.get(known.ja, known.ja))


def _kind(report: Resource) -> str:
    match report["code"]:
        case {"coding": [{"code": str(code)}, *_]}:
            return _KINDS[code]
    raise ValueError("a report says of which kind the check-up was")
