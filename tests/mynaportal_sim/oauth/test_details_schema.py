"""The published schema of authorization details is what the server takes, both ways."""

import json

import jsonschema_rs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynaportal_sim.oauth import details
from mynaportal_sim.oauth.details_schema import schema
from mynaportal_sim.oauth.errors import InvalidAuthorizationDetailsError

from .conftest import Portal
from .kit import DETAILS, ISSUER
from .test_details import WRONG

SCHEMA = jsonschema_rs.Draft202012Validator(schema())

# Of the parameter as a text, which is no one object's to say.
_OF_THE_TEXT = {
    "not JSON", "no list", "null", "empty", "deep", "eleven objects", "long", "member twice",
    "not a number", "half a surrogate pair", "NUL in a name",
}  # fmt: skip
# Of the calendar, of what the app is registered for, or of several members or objects at once.
_BEYOND = {
    "no day", "no first day", "no last day", "only a last day", "backwards",
    "before all records", "after next year", "endless",
    "unknown category", "category of other apps", "undeclared purpose",
    "unregistered recipient", "an unregistered one beside the app's own",
    "text direction in a name", "twice and once", "a second purpose", "two terms", "two cells",
    "actions of one object", "usage of one object", "kept for two times",
    "research of one object",
}  # fmt: skip

# JSON as far as a member of an object can be; whole numbers written as 1.0 are the one thing
# that JSON Schema takes for an integer and this server does not.
_TEXT = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5)
_JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False).filter(lambda one: one % 1 != 0)
    | _TEXT,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_TEXT, inner, max_size=3),
    max_leaves=4,
)
_NUMBER = st.sampled_from(
    [-1, 0, 1, 2, 365, 366, 36_500, 36_501, 1_000_000, 1_000_001, 366 * 86_400, 31_622_401]
)
_DAY = st.sampled_from(
    ["2026-01-01", "2026-13-41", "26-01-01", "2026-01-01\n", "\uff12\uff10\uff12\uff16-01-01"]
)
_CODE = st.sampled_from(["checkup", "self-care", "", "7up", "Checkup", "a" * 64, "a" * 65])
_TOKEN = st.sampled_from(
    ["|x", "urn:x|y", "x", "x|", "a|b|c", "u" * 200 + "|" + "c" * 100, "u" * 201 + "|c"]
) | st.tuples(_TEXT, _TEXT).map("|".join)
_PARTS = {
    "from": _DAY, "to": _DAY, "rolling_days": _NUMBER, "max_uses": _NUMBER,
    "min_interval": _NUMBER, "erase_after_days": _NUMBER, "deadline_days": _NUMBER,
    "on_withdrawal": st.sampled_from(["delete", "deidentify", "keep_by_law", "sell"]),
}  # fmt: skip


def _some(values: st.SearchStrategy[str], most: int) -> st.SearchStrategy[list[str]]:
    lengths = st.sampled_from([0, 1, 2, most, most + 1])
    return lengths.flatmap(lambda n: st.lists(values, min_size=n, max_size=n))


def _object(*names: str) -> st.SearchStrategy[dict[str, object]]:
    parts = {name: _PARTS[name] | st.none() | _JSON for name in names}
    return st.fixed_dictionaries({}, optional={**parts, "surprise": _JSON})


_MEMBERS = {
    "categories": _some(_CODE, 20), "period": _object("from", "to", "rolling_days"),
    "codes": _some(_TOKEN, 50), "labels": _some(_TOKEN, 50), "purpose": _CODE,
    "recipients": _some(st.sampled_from(["株式会社集計", "", "株" * 100, "株" * 101]), 10),
    "term": st.sampled_from(["once", "visit", "link", "year", "Year"]),
    "usage": _object("max_uses", "min_interval"),
    "actions": _some(st.sampled_from(["view", "store", "train_model", "sell"]), 5),
    "retention": _object("erase_after_days", "on_withdrawal", "deadline_days"),
    "research_terms": _some(st.sampled_from(["DUO:0000021", "DUO:0000007"]), 13),
    "minimum_cell": _NUMBER, "surprise": _JSON,
}  # fmt: skip


def _taken(text: str) -> bool:
    try:
        details.parse(text)
    except InvalidAuthorizationDetailsError:
        return False
    return True


@given(st.sampled_from(sorted(_MEMBERS)), st.data())
def test_the_schema_takes_what_the_parser_takes(name: str, data: st.DataObject) -> None:
    other = data.draw(st.sampled_from(sorted(_MEMBERS)))
    object_: dict[str, object] = {"type": "phr_access", "categories": ["checkup"]}
    for one in (name, other):
        object_[one] = data.draw(_MEMBERS[one] | st.none() | _JSON)
    text = json.dumps([object_], ensure_ascii=False)
    if len(text) <= details.LENGTH_MAX:
        assert SCHEMA.is_valid(object_) == _taken(text)


@pytest.mark.parametrize(("text", "said"), WRONG)
def test_each_refusal_of_structure_is_the_schemas_too(
    text: str, said: str, request: pytest.FixtureRequest
) -> None:
    name = request.node.callspec.id
    if name in _OF_THE_TEXT:
        assert not _taken(text)
        return
    objects = json.loads(text)
    assert all(map(SCHEMA.is_valid, objects)) == _taken(text) == (name in _BEYOND), said


def test_what_no_schema_can_say_is_a_refusal_that_is_tried() -> None:
    assert {row.id for row in WRONG} >= _OF_THE_TEXT | _BEYOND


@pytest.mark.parametrize(
    ("number", "taken"), [pytest.param("1", True, id="1"), pytest.param("1.0", False, id="1.0")]
)
def test_a_number_is_written_whole_as_the_description_says(number: str, taken: bool) -> None:
    text = f'[{{"type":"phr_access","categories":["checkup"],"minimum_cell":{number}}}]'
    assert all(map(SCHEMA.is_valid, json.loads(text)))
    assert _taken(text) is taken
    assert "without a fraction" in schema()["description"]


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_client_finds_the_schema_by_the_metadata(portal: Portal) -> None:
    known = portal.send("GET", "/.well-known/oauth-authorization-server").json()
    url = known["authorization_details_types_metadata_endpoint"]
    types = portal.send("GET", url.removeprefix(ISSUER)).json()
    assert list(types) == known["authorization_details_types_supported"]
    for name, told in types.items():
        jsonschema_rs.meta.validate(told["schema"])
        published = jsonschema_rs.Draft202012Validator(told["schema"])
        assert not published.is_valid({**DETAILS[0], "type": "another"})
        kit = portal.register()
        for example in (*told["examples"], *DETAILS):
            assert example["type"] == name
            assert published.is_valid(example)
            asked = kit.request(authorization_details=json.dumps([example]))
            assert portal.post("/par", kit.signed(asked)).status_code == 201
