"""A sheet opens in a spreadsheet, in Japanese, and runs nothing."""

import csv
from dataclasses import replace
from datetime import UTC, datetime
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynaportal_sim.disclosure import sheet
from mynaportal_sim.disclosure.event import Event
from mynaportal_sim.disclosure.provisions import ACQUIRED, Party, document, of_event
from mynaportal_sim.domains.catalogue import catalogue

KNOWN = catalogue()
EVENT = Event(
    id=7,
    position=5,
    type="access.permitted",
    at=datetime(2026, 11, 26, 12, 30, tzinfo=UTC),
    said={
        "app_id": "app",
        "app_name": "歩く手帳",
        "arrangement": "a",
        "consent_version": "v",
        "categories": ["checkup", "retired"],
        "count": 3,
        "purpose": "self-care",
        "purpose_text": "推移を見るため",
        "legal_basis": "APPI-27-1",
        "supervisor": "田中一郎",
    },
)
PROVIDER = Party("ポータル", address="http://localhost:8400")
RECORD = of_event(EVENT, PROVIDER, Party("歩く手帳", "歩く手帳株式会社"), "佐藤花子")


def parsed(line: bytes) -> dict[str, str]:
    names = [column.name for column in sheet.COLUMNS]
    [cells] = csv.reader(StringIO(line.decode(), newline=""))
    return dict(zip(names, cells, strict=True))


def test_a_record_has_what_follows_from_the_entry() -> None:
    cells = parsed(sheet.line(RECORD, KNOWN, "ja"))
    assert cells["at"] == "2026-11-26T21:30:00+09:00"
    assert cells["recipient_organisation"] == "歩く手帳株式会社"
    assert cells["person"] == "佐藤花子"
    assert cells["items"] == f"{KNOWN.categories['checkup'].label_ja}、retired"
    assert cells["acquired"] == ACQUIRED["checkup"][0]
    assert cells["consented"] == "あり"
    assert cells["legal_basis"] == "本人の同意 (APPI-27-1)"
    assert cells["index"] == "5"


def test_what_an_entry_does_not_say_is_not_made_up() -> None:
    bare = Event(1, None, "access.permitted", EVENT.at)
    record = of_event(bare, PROVIDER, Party(""), "佐藤花子")
    assert not record.consented
    cells = parsed(sheet.line(record, KNOWN, "en"))
    empty = ("recipient", "items", "purpose", "legal_basis", "supervisor", "acquired", "index")
    assert all(cells[name] == "" for name in empty)
    assert cells["consented"] == "no"


def test_it_begins_with_the_mark_by_which_excel_knows_utf_8() -> None:
    assert sheet.heading("ja").startswith(b"\xef\xbb\xbf")
    assert "提供日時" in sheet.heading("ja").decode("utf-8-sig")
    assert sheet.heading("en").endswith(b"\r\n")


@given(st.text(), st.text())
def test_whatever_is_in_a_cell_it_is_one_line_of_so_many_cells(name: str, reason: str) -> None:
    record = replace(RECORD, recipient=Party(name, reason))
    cells = parsed(sheet.line(record, KNOWN, "ja").replace(b"\r\n", b"\r\n"))
    assert cells["recipient"].removeprefix("'") in {name, name.removeprefix("'")}


@pytest.mark.parametrize(
    "text",
    [
        '=HYPERLINK("https://evil.example","x")',
        "+1",
        "-2+3",
        "@SUM(A1)",
        "\t=1",
        "\r=1",
        "\n=1",
        "  =1+1",
        "\uff1d1+1",
    ],
)
def test_no_cell_is_a_formula(text: str) -> None:
    cells = parsed(sheet.line(replace(RECORD, supervisor=text), KNOWN, "ja"))
    assert cells["supervisor"] == f"'{text}"


def test_programs_get_codes() -> None:
    said = document(RECORD)
    assert said["at"] == "2026-11-26T12:30:00Z"
    assert said["categories"] == ["checkup", "retired"]
    assert said["provider"] == {
        "name": "ポータル",
        "organisation": "",
        "address": "http://localhost:8400",
    }
    assert said["consented"] is True


def test_it_is_known_how_each_category_is_acquired() -> None:
    assert set(ACQUIRED) == set(KNOWN.categories)
