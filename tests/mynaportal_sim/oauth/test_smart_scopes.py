"""Whatever scopes an app asks by, what it is granted never gains over what the person gave."""

from contextlib import suppress
from dataclasses import replace
from datetime import date, timedelta

from hypothesis import example, given
from hypothesis import strategies as st

from consent.errors import NotUnderstoodError
from consent.instants import seconds
from consent.model import ConsentRule
from consent.views import smart
from mynaportal_sim.domains.smart import WORDS
from mynaportal_sim.oauth import scope_rules
from mynaportal_sim.oauth.errors import InvalidScopeError
from mynaportal_sim.oauth.scopes import CATEGORY_OF, SCOPES
from mynaportal_sim.oauth.smart_scopes import DataScope
from mynaportal_sim.phr import search
from mynaportal_sim.phr.search import Names

from .kit import NOW

TODAY = NOW.date()
NAMES = Names(lambda _: None, "")
VISIBLE = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=1)
DAYS = st.dates(date(2019, 1, 1), date(2028, 12, 31))
KINDS = ("*", "Patient", "Observation", "DiagnosticReport", "MedicationDispense", "Coverage")
CODES = ("http://loinc.org|4548-4", "urn:oid:1.2|3D046", "http://loinc.org|718-7")

pairs = st.one_of(
    st.builds(
        "{}={}{}".format,
        st.sampled_from(["date", "whenhandedover"]),
        st.sampled_from(["ge", "le"]),
        DAYS,
    ),
    st.builds("code={}".format, st.lists(st.sampled_from(CODES), min_size=1).map(",".join)),
    st.sampled_from(["category=laboratory", "category=vital-signs,laboratory", "status=x"]),
)
written = st.builds(
    "{}/{}.{}{}".format,
    st.sampled_from(["patient", "patient", "patient", "user", "system"]),
    st.sampled_from(KINDS),
    st.sampled_from(["rs", "rs", "r", "s", "cruds"]),
    st.lists(pairs, max_size=3).map(lambda some: "?" + "&".join(some) if some else ""),
)


@given(st.text() | written | VISIBLE.map("patient/Observation.rs?code={}".format))
@example("patient/Observation.rs?code=%25|%2B")
@example("patient/Observation.rs?code=a%00")
def test_any_text_is_a_scope_that_is_read_back_or_refused(text: str) -> None:
    try:
        scope = DataScope.of(text)
    except InvalidScopeError:
        return
    if scope is not None:
        assert DataScope.of(str(scope)) == scope
        assert " " not in str(scope)
        assert str(scope).isascii()


def _asked(texts: list[str]) -> list[DataScope]:
    """What becomes of those of the texts that a person can be asked for."""
    found = []
    for text in texts:
        with suppress(InvalidScopeError):
            scope = DataScope.of(text)
            assert scope is not None
            found += scope_rules.asked(scope, SCOPES, TODAY)
    return found


@st.composite
def answers(draw: st.DrawFn, asked: frozenset[ConsentRule]) -> list[ConsentRule]:
    """Some of what was asked, each for some of its days."""
    given = []
    for rule in draw(st.lists(st.sampled_from(sorted(asked)), unique=True)) if asked else []:
        some = st.dates(rule.period_from, rule.period_to)
        first, last = sorted(draw(st.tuples(some, some)))
        given.append(replace(rule, period_from=first, period_to=last))
    return given


def _of(scope: DataScope) -> ConsentRule:
    [rule] = scope_rules.rules([str(scope)], TODAY)
    return rule


@given(st.lists(written, max_size=5), st.data())
def test_no_scope_gains_over_the_answer_nor_over_what_was_asked(
    texts: list[str], data: st.DataObject
) -> None:
    asked = _asked(texts)
    given = data.draw(answers(scope_rules.rules(map(str, asked), TODAY)))
    granted = scope_rules.granted(map(str, asked), given)
    for text in granted.split():
        scope = DataScope.of(text)
        assert scope is not None
        assert any(_of(scope).within(rule) for rule in given) or scope.kind == "Patient"
        assert any(
            (scope.kind, scope.may) == (one.kind, one.may)
            and scope.values("category") == one.values("category")
            and _of(scope).within(_of(one))
            for one in asked
        )
        search.parse(scope.kind, scope.by, NAMES)  # which the FHIR face takes as it is
    assert {CATEGORY_OF[one.partition(".")[0] + ".rs"] for one in granted.split()} <= {
        rule.category for rule in given
    }


@given(st.lists(written, max_size=5), st.data())
def test_nothing_that_was_given_and_can_be_said_is_lost(
    texts: list[str], data: st.DataObject
) -> None:
    asked = _asked(texts)
    given = data.draw(answers(scope_rules.rules(map(str, asked), TODAY)))
    granted = [
        scope
        for text in scope_rules.granted(map(str, asked), given).split()
        if (scope := DataScope.of(text)) is not None
    ]
    for rule in given:
        assert any(
            rule.within(_of(one)) or one.kind == "Patient"
            for one in granted
            if CATEGORY_OF[one.whole] == rule.category
        )


@given(st.lists(written, max_size=5), st.data())
def test_read_as_a_consent_it_gives_no_more(texts: list[str], data: st.DataObject) -> None:
    """By the reader of the form in which a consent is handed out."""
    given = data.draw(answers(scope_rules.rules(map(str, _asked(texts)), TODAY)))
    document = {
        "active": True,
        "scope": scope_rules.granted(map(str, _asked(texts)), given),
        "client_id": "app",
        "nbf": seconds(NOW),
        "exp": seconds(NOW + timedelta(days=90)),
    }
    with suppress(NotUnderstoodError):
        understood = smart.read(document, WORDS)
        assert all(any(told.within(rule) for rule in given) for told in understood.terms.rules)
