"""What of a person's data may be asked for, member by member (RFC 9396, type phr_access)."""

import json
from urllib.parse import parse_qs, urlsplit

import pytest

from .conftest import Portal
from .kit import CALLBACK, DETAILS, AppKit


def _detail(**changed: object) -> str:
    return json.dumps([{**DETAILS[0], **changed}])


def _without(member: str) -> str:
    return json.dumps([{name: told for name, told in DETAILS[0].items() if name != member}])


def _period(**changed: object) -> str:
    return _detail(period={"from": "2022-01-01", "to": "2026-12-31", **changed})


def _two(**changed: object) -> str:
    """Two objects that are alike but for what is said once for all of a request."""
    return json.dumps([DETAILS[0], {**DETAILS[0], **changed}])


_WHOLE = [
    pytest.param("not json", "JSON", id="not JSON"),
    pytest.param("{}", "list", id="no list"),
    pytest.param("null", "list", id="null"),
    pytest.param("[]", "at least 1 item", id="empty"),
    pytest.param("[1]", "/0", id="a number for an object"),
    pytest.param("[" * 5000, "JSON", id="deep"),
    pytest.param(json.dumps(DETAILS * 11), "at most 10 items", id="eleven objects"),
    pytest.param("[" + " " * 8192 + "]", "8192", id="long"),
    pytest.param('[{"type":"phr_access","type":"phr_access"}]', "twice", id="member twice"),
    pytest.param('[{"type":NaN}]', "JSON", id="not a number"),
    pytest.param(_detail(surprise=1), "/0/surprise", id="unknown member"),
    pytest.param(_without("type"), "/0/type", id="no type"),
    pytest.param(_detail(type="account_information"), "/0/type", id="unknown type"),
    pytest.param(_detail(type=["phr_access"]), "/0/type", id="a list for a type"),
    pytest.param(
        json.dumps([DETAILS[0], {**DETAILS[0], "type": "x"}]), "/1/type", id="second type"
    ),
]

_DATA = [
    pytest.param(_without("categories"), "/0/categories", id="categories missing"),
    pytest.param(_detail(categories=[]), "/0/categories", id="no category"),
    pytest.param(_detail(categories=["genome"]), "categories", id="unknown category"),
    pytest.param(_detail(categories=["basic"]), "categories", id="category of other apps"),
    pytest.param(_detail(categories="checkup"), "/0/categories", id="text for categories"),
    pytest.param(_detail(categories=[7]), "/0/categories/0", id="a numbered category"),
    pytest.param(_detail(categories=["Checkup"]), "/0/categories/0", id="a capital"),
    pytest.param(_detail(categories=["checkup"] * 21), "/0/categories", id="21 categories"),
    pytest.param(_detail(codes="http://loinc.org|718-7"), "/0/codes", id="text for codes"),
    pytest.param(_detail(codes=["718-7"]), "/0/codes/0", id="a code of no system"),
    pytest.param(_detail(codes=["http://loinc.org|"]), "/0/codes/0", id="a system of no code"),
    pytest.param(_detail(codes=["http://loinc.org|718 7"]), "/0/codes/0", id="a broken code"),
    pytest.param(_detail(codes=["a|b|c"]), "/0/codes/0", id="a code with two bars"),
    pytest.param(_detail(codes=[None]), "/0/codes/0", id="null for a code"),
    pytest.param(_detail(codes=[f"urn:x|{n}" for n in range(51)]), "/0/codes", id="51 codes"),
    pytest.param(_detail(labels={"urn:x": "PSY"}), "/0/labels", id="an object for labels"),
    pytest.param(_detail(labels=["PSY"]), "/0/labels/0", id="a label of no system"),
    pytest.param(_detail(labels=["urn:x|"]), "/0/labels/0", id="a system of no label"),
]

_PERIOD = [
    pytest.param(_detail(period="2022"), "/0/period", id="text for a period"),
    pytest.param(_period(**{"from": 2022}), "/0/period/from", id="a number for the first day"),
    pytest.param(_period(to=2023), "/0/period/to", id="a number for the last day"),
    pytest.param(_period(to="2026-1-1"), "/0/period/to", id="a day written shortly"),
    pytest.param(_period(to="2026-01-01T00:00:00Z"), "/0/period/to", id="an instant"),
    pytest.param(_period(to="\uff12\uff10\uff12\uff16-01-01"), "period", id="wide digits"),
    pytest.param(_period(to="2026-02-30"), "period: from and to", id="no day"),
    pytest.param(_period(**{"from": "2026-02-30"}), "period: from and to", id="no first day"),
    pytest.param(_period(to=None), "period: from and to", id="no last day"),
    pytest.param(_period(**{"from": None}), "period: from and to", id="only a last day"),
    pytest.param(
        _period(**{"from": "2026-01-02"}, to="2026-01-01"), "begin before", id="backwards"
    ),
    pytest.param(_period(**{"from": "1899-12-31"}), "begin before", id="before all records"),
    pytest.param(_period(to="2028-01-01"), "begin before", id="after next year"),
    pytest.param(_period(to="9999-12-31"), "begin before", id="endless"),
    pytest.param(_period(until="2026-01-01"), "/0/period/until", id="unknown in a period"),
    pytest.param(_period(rolling_days=0), "/0/period/rolling_days", id="rolling for no day"),
    pytest.param(
        _period(rolling_days=-1), "/0/period/rolling_days", id="rolling into what comes"
    ),
    pytest.param(_period(rolling_days=36_501), "/0/period/rolling_days", id="rolling for ever"),
    pytest.param(_period(rolling_days="90"), "/0/period/rolling_days", id="text rolling"),
    pytest.param(_period(rolling_days=1.5), "/0/period/rolling_days", id="half a day rolling"),
    pytest.param(_period(rolling_days=True), "/0/period/rolling_days", id="true rolling"),
]

_FOR_WHOM = [
    pytest.param(_detail(purpose="research"), "purpose", id="undeclared purpose"),
    pytest.param(_detail(purpose="Self care"), "/0/purpose", id="words for a purpose"),
    pytest.param(_detail(purpose=["self-care"]), "/0/purpose", id="a list of purposes"),
    pytest.param(_two(purpose="research"), "purpose", id="a second purpose"),
    pytest.param(_detail(recipients=[]), "/0/recipients", id="no recipient"),
    pytest.param(_detail(recipients="健康ノート"), "/0/recipients", id="text for recipients"),
    pytest.param(_detail(recipients=[""]), "/0/recipients/0", id="a nameless recipient"),
    pytest.param(_detail(recipients=["株" * 101]), "/0/recipients/0", id="an endless name"),
    pytest.param(_detail(recipients=[{}]), "/0/recipients/0", id="an object for a name"),
    pytest.param(
        _detail(recipients=["株式会社まぼろし"]), "recipients", id="unregistered recipient"
    ),
    pytest.param(
        _detail(recipients=["健康ノート株式会社", "株式会社まぼろし"]),
        "recipients",
        id="an unregistered one beside the app's own",
    ),
    pytest.param(
        _detail(recipients=["\u202e会社"]), "recipients", id="text direction in a name"
    ),
    pytest.param(_detail(recipients=["\ud800"]), "JSON", id="half a surrogate pair"),
    pytest.param(_detail(recipients=["a\u0000"]), "U+0000", id="NUL in a name"),
    pytest.param(_detail(actions=[]), "/0/actions", id="no action"),
    pytest.param(_detail(actions="view"), "/0/actions", id="text for actions"),
    pytest.param(_detail(actions=["sell"]), "/0/actions/0", id="unknown action"),
    pytest.param(_detail(actions=["view", "VIEW"]), "/0/actions/1", id="a loud action"),
    pytest.param(_detail(actions=["view"] * 6), "/0/actions", id="six actions"),
    pytest.param(_two(actions=["store"]), "actions", id="actions of one object"),
]

_FOR_HOW_LONG = [
    pytest.param(_detail(term="forever"), "/0/term", id="unknown term"),
    pytest.param(_detail(term=90), "/0/term", id="a number for a term"),
    pytest.param(_two(term="year"), "term", id="two terms"),
    pytest.param(_detail(usage=3), "/0/usage", id="a number for usage"),
    pytest.param(_detail(usage={"max_uses": 0}), "/0/usage/max_uses", id="never"),
    pytest.param(_detail(usage={"max_uses": -1}), "/0/usage/max_uses", id="fewer than never"),
    pytest.param(_detail(usage={"max_uses": "2"}), "/0/usage/max_uses", id="text for uses"),
    pytest.param(_detail(usage={"max_uses": 1_000_001}), "/0/usage/max_uses", id="too often"),
    pytest.param(
        _detail(usage={"min_interval": -1}), "/0/usage/min_interval", id="overlapping"
    ),
    pytest.param(
        _detail(usage={"min_interval": 367 * 86_400}),
        "/0/usage/min_interval",
        id="more than a year apart",
    ),
    pytest.param(_detail(usage={"per_day": 2}), "/0/usage/per_day", id="unknown in usage"),
    pytest.param(_detail(usage={"max_uses": 2}, term="once"), "usage", id="twice and once"),
    pytest.param(_two(usage={"max_uses": 2}), "usage", id="usage of one object"),
    pytest.param(_detail(retention="short"), "/0/retention", id="text for retention"),
    pytest.param(
        _detail(retention={"erase_after_days": 0}),
        "/0/retention/erase_after_days",
        id="erased before it comes",
    ),
    pytest.param(
        _detail(retention={"on_withdrawal": "sell"}),
        "/0/retention/on_withdrawal",
        id="sold at the end",
    ),
    pytest.param(
        _detail(retention={"deadline_days": 0}), "/0/retention/deadline_days", id="due at once"
    ),
    pytest.param(
        _detail(retention={"deadline_days": 366}), "/0/retention/deadline_days", id="never due"
    ),
    pytest.param(
        _detail(retention={"keep": True}), "/0/retention/keep", id="unknown in retention"
    ),
    pytest.param(_two(retention={"deadline_days": 7}), "retention", id="kept for two times"),
]

_FOR_RESEARCH = [
    pytest.param(_detail(research_terms=[]), "/0/research_terms", id="no research term"),
    pytest.param(
        _detail(research_terms="DUO:0000021"), "/0/research_terms", id="text for research terms"
    ),
    pytest.param(
        _detail(research_terms=["DUO:9999999"]),
        "/0/research_terms/0",
        id="unknown research term",
    ),
    pytest.param(
        _detail(research_terms=["DUO:0000007"]),
        "/0/research_terms/0",
        id="a term that lacks its value",
    ),
    pytest.param(
        _two(research_terms=["DUO:0000021"]), "research_terms", id="research of one object"
    ),
    pytest.param(_detail(minimum_cell=0), "/0/minimum_cell", id="a cell of nobody"),
    pytest.param(_detail(minimum_cell=-10), "/0/minimum_cell", id="a cell of fewer"),
    pytest.param(_detail(minimum_cell="10"), "/0/minimum_cell", id="text for a cell"),
    pytest.param(_detail(minimum_cell=1_000_001), "/0/minimum_cell", id="a cell of all"),
    pytest.param(_two(minimum_cell=10), "minimum_cell", id="two cells"),
]


WRONG = [*_WHOLE, *_DATA, *_PERIOD, *_FOR_WHOM, *_FOR_HOW_LONG, *_FOR_RESEARCH]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(("details", "said"), WRONG)
def test_what_is_wrong_in_authorization_details_is_named_at_both_doors(
    portal: Portal, oidc: AppKit, details: str, said: str
) -> None:
    asked = oidc.request(authorization_details=details, state="st")
    pushed = portal.post("/par", oidc.signed(asked))
    back = portal.authorize(asked).headers["location"]
    assert back.startswith(f"{CALLBACK}?")
    query = {name: told for name, [told] in parse_qs(urlsplit(back).query).items()}
    assert (pushed.status_code, query.pop("state")) == (400, "st")
    for answer in (pushed.json(), query):
        assert answer["error"] == "invalid_authorization_details"
        assert said in answer["error_description"]
