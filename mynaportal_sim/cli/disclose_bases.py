"""`mynasim disclose bases`: the legal bases beside consent, and what each allows at most."""

from datetime import timedelta

from rich.table import Table

from consent.catalogue import LegalBasis
from consent.without import RULES, Policy
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.options import JsonOption, settings_of
from mynaportal_sim.records.lawful import policy_of


def bases(json: JsonOption = False) -> None:
    """List the legal bases, and what each allows at most.

    Example: mynasim disclose bases
    """
    policy = policy_of(settings_of())
    shown = [_limits(basis, policy) for basis in RULES]
    table = Table("basis", "what", "hours", "told within", "reviewed within", "demands")
    for one in shown:
        demands = [str(one["reason_length"]) + " characters of reason"]
        demands += [name for name in ("health_only", "notified", "registered") if one[name]]
        demands += ["(unverified: not read in the law itself)"] if one["unverified"] else []
        spans = (one["hours"], f"{one['told_within']} d", f"{one['reviewed_within']} d")
        table.add_row(
            *map(plain, map(str, (one["basis"], one["en"], *spans))), ", ".join(demands)
        )
    say(shown, table, json)


def _limits(basis: LegalBasis, policy: Policy) -> dict[str, object]:
    rule = RULES[basis]
    return {
        "basis": basis.value,
        "ja": basis.label_ja,
        "en": basis.label_en,
        "unverified": basis.unverified,
        "hours": int(rule.lasts / timedelta(hours=1)),
        "told_within": policy.latest_notice(basis).days,
        "reviewed_within": rule.reviewed_within.days,
        "reason_length": rule.reason_length,
        "health_only": rule.health_only,
        "notified": rule.notified,
        "registered": rule.registered,
    }
