"""Versions at random, with whatever terms can say, and what they give."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from itertools import product
from uuid import UUID

from hypothesis import strategies as st

from consent.model import (
    Action,
    ConsentRule,
    ConsentVersion,
    Datum,
    DeclaredPurpose,
    Effect,
    Evidence,
    Granter,
    Notice,
    OnwardTransfer,
    OnWithdrawal,
    Recipient,
    Relation,
    Retention,
    Role,
    State,
    Supervision,
    Terms,
    Usage,
)
from consent.policy import AccessRequest, Consume, Deny, MinimumCell, Notify, decide
from consent.views import abdm, cdr, fhir, smart
from consent.views.meaning import Json, Naming, Understood

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
COUNTRY = "JP"
CATEGORIES = ("basic", "checkup", "medication")
CODES = ("http://loinc.org|1", "http://loinc.org|2", "|3")
LABELS = ("http://example.invalid/labels|PSY", "http://example.invalid/labels|HIV")
DAYS = tuple(date(2026, 11, 23) - back * DAY for back in (0, 1, 5, 9))
DATA = tuple(
    Datum(UUID(int=500 + number), category, on, frozenset(codes), frozenset(labels))
    for number, (category, on, codes, labels) in enumerate(
        product(CATEGORIES, (*DAYS, None), ((), CODES[:1], CODES), ((), LABELS[:1]))
    )
)
WORDS = abdm.Words(
    {"checkup": "DiagnosticReport", "medication": "Prescription"}, {"care": "PATRQT"}, COUNTRY
)
SCOPES = {
    "checkup": {"patient/Observation.rs": "date", "patient/DiagnosticReport.rs": "date"},
    "medication": {"patient/MedicationDispense.rs": "whenhandedover"},
}
NAMING = Naming("person", "version", lambda record: record)

PLAIN = ConsentVersion(
    resident_id=UUID(int=1),
    id=UUID(int=100),
    arrangement_id=UUID(int=10),
    number=1,
    supersedes=None,
    app_id="app",
    app_name="あるく",
    asked=(),
    terms=Terms(
        rules=(ConsentRule("checkup", date(2022, 1, 1), date(2026, 12, 31)),),
        purpose=DeclaredPurpose("care", "結果をグラフで示すため", 2),
        recipients=(Recipient("あるく株式会社"),),
        valid_from=NOW - HOUR,
        valid_until=NOW + 90 * DAY,
        notice=Notice("1", "ja"),
        supervision=Supervision("個人情報保護管理者"),
    ),
    evidence=Evidence("card", "jpki", bytes(32)),
    state=State.GRANTED,
    answered_at=NOW - HOUR,
    state_since=NOW - HOUR,
)


@dataclass(frozen=True)
class Format:
    """A format, by what is common to all of them."""

    name: str

    def tell(self, version: ConsentVersion, now: datetime = NOW) -> Json | list[Json]:
        if self.name == "fhir":
            return fhir.tell(version, now, NAMING)
        if self.name == "abdm":
            return abdm.tell(version, now, WORDS, NAMING)
        if self.name == "smart":
            return smart.tell(version, now, SCOPES, NAMING)
        return cdr.tell(version, now, COUNTRY, NAMING)

    def read(self, document: object) -> Understood:
        if self.name == "fhir":
            return fhir.read(document)
        if self.name == "abdm":
            return abdm.read(document, WORDS)
        if self.name == "smart":
            return smart.read(document, SCOPES)
        return cdr.read(document, COUNTRY)


FORMATS = tuple(map(Format, ("fhir", "abdm", "cdr", "smart")))


def few(values: Sequence[str]) -> st.SearchStrategy[tuple[str, ...]]:
    """Mostly none, else one or two."""
    some = st.lists(st.sampled_from(values), min_size=1, max_size=2, unique=True).map(tuple)
    return st.just(()) | st.just(()) | some


@st.composite
def rules(draw: st.DrawFn) -> ConsentRule:
    first, last = sorted(draw(st.tuples(st.sampled_from(DAYS), st.sampled_from(DAYS))))
    items = st.lists(st.sampled_from([one.id for one in DATA]), max_size=2, unique=True)
    return ConsentRule(
        draw(st.sampled_from(CATEGORIES)),
        first,
        last,
        draw(st.sampled_from((0, 0, 0, 1, 3))),
        draw(few(CODES)),
        draw(few(LABELS)),
        tuple(draw(st.just([]) | st.just([]) | items)),
        draw(st.sampled_from((Effect.PERMIT, Effect.PERMIT, Effect.PERMIT, Effect.DENY))),
    )


RECIPIENTS = st.lists(
    st.builds(
        Recipient,
        st.sampled_from("xyz"),
        st.sampled_from((COUNTRY, COUNTRY, "DE")),
        st.sampled_from((Relation.RECIPIENT, *Relation)),
    ),
    max_size=2,
).map(lambda others: (Recipient("x"), *others))
SPANS = st.sampled_from((HOUR, 2 * DAY, 40 * DAY, 100 * DAY))
USAGES = st.builds(
    Usage,
    st.none() | st.integers(1, 4),
    st.sampled_from((timedelta(0), timedelta(0), HOUR / 2, 3 * HOUR)),
)


VIEWED = frozenset({Action.VIEW})
# What is drawn of some terms only, so that most can be told in every format.
UNUSUAL: dict[str, st.SearchStrategy[object]] = {
    "purpose": st.builds(
        DeclaredPurpose, st.sampled_from(("care", "fun")), st.just("t"), st.integers(1, 2)
    ),
    "recipients": RECIPIENTS,
    "notice": st.just(Notice("1", "ja", "b")),
    "supervision": st.just(Supervision("", "authority", reviewer="審査会")),
    "actions": st.frozensets(st.sampled_from(Action), max_size=2).map(VIEWED.union),
    "onward_transfer": st.just(OnwardTransfer.ANY_NOTIFIED),
    "retention": st.builds(
        Retention, st.none() | SPANS, st.sampled_from(OnWithdrawal), SPANS | st.just(HOUR / 2)
    ),
    "research_terms": st.just(("DUO:0000042",)),
    "minimum_cell": st.just(10),
}


@st.composite
def terms(draw: st.DrawFn, always: str | None = None) -> Terms:
    """Terms that a person may be asked, a few of them unlike the usual, and `always` this."""
    begins = NOW + draw(st.sampled_from((-50 * DAY, -HOUR, -HOUR, HOUR)))
    plain = replace(
        draw(rules()),
        category="checkup",
        rolling_days=0,
        codes=(),
        labels=(),
        effect=Effect.PERMIT,
    )
    usual = replace(
        PLAIN.terms,
        rules=(plain, *draw(st.lists(rules(), max_size=3))),
        usage=draw(st.just(Usage()) | USAGES),
        valid_from=begins,
        valid_until=begins + draw(SPANS) + draw(st.sampled_from((0, 1))) * DAY / 86_401,
    )
    unusual = draw(st.frozensets(st.sampled_from(sorted(UNUSUAL)), max_size=2))
    unusual = unusual if always is None else unusual | {always}
    return replace(usual, **{name: draw(UNUSUAL[name]) for name in sorted(unusual)})  # type: ignore[arg-type]  # each strategy is of its field's type


@st.composite
def versions(draw: st.DrawFn, always: str | None = None) -> ConsentVersion:
    """An answer in whatever state, used or not, with this unusual in its terms."""
    version = replace(
        PLAIN,
        terms=draw(terms(always)),
        state=draw(st.sampled_from((*[State.GRANTED] * 11, *State))),
        granter=draw(st.sampled_from((Granter(), Granter(Role.PROXY, UUID(int=7))))),
    )
    if not version.terms.usage.limited or version.terms.valid_from > NOW:
        return version  # nothing is used of what is not valid yet
    return replace(
        version,
        uses=draw(st.integers(0, version.terms.usage.max_uses or 3)),
        used_at=draw(
            st.sampled_from([NOW - ago for ago in (HOUR / 4, 4 * HOUR, DAY / 86_401)])
        ),
    )


REQUESTS = st.builds(
    AccessRequest,
    resident_id=st.just(PLAIN.resident_id),
    app_id=st.just(PLAIN.app_id),
    categories=st.just(frozenset(CATEGORIES)),
    purpose=st.sampled_from((None, "care", "fun")),
    recipient=st.sampled_from((None, None, "x", "y", "nobody")),
    action=st.sampled_from((Action.VIEW, *Action)),
    declared=st.sampled_from((None, 1, 2)),
)


def moments(*held: ConsentVersion) -> list[datetime]:
    """Moments from now on at which something of these versions may change."""
    instant = timedelta(microseconds=1)
    edges = {NOW, NOW + DAY, NOW + 30 * DAY}
    for one in held:
        ends = one.terms.valid_until
        edges |= {one.terms.valid_from, ends, ends - HOUR, one.next_use_at or NOW}
    return sorted({at for edge in edges for at in (edge - instant, edge) if at >= NOW})


@dataclass(frozen=True)
class Gift:
    """What a decision gives, and what it obliges to."""

    data: frozenset[UUID] = frozenset()
    consumes: bool = False
    notifies: bool = False
    cell: int = 0

    def within(self, other: "Gift") -> bool:
        """Whether this is no more, on no easier conditions."""
        return not self.data or (
            self.data <= other.data
            and self.consumes >= other.consumes
            and self.notifies >= other.notifies
            and self.cell >= other.cell
        )


def gift(version: ConsentVersion, request: AccessRequest, at: datetime) -> Gift:
    decision = decide(request, [version], at)
    if isinstance(decision, Deny):
        return Gift()
    obliged = decision.obligations
    return Gift(
        frozenset(datum.id for datum in DATA if decision.filter.admits(datum)),
        any(isinstance(one, Consume) for one in obliged),
        any(isinstance(one, Notify) for one in obliged),
        max((one.people for one in obliged if isinstance(one, MinimumCell)), default=0),
    )


def uses(version: ConsentVersion, request: AccessRequest, steps: Sequence[datetime]) -> int:
    """How many of these moments a use can begin at, each as soon as it can."""
    begun = 0
    for at in sorted(steps):
        if gift(version, request, at).data:
            begun += 1
            version = replace(version, uses=version.uses + 1, used_at=at)
    return begun


def erased_by(version: ConsentVersion, received: datetime) -> datetime:
    """By when what is received then must be erased, if nothing ends sooner."""
    kept = version.terms.retention
    end = version.terms.valid_until + kept.deadline
    return end if kept.erase_after is None else min(end, received + kept.erase_after)


def again(version: ConsentVersion, understood: Understood) -> ConsentVersion:
    """The version that a reader would hold."""
    return replace(
        version,
        terms=understood.terms,
        state=understood.state,
        uses=understood.uses,
        used_at=understood.used_at,
    )
