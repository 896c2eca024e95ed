"""The rule of consent as tables: each row is what the code does, asked when it is printed."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple
from uuid import UUID

from consent.markdown import table
from consent.model import (
    MAY,
    TRANSITIONS,
    ConsentRule,
    ConsentVersion,
    Datum,
    DeclaredPurpose,
    Effect,
    Event,
    Evidence,
    Notice,
    Prohibition,
    Prohibitor,
    Recipient,
    State,
    Supervision,
    Terms,
)
from consent.policy.decision import Deny, decide
from consent.policy.reasons import Reason
from consent.policy.request import AccessRequest

ASKED = {
    Reason.NO_CONSENT: "Has the person ever granted this app anything?",
    Reason.OTHER_PARTY: "Is it this person's arrangement, and this app's?",
    Reason.PROHIBITED: "Has nobody prohibited all of the categories asked for?",
    Reason.REPLACED: "Is it the version that the token came of, and the newest?",
    Reason.INVALIDATED: "Was the consent not found to be invalid?",
    Reason.REVOKED: "Has no authority revoked it?",
    Reason.LAPSED: "Does whoever gave it for the person still act for them?",
    Reason.WITHDRAWN: "Is it not withdrawn?",
    Reason.EXPIRED: "Has its validity not ended?",
    Reason.SUSPENDED: "Is it not suspended?",
    Reason.NOT_YET_VALID: "Has its validity begun?",
    Reason.OTHER_RECIPIENT: "Is the recipient one it names, or any with notice?",
    Reason.OTHER_PURPOSE: "Is the purpose the one it names?",
    Reason.PURPOSE_CHANGED: "Does the app declare that purpose in the same words as then?",
    Reason.OTHER_ACTION: "Does it allow this use?",
    Reason.EXHAUSTED: "Is a use left, or has this token's use begun?",
    Reason.TOO_SOON: "Has the interval passed since the last use began?",
    Reason.OTHER_CATEGORY: "Does a rule give any of the categories on this day?",
    Reason.ONLY_STATISTICS: "Does it give records, and not statistics only?",
    Reason.DUTY_UNKEPT: "Can everything else be kept that it obliges to?",
}


class Case(NamedTuple):
    """A situation, and whether the datum asked for in it is given."""

    situation: str
    outcome: str


def cases() -> Iterator[Case]:
    """How several consents, and what stands above them, come to one answer."""
    first, second = _version(1), _version(2, arrangement=2)
    newer = replace(_version(2), number=2)
    kept = (_RULE, replace(_RULE, effect=Effect.DENY))
    keeps_back, other_first = _ruled(first, kept), _ruled(first, kept[::-1])
    rows: Sequence[tuple[str, list[ConsentVersion], list[Prohibition]]] = (
        ("no consent", [], []),
        ("a consent that gives it", [first], []),
        ("a rule gives it, another of the same consent keeps it back", [keeps_back], []),
        ("the same rules in the other order", [other_first], []),
        ("a newer version no longer gives it", [first, _ruled(newer, (_OTHER,))], []),
        ("a newer version gives it again", [_ruled(first, (_OTHER,)), newer], []),
        ("a newer version was refused", [first, _in(newer, State.DENIED)], []),
        ("a newer request was put off", [first, _in(newer, State.DEFERRED)], []),
        ("a newer version was withdrawn", [first, _in(newer, State.WITHDRAWN)], []),
        ("another arrangement gives what this one keeps back", [keeps_back, second], []),
        ("this one is withdrawn, another gives it", [_in(first, State.WITHDRAWN), second], []),
        ("only another app has a consent", [replace(first, app_id="other")], []),
        ("suspended", [_in(first, State.SUSPENDED)], []),
        ("the person has prohibited the app", [first], [_prohibited(app_id="app")]),
        ("the person has prohibited the category", [first], [_prohibited(category="checkup")]),
        ("a prohibition, and a consent given after it", [first, newer], [_prohibited()]),
        ("another category is prohibited", [first], [_prohibited(category="basic")]),
    )  # fmt: skip
    for situation, consents, prohibitions in rows:
        yield Case(situation, _outcome(consents, prohibitions))


def markdown() -> str:
    """All tables, in Markdown."""
    return "\n\n".join(
        [
            "### The checks, in order\n\nThe first that is answered with no ends it.",
            table(
                ("check", "reason if not"),
                ([ASKED[reason], f"`{reason}`"] for reason in Reason),
            ),
            "### Several consents",
            table(("situation", "answer"), cases()),
            "### The life of an answer\n\nRows are states, columns events; who may bring an"
            " event about stands below it.",
            _life(),
        ]
    )


def _life() -> str:
    heading = ("state", *(f"{event}<br>{', '.join(sorted(MAY[event]))}" for event in Event))
    alive = [one for one in State if any(state is one for state, _ in TRANSITIONS)]
    return table(
        heading,
        ([state, *(TRANSITIONS.get((state, event), "") for event in Event)] for state in alive),
    )


_NOW = datetime(2026, 4, 1, tzinfo=UTC)
_RULE = ConsentRule("checkup", date(2026, 1, 1), date(2026, 12, 31))
_OTHER = replace(_RULE, category="medication")
_REQUEST = AccessRequest(UUID(int=1), "app", frozenset({"checkup"}))
_DATUM = Datum(UUID(int=5), "checkup", date(2026, 3, 1))
_TERMS = Terms(
    rules=(_RULE,),
    purpose=DeclaredPurpose("self-care", "to draw a graph"),
    recipients=(Recipient("App Ltd."),),
    valid_from=_NOW,
    valid_until=_NOW + timedelta(days=90),
    notice=Notice("1", "en"),
    supervision=Supervision("the officer"),
)


def _outcome(consents: list[ConsentVersion], prohibitions: list[Prohibition]) -> str:
    decision = decide(_REQUEST, consents, _NOW, prohibitions)
    if isinstance(decision, Deny):
        return f"not given: `{decision.reason}`"
    return "given" if decision.filter.admits(_DATUM) else "not given: kept back"


def _version(id_: int, arrangement: int = 1) -> ConsentVersion:
    return ConsentVersion(
        resident_id=_REQUEST.resident_id,
        id=UUID(int=id_),
        arrangement_id=UUID(int=arrangement),
        number=1,
        supersedes=None,
        app_id=_REQUEST.app_id,
        app_name="App",
        asked=_TERMS.rules,
        terms=_TERMS,
        evidence=Evidence("agent", "jpki"),
        state=State.GRANTED,
        answered_at=_NOW,
        state_since=_NOW,
    )


def _ruled(version: ConsentVersion, rules: tuple[ConsentRule, ...]) -> ConsentVersion:
    return replace(version, terms=replace(version.terms, rules=rules))


def _in(version: ConsentVersion, state: State) -> ConsentVersion:
    return replace(version, state=state)


def _prohibited(app_id: str | None = None, category: str | None = None) -> Prohibition:
    return Prohibition(UUID(int=9), Prohibitor.PERSON, app_id, category)
