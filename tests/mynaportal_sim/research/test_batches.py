"""Entries become rows and rows become the same entries again, whatever fields they have."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from os import urandom
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from consent.ledger.copies import Copy
from consent.ledger.entry import Entry, Logged, Value, read_body, seal
from mynaportal_sim.research.batches import batch
from mynaportal_sim.research.columns import FIELDS, Kind
from mynaportal_sim.research.errors import DamagedLogError
from mynaportal_sim.research.manifest import ENTRIES_FILE, OPENINGS_FILE
from mynaportal_sim.research.rows import Told, of_tables

NOW = datetime(2026, 11, 26, 21, 0, 7, tzinfo=UTC)

TEXTS = st.text(st.characters(codec="utf-8") | st.sampled_from('"\\{}[]:,\n\0'), max_size=12)
INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
INSTANTS = st.datetimes().map(lambda at: f"{at.isoformat()[:19]}Z")
ANY = TEXTS | INTEGERS | st.lists(TEXTS, max_size=3) | INSTANTS
OF_KIND = {
    Kind.TEXT: TEXTS,
    Kind.TEXTS: st.lists(TEXTS, max_size=3),
    Kind.NUMBER: INTEGERS,
    Kind.INSTANT: INSTANTS | TEXTS | st.sampled_from(["2026-02-30T00:00:00Z", "2026-01-01"]),
}
OWN = [name for name in FIELDS if name not in {"at", "holder"}]
USUAL = st.fixed_dictionaries({}, optional={name: OF_KIND[FIELDS[name]] for name in OWN})
ODD = st.dictionaries(st.sampled_from([*OWN, "x", "zz", "salt", "fields"]), ANY, max_size=4)
ENTRIES = st.builds(
    Entry,
    st.sampled_from(["access.permitted", "consent.granted", 'a"b\\c', "同意"]),
    st.one_of(USUAL, ODD, st.builds(lambda a, b: {**a, **b}, USUAL, ODD)),
    st.none() | st.just(sha256(b"hanako").digest()),
)


def stored(entries: list[Entry | None]) -> list[Logged]:
    """Entries as the ledger has them; None stands for one that was erased."""
    rows = []
    for index, entry in enumerate(entries):
        sealed = seal(entry or Entry("a", {}), NOW + timedelta(minutes=index), urandom)
        body = None if entry is None else sealed.body
        rows.append(Logged(index + 1, index, sealed.leaf, body, None))
    return rows


def read_back(rows: list[Logged], copy: Copy) -> list[Told]:
    """What the files say of entries once they are written."""
    with TemporaryDirectory() as place:
        found = batch(rows, copy)
        pq.write_table(found.entries, Path(place, ENTRIES_FILE))
        pq.write_table(found.openings, Path(place, OPENINGS_FILE))
        return list(of_tables(Path(place)))


@settings(deadline=None)  # it writes files
@given(st.lists(st.none() | ENTRIES, min_size=1, max_size=12), st.sampled_from(Copy))
def test_nothing_is_lost_whatever_fields_entries_have(
    entries: list[Entry | None], copy: Copy
) -> None:
    rows = stored(entries)
    told = read_back(rows, copy)
    assert [one.position for one in told] == list(range(len(rows)))
    for row, one in zip(rows, told, strict=True):
        assert one.fault is None
        assert one.leaf == row.leaf
        assert one.openings == (copy.of(read_body(row.body)) if row.body else {})


@pytest.mark.parametrize(
    ("fields", "column", "holds"),
    [
        pytest.param({"app_name": "手帳"}, "app_name", "手帳", id="text"),
        pytest.param({"app_name": 'a"\\b'}, "app_name", 'a"\\b', id="text with escapes"),
        pytest.param({"categories": ["a", "b"]}, "categories", ["a", "b"], id="texts"),
        pytest.param({"categories": []}, "categories", [], id="none of them"),
        pytest.param({"count": -3}, "count", -3, id="number"),
        pytest.param(
            {"valid_until": "2027-02-24T21:00:07Z"},
            "valid_until",
            datetime.fromisoformat("2027-02-24T21:00:07"),
            id="instant",
        ),
        pytest.param(
            {"valid_until": "soon"}, "other", '{"valid_until":"soon"}', id="no instant"
        ),
        pytest.param({"count": "3"}, "other", '{"count":"3"}', id="another kind"),
        pytest.param({"new": ["x"]}, "other", '{"new":["x"]}', id="no such column"),
        pytest.param(
            {}, "at", datetime.fromisoformat("2026-11-26T21:00:07"), id="the ledger's own"
        ),
    ],
)
def test_a_field_is_in_its_column(
    fields: Mapping[str, Value], column: str, holds: object
) -> None:
    (row,) = batch(stored([Entry("a", fields)]), Copy.AUDITOR).entries.to_pylist()
    assert row[column] == holds


def test_a_leaf_is_kept_only_where_it_does_not_follow_from_what_is_shown() -> None:
    entries = [Entry("a", {"reason": "x"}), None, Entry("a", {"reference": "R", "reason": "x"})]
    rows = stored(entries)
    leaves = batch(rows, Copy.AUDITOR).openings.column("leaf").to_pylist()
    assert leaves == [None, rows[1].leaf, rows[2].leaf]


@pytest.mark.parametrize(
    "harm",
    [
        pytest.param({"leaf": b"{}"}, id="no leaf"),
        pytest.param(
            {"leaf": b'"minute":"2026-11-26T21:00Z","type":"\xff","v":1}'}, id="no text"
        ),
        pytest.param({"body": b"{}"}, id="no body"),
        pytest.param({"body": b"\xff"}, id="no JSON"),
        pytest.param({"body": b'{"fields":{"at":{"salt":"AA","value":1}}}'}, id="no salt"),
        pytest.param(
            {"body": b'{"fields":{"count":{"salt":"' + b"A" * 22 + b'","value":1.5}}}'},
            id="no value",
        ),
    ],
)
def test_an_entry_that_cannot_be_read_is_named(harm: Mapping[str, Any]) -> None:
    rows = stored([Entry("a", {"reason": str(n)}) for n in range(3)])
    rows[1] = rows[1]._replace(**harm)
    with pytest.raises(DamagedLogError, match="entry 1 of the log") as told:
        batch(rows, Copy.AUDITOR)
    assert told.value.position == 1
