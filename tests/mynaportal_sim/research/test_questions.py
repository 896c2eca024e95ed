"""Each question's answer, held against the same told in plain Python."""

import math
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.ledger.entry import Entry, Value, b64url
from mynaportal_sim.oauth.scopes import CATEGORY_OF
from mynaportal_sim.research.asking import ask, named
from mynaportal_sim.research.errors import NoExportError, NoSuchQuestionError
from mynaportal_sim.research.formats import Format
from mynaportal_sim.research.manifest import FileRecord
from mynaportal_sim.research.questions import QUESTIONS
from tests.mynaportal_sim.research.logs import BEGIN, exported

Row = tuple[Any, ...]
APPS = ("app-1", "app-2")
CATEGORIES = ("basic", "checkup", "medication")
HOLDERS = (b"hanako" * 5, b"taro" * 8)


@dataclass(frozen=True, slots=True)
class Seen:
    """A logged entry as the recomputation reads it."""

    index: int
    at: datetime
    type: str
    holder: str | None
    fields: dict[str, Any]

    @property
    def moment(self) -> tuple[datetime, int]:
        return self.at, self.index

    @property
    def consent(self) -> tuple[str, str]:
        return self.fields["arrangement"], self.fields["consent_version"]

    def __getitem__(self, name: str) -> Any:
        return self.fields.get(name)


def some(values: st.SearchStrategy[str]) -> st.SearchStrategy[list[str]]:
    return st.lists(values, unique=True, max_size=3).map(sorted)


DECLARED = ("app.registered", "app.purpose_declared")


@st.composite
def happenings(draw: st.DrawFn) -> tuple[datetime, Entry]:
    """An entry at one of few moments, about one of few consents, sensible or not."""
    kind = draw(
        st.sampled_from(
            ("access.permitted",) * 5
            + ("consent.granted", "consent.withdrawn") * 2
            + ("consent.requested", "consent.denied", "access.refused", "token.refused")
            + DECLARED
        )
    )
    app = draw(st.sampled_from(APPS))
    fields: dict[str, Value] = {"app_id": app, "app_name": app.upper()}
    if kind in DECLARED:
        fields["scopes"] = draw(some(st.sampled_from([*sorted(CATEGORY_OF), "openid"])))
        return _at(draw), Entry(kind, fields)
    if kind.endswith("refused"):
        fields |= draw(st.sampled_from([{}, {"reason": "expired"}, {"reason": "withdrawn"}]))
    if kind not in {"consent.requested", "token.refused", "access.refused"}:
        number = draw(st.integers(1, 3))
        fields |= {"arrangement": f"{app}-a", "consent_version": f"{app}-a-{number}"}
    if kind == "consent.granted":
        fields["categories"] = draw(some(st.sampled_from(CATEGORIES)))
        fields["valid_until"] = f"{_at(draw):%Y-%m-%dT%H:%M:%SZ}"
        fields |= draw(st.sampled_from([{}, {"max_uses": 0}, {"max_uses": 2}]))
    if kind == "access.permitted":
        fields["categories"] = draw(some(st.sampled_from(CATEGORIES)))
        fields["count"] = draw(st.integers(0, 3))
        fields |= draw(st.sampled_from([{}, {"supervisor": ""}, {"supervisor": "佐藤"}]))
        fields |= {"purpose": draw(st.sampled_from("pq")), "legal_basis": "APPI-27-1"}
    return _at(draw), Entry(kind, fields, draw(st.sampled_from(HOLDERS)))


def _at(draw: st.DrawFn) -> datetime:
    return BEGIN + timedelta(seconds=draw(st.integers(0, 8)))


def seen(moments: list[tuple[datetime, Entry]]) -> list[Seen]:
    return [
        Seen(
            index,
            at.replace(tzinfo=None),
            entry.type,
            b64url(entry.holder) if entry.holder else None,
            dict(entry.fields),
        )
        for index, (at, entry) in enumerate(moments)
    ]


def of(log: list[Seen], *kinds: str) -> list[Seen]:
    return sorted((one for one in log if one.type in kinds), key=lambda one: one.moment)


def ended_by(log: list[Seen], access: Seen) -> list[Seen]:
    """The earlier withdrawals that ended the version which an access names."""
    grants = [g.moment for g in of(log, "consent.granted") if g.consent == access.consent]
    return [
        one
        for one in of(log, "consent.withdrawn")
        if one["arrangement"] == access["arrangement"]
        and (not grants or min(grants) < one.moment)
        and one.moment < access.moment
    ]


def accesses(log: list[Seen]) -> Iterator[Row]:
    groups = defaultdict(list)
    for one in of(log, "access.permitted"):
        names = (one["app_id"], one["app_name"], one["purpose"], one["legal_basis"])
        groups[*names, one["supervisor"] or ""].append(one)
    for key, group in groups.items():
        people = {one.holder for one in group}
        records = sum(one["count"] for one in group)
        times = [one.at for one in group]
        yield (*key, len(group), records, len(people), min(times), max(times))


def after_withdrawal(log: list[Seen]) -> Iterator[Row]:
    for one in of(log, "access.permitted"):
        if ends := ended_by(log, one):
            seconds = int((one.at - ends[0].at).total_seconds())
            names = (one["app_id"], one["app_name"], *one.consent)
            yield (
                one.index,
                one.at,
                *names,
                ends[0].index,
                ends[0].at,
                seconds,
                one["categories"],
            )


def after_expiry(log: list[Seen]) -> Iterator[Row]:
    until: dict[tuple[str, str], datetime] = {}
    for one in of(log, "consent.granted"):
        ends = datetime.fromisoformat(one["valid_until"].removesuffix("Z"))
        until[one.consent] = max(ends, until.get(one.consent, ends))
    for one in of(log, "access.permitted"):
        if one.consent in until and one.at >= until[one.consent]:
            ends = until[one.consent]
            names = (one["app_id"], one["app_name"], *one.consent)
            late = int((one.at - ends).total_seconds())
            yield one.index, one.at, *names, ends, late, one["categories"]


def over_quota(log: list[Seen]) -> Iterator[Row]:
    quotas: dict[tuple[str, str], int] = {}
    for one in of(log, "consent.granted"):
        if one["max_uses"] is not None:
            quotas[one.consent] = max(one["max_uses"], quotas.get(one.consent, 0))
    for consent, allowed in quotas.items():
        uses = [one for one in of(log, "access.permitted") if one.consent == consent]
        if len(uses) > allowed:
            app = consent[0].removesuffix("-a")
            over = len(uses) - allowed
            yield app, app.upper(), *consent, allowed, len(uses), over, uses[allowed].index


def declared_vs_used(log: list[Seen]) -> Iterator[Row]:
    declared: set[tuple[str, str]] = set()
    newest = {one["app_id"]: one for one in of(log, *DECLARED)}
    for app, one in newest.items():
        declared |= {
            (app, CATEGORY_OF[scope]) for scope in one["scopes"] if scope in CATEGORY_OF
        }
    gives: dict[tuple[str, str], set[str]] = {}
    for one in of(log, "consent.granted"):
        gives.setdefault(one.consent, set(one["categories"]))
    given = Counter(
        (c[0].removesuffix("-a"), part) for c, all_of in gives.items() for part in all_of
    )
    used, beyond = Counter[tuple[str, str]](), Counter[tuple[str, str]]()
    for one in of(log, "access.permitted"):
        for part in one["categories"]:
            used[one["app_id"], part] += 1
            beyond[one["app_id"], part] += part not in gives.get(one.consent, {part})
    for app, part in declared | given.keys() | used.keys():
        key = (app, part)
        yield app, app.upper(), part, key in declared, given[key], used[key], beyond[key]


def withdrawal_latency(log: list[Seen]) -> Iterator[Row]:
    last: dict[int, datetime] = {}
    for access in of(log, "access.permitted"):
        for one in ended_by(log, access):
            last[one.index] = max(access.at, last.get(one.index, access.at))
    groups = defaultdict(list)
    for one in of(log, "consent.withdrawn"):
        latency = (last.get(one.index, one.at) - one.at).total_seconds()
        groups[one["app_id"]].append((int(latency), one.index in last))
    for app, found in groups.items():
        late = sorted(latency for latency, _ in found)
        quantiles = (late[math.ceil(q * len(late)) - 1] for q in (0.5, 0.9, 0.99))
        followed = sum(one for _, one in found)
        yield app, app.upper(), len(found), followed, *quantiles, late[-1]


def refusals(log: list[Seen]) -> Iterator[Row]:
    groups = defaultdict(list)
    for one in log:
        if one.type in {"access.refused", "token.refused"}:
            groups[one.type, one["reason"] or ""].append(one)
    for key, group in groups.items():
        apps, people = {one["app_id"] for one in group}, {one.holder for one in group}
        times = [one.at for one in group]
        yield *key, len(group), len(apps), len(people), min(times), max(times)


def prompts(log: list[Seen]) -> Iterator[Row]:
    counts: dict[str, Counter[str]] = defaultdict(Counter)
    times = defaultdict(list)
    for one in log:
        if one.type in {"consent.requested", "consent.granted", "consent.denied"}:
            assert one.holder is not None
            counts[one.holder][one.type.removeprefix("consent.")] += 1
            times[one.holder].append(one.at)
    for holder, count in counts.items():
        asked, yes, no = count["requested"], count["granted"], count["denied"]
        left = max(0, asked - yes - no)
        yield holder, asked, yes, no, left, min(times[holder]), max(times[holder])


RECOMPUTED: dict[str, Callable[[list[Seen]], Iterator[Row]]] = {
    "accesses": accesses,
    "after-withdrawal": after_withdrawal,
    "after-expiry": after_expiry,
    "over-quota": over_quota,
    "declared-vs-used": declared_vs_used,
    "withdrawal-latency": withdrawal_latency,
    "refusals": refusals,
    "prompts": prompts,
}


@settings(deadline=None, max_examples=12)
@given(st.lists(happenings(), min_size=1, max_size=40))
def test_every_answer_is_what_plain_python_finds(
    moments: list[tuple[datetime, Entry]],
) -> None:
    """`any_value` of a version's categories is only that if the version has one grant."""
    granted: set[Value] = set()
    once = []
    for at, entry in moments:
        if entry.type == "consent.granted":
            if entry.fields["consent_version"] in granted:
                continue
            granted.add(entry.fields["consent_version"])
        once.append((at, entry))
    with TemporaryDirectory() as place:
        directory = exported(Path(place), once, [Format.PARQUET])
        for name, recompute in RECOMPUTED.items():
            rows = ask(directory, named(name)).rows
            assert sorted(map(repr, rows)) == sorted(map(repr, recompute(seen(once)))), name


def test_every_question_is_recomputed() -> None:
    assert [question.name for question in QUESTIONS] == list(RECOMPUTED)


A, V = "arrangement", "consent_version"


def at(second: int, kind: str, **fields: Value) -> tuple[datetime, Entry]:
    about: dict[str, Value] = {"app_id": "app-1", "app_name": "手帳", A: "a", V: "v1"}
    return BEGIN + timedelta(seconds=second), Entry(kind, about | fields, HOLDERS[0])


@pytest.mark.parametrize(
    ("moments", "violations"),
    [
        pytest.param(
            [at(0, "consent.granted"), at(5, "consent.withdrawn"), at(5, "access.permitted")],
            [2],
            id="same second, higher index",
        ),
        pytest.param(
            [at(0, "consent.granted"), at(5, "access.permitted"), at(5, "consent.withdrawn")],
            [],
            id="same second, lower index",
        ),
        pytest.param(
            [at(0, "consent.granted"), at(6, "access.permitted"), at(5, "consent.withdrawn")],
            [1],
            id="later in time, lower index",
        ),
        pytest.param(
            [
                at(0, "consent.granted"),
                at(1, "consent.withdrawn"),
                at(2, "consent.granted", consent_version="v2"),
                at(3, "access.permitted", consent_version="v2"),
            ],
            [],
            id="granted anew",
        ),
        pytest.param(
            [
                at(0, "consent.granted"),
                at(1, "consent.withdrawn"),
                at(2, "consent.granted", consent_version="v2"),
                at(3, "access.permitted"),
            ],
            [3],
            id="granted anew, but used as before",
        ),
        pytest.param(
            [
                at(0, "consent.granted"),
                at(1, "consent.granted", consent_version="v2"),
                at(2, "consent.withdrawn", consent_version="v2"),
                at(3, "access.permitted"),
            ],
            [3],
            id="superseded before it was withdrawn",
        ),
        pytest.param(
            [at(1, "consent.withdrawn", arrangement="b"), at(2, "access.permitted")],
            [],
            id="another arrangement",
        ),
        pytest.param(
            [at(1, "consent.withdrawn"), at(2, "access.permitted")],
            [1],
            id="a grant that the log does not tell",
        ),
    ],
)
def test_after_withdrawal_means_later_than_what_ended_the_version(
    tmp_path: Path, moments: list[tuple[datetime, Entry]], violations: list[int]
) -> None:
    directory = exported(tmp_path, moments, [Format.PARQUET])
    assert [row[0] for row in ask(directory, named("after-withdrawal")).rows] == violations


def test_a_question_that_nobody_asks_lists_those_there_are() -> None:
    with pytest.raises(NoSuchQuestionError, match="accesses, after-withdrawal, after-expiry"):
        named("everything")


def test_what_was_changed_since_is_not_asked(tmp_path: Path) -> None:
    directory = exported(tmp_path, [at(0, "consent.granted")], [Format.PARQUET])
    (directory / "entries.parquet").write_bytes(b"PAR1")
    with pytest.raises(NoExportError, match="mynasim research verify"):
        ask(directory, QUESTIONS[0])


def test_lines_alone_cannot_be_asked(tmp_path: Path) -> None:
    directory = exported(tmp_path, [at(0, "consent.granted")], [Format.JSONL])
    with pytest.raises(NoExportError, match="--format parquet"):
        ask(directory, QUESTIONS[0])


def test_a_log_with_nothing_to_find_has_empty_answers(tmp_path: Path) -> None:
    directory = exported(tmp_path, [(BEGIN, Entry("app.moved", {}))], [Format.PARQUET])
    for question in QUESTIONS:
        assert ask(directory, question).rows == []


def test_what_is_no_parquet_is_told_though_the_manifest_records_it(tmp_path: Path) -> None:
    directory = exported(tmp_path, [at(0, "consent.granted")], [Format.PARQUET])
    path = directory / "entries.parquet"
    recorded = FileRecord.of(path)
    path.write_bytes(b"PAR1")
    told = (directory / "manifest.json").read_text()
    told = told.replace(recorded.sha256, FileRecord.of(path).sha256)
    told = told.replace(f'"bytes": {recorded.bytes},', '"bytes": 4,')
    (directory / "manifest.json").write_text(told)
    with pytest.raises(NoExportError, match="is not what an export has"):
        ask(directory, QUESTIONS[0])
