"""What search parameters mean."""

from contextlib import suppress
from datetime import date
from urllib.parse import urlencode
from uuid import UUID

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from mynaportal_sim.phr import search
from mynaportal_sim.phr.dates import span
from mynaportal_sim.phr.errors import InvalidParameterError, UnsupportedParameterError
from mynaportal_sim.phr.search import PARAMETERS, Names
from mynaportal_sim.pseudonyms import Pseudonyms
from mynaportal_sim.records.model import Query, Span, Token, TokenTest

BASE = "http://localhost:8400/fhir"
PSEUDONYMS = Pseudonyms(bytes(32))
NAMES = Names(lambda name: PSEUDONYMS.record_id("app", name), BASE)
RECORD = UUID("11111111-1111-4111-8111-111111111111")
NAME = PSEUDONYMS.logical_id("app", RECORD)


def parsed(query: str, resource_type: str = "Observation") -> Query:
    return search.parse(resource_type, search.pairs(query), NAMES).query


days = st.dates(date(1900, 1, 1), date(2100, 12, 31))


@pytest.mark.parametrize(
    ("value", "inside", "outside"),
    [
        pytest.param("2024-06-15", ["2024-06-15"], ["2024-06-14", "2024-06-16"], id="a day"),
        pytest.param("2024-02", ["2024-02-01", "2024-02-29"], ["2024-03-01"], id="a month"),
        pytest.param("2024-12", ["2024-12-31"], ["2024-11-30", "2025-01-01"], id="a December"),
        pytest.param("eq2024", ["2024-01-01", "2024-12-31"], ["2023-12-31"], id="a year"),
        pytest.param("ge2024", ["2024-01-01", "2030-01-01"], ["2023-12-31"], id="from a year"),
        pytest.param("gt2024", ["2025-01-01"], ["2024-12-31"], id="after a year"),
        pytest.param("le2024-06", ["2024-06-30"], ["2024-07-01"], id="up to a month's end"),
        pytest.param("lt2024-06", ["2024-05-31"], ["2024-06-01"], id="before a month"),
        pytest.param(
            "ge2024-06-15T12:00:00+09:00",
            ["2024-06-15"],
            ["2024-06-14"],
            id="a day that reaches beyond noon",
        ),
        pytest.param(
            "ge2024-06-14T15:00:00Z", ["2024-06-15"], ["2024-06-14"], id="an instant in UTC"
        ),
        pytest.param(
            "lt2025-01-01T00:00:00+09:00",
            ["2024-12-31"],
            ["2025-01-01"],
            id="midnight ends the day before",
        ),
        pytest.param(
            "gt2024-12-31T23:59", ["2025-01-01"], ["2024-12-31"], id="the last minute of a year"
        ),
        pytest.param("2024-06-15T12:00:00Z", [], ["2024-06-15"], id="no day fits an instant"),
        pytest.param("gt9999-12-31", [], ["9999-12-31"], id="after the last day"),
        pytest.param("lt0001-01-01", [], ["0001-01-01"], id="before the first day"),
    ],
)
def test_a_date_stands_for_all_its_precision_leaves_open(
    value: str, inside: list[str], outside: list[str]
) -> None:
    span_of = span(value)
    assert all(within(span_of, date.fromisoformat(day)) for day in inside)
    assert not any(within(span_of, date.fromisoformat(day)) for day in outside)


def within(days: Span, day: date) -> bool:
    return days.first <= day <= days.last


@given(days, days)
def test_prefixes_divide_the_calendar(day: date, other: date) -> None:
    value = day.isoformat()
    assert within(span(f"lt{value}"), other) is (other < day)
    assert within(span(f"le{value}"), other) is (other <= day)
    assert within(span(value), other) is (other == day)
    assert within(span(f"ge{value}"), other) is (other >= day)
    assert within(span(f"gt{value}"), other) is (other > day)


@given(st.text(max_size=40))
@example("ge2024-13")
@example("2024-02-30")
@example("ge0001-01-01T00:00:00+23:59")
@example("9999-12-31T23:59:60Z")
@example("٢٠٢٤")
def test_any_date_value_is_a_span_or_is_refused(value: str) -> None:
    with suppress(InvalidParameterError):
        found = span(value)
        assert date.min <= found.first <= date.max
        assert date.min <= found.last <= date.max


@pytest.mark.parametrize(
    ("value", "tokens"),
    [
        pytest.param("abc", [Token(None, "abc")], id="a code of any system"),
        pytest.param("urn:oid:1|abc", [Token("urn:oid:1", "abc")], id="system and code"),
        pytest.param("|abc", [Token("", "abc")], id="a code without system"),
        pytest.param("urn:oid:1|", [Token("urn:oid:1", None)], id="all of a system"),
        pytest.param("a,b|c", [Token(None, "a"), Token("b", "c")], id="either of two"),
        pytest.param(r"a\,b\|c", [Token(None, "a,b|c")], id="escaped"),
    ],
)
def test_tokens_are_read_as_fhir_writes_them(value: str, tokens: list[Token]) -> None:
    query = parsed(urlencode({"code": value}))
    assert query.tokens == (TokenTest("code", tuple(tokens)),)


@pytest.mark.parametrize(
    "query",
    [
        pytest.param("code=", id="no value"),
        pytest.param("code=|", id="a bar alone"),
        pytest.param("code=a|b|c", id="two bars"),
        pytest.param("code=a,,b", id="an empty alternative"),
        pytest.param("code=%00", id="NUL"),
        pytest.param("code=%ff", id="not UTF-8"),
        pytest.param("date=yesterday", id="no date"),
        pytest.param("date=sa2024", id="a prefix we do not have"),
        pytest.param("_count=-1", id="a negative count"),
        pytest.param("_count=1&_count=2", id="two counts"),
        pytest.param("_count=１", id="a count in full-width digits"),  # noqa: RUF001
        pytest.param("_after=abc", id="a cursor of nobody's"),
        pytest.param("_format=xml", id="XML"),
        pytest.param("&".join(["code=a"] * 33), id="33 parameters"),
        pytest.param("code=" + "a" * 5000, id="a query that is too long"),
    ],
)
def test_malformed_parameters_are_named(query: str) -> None:
    with pytest.raises(InvalidParameterError) as refusal:
        parsed(query)
    assert str(refusal.value)


def test_an_unknown_parameter_is_refused_lest_more_be_released_than_asked() -> None:
    with pytest.raises(UnsupportedParameterError, match="value-quantity"):
        parsed("value-quantity=gt5")


def test_a_lenient_client_has_unknown_parameters_left_out_of_search_and_links() -> None:
    asked = search.pairs("value-quantity=gt5&code=a")
    found = search.parse("Observation", asked, NAMES, lenient=True)
    assert found.applied == (("code", "a"),)


def test_an_unknown_modifier_is_refused_even_to_a_lenient_client() -> None:
    with pytest.raises(UnsupportedParameterError):
        search.parse("Observation", search.pairs("code:not=a"), NAMES, lenient=True)


@pytest.mark.parametrize(
    "value",
    [
        pytest.param(NAME, id="an id"),
        pytest.param(f"Patient/{NAME}", id="a relative reference"),
        pytest.param(f"{BASE}/Patient/{NAME}", id="an absolute reference"),
    ],
)
@pytest.mark.parametrize("name", ["patient", "subject"])
def test_a_patient_is_named_in_three_ways(name: str, value: str) -> None:
    assert parsed(urlencode({name: value})).patients == {NAME}


def test_ids_given_twice_must_both_hold() -> None:
    assert parsed(f"_id={NAME},nonsense").ids == frozenset({RECORD})
    assert parsed(f"_id={NAME}&_id=nonsense").ids == frozenset()


def test_a_page_never_exceeds_the_most_a_server_gives() -> None:
    assert parsed("").count == search.COUNT_DEFAULT
    assert parsed("_count=7").count == 7
    assert parsed("_count=999999999").count == search.COUNT_MAX


def test_the_ledger_is_told_what_was_searched_but_no_id() -> None:
    asked = search.pairs(f"patient={NAME}&_id={NAME}&code=urn|a&date=ge2024")
    shown = search.parse("Observation", asked, NAMES).shown
    assert NAME not in shown
    assert shown == "GET Observation?patient=%2A&_id=%2A&code=urn%7Ca&date=ge2024"


names = st.sampled_from(sorted({name for known in PARAMETERS.values() for name in known}))
fragments = st.one_of(
    st.text(max_size=30),
    st.lists(st.sampled_from(["ge", "2024", "-02", "-30", ",", "|", "\\", "a", NAME])).map(
        "".join
    ),
)


@given(
    st.sampled_from(sorted(PARAMETERS)),
    st.lists(st.tuples(st.one_of(names, st.text(max_size=8)), fragments), max_size=6),
    st.booleans(),
)
def test_any_query_is_a_search_or_is_refused(
    resource_type: str, asked: list[tuple[str, str]], lenient: bool
) -> None:
    with suppress(InvalidParameterError, UnsupportedParameterError):
        read = search.pairs(urlencode(asked, errors="surrogatepass"))
        found = search.parse(resource_type, read, NAMES, lenient=lenient)
        assert 0 <= found.query.count <= search.COUNT_MAX
        assert found.shown.isascii()
        again = search.pairs(urlencode(found.applied))
        assert search.parse(resource_type, again, NAMES) == found


@given(st.binary(max_size=60))
def test_any_bytes_of_a_query_string_are_pairs_or_are_refused(query: bytes) -> None:
    with suppress(InvalidParameterError):
        assert all(value for _, value in search.pairs(query.decode("latin-1")))
