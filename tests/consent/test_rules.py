"""What rules name one by one, and what later ones give no more."""

from dataclasses import replace
from datetime import date
from uuid import UUID

import pytest

from consent.model import ConsentRule, Datum, Effect, no_longer_given

FIRST, LAST = date(2024, 1, 1), date(2025, 12, 31)
ITEM, OTHER = UUID(int=1), UUID(int=2)
GIVES = ConsentRule("checkup", FIRST, LAST)
MEDICINES = ConsentRule("medication", FIRST, LAST)
KEEPS = ConsentRule("checkup", FIRST, LAST, items=(ITEM,), effect=Effect.DENY)


@pytest.mark.parametrize(
    ("rule", "names"),
    [
        pytest.param(KEEPS, True, id="keeps one record back"),
        pytest.param(replace(KEEPS, effect=Effect.PERMIT), False, id="gives one record"),
        pytest.param(replace(KEEPS, items=()), False, id="keeps all back"),
        pytest.param(GIVES, False, id="gives all"),
        pytest.param(replace(KEEPS, rolling_days=9), False, id="of some days"),
        pytest.param(replace(KEEPS, codes=("s|1",)), False, id="if it has a code"),
        pytest.param(replace(KEEPS, labels=("l|1",)), False, id="if it has a label"),
    ],
)
def test_a_rule_that_names_records_and_nothing_else_of_them(
    rule: ConsentRule, names: bool
) -> None:
    assert rule.names_items is names
    assert rule.leaves_out(Datum(ITEM, "checkup", FIRST)) is names


@pytest.mark.parametrize(
    ("datum", "left_out"),
    [
        pytest.param(Datum(ITEM, "checkup", FIRST), True, id="on the first day"),
        pytest.param(Datum(ITEM, "checkup", LAST), True, id="on the last day"),
        pytest.param(Datum(ITEM, "checkup", None), True, id="of no day"),
        pytest.param(Datum(ITEM, "checkup", date(2023, 12, 31)), False, id="the day before"),
        pytest.param(Datum(ITEM, "checkup", date(2026, 1, 1)), False, id="the day after"),
        pytest.param(Datum(OTHER, "checkup", FIRST), False, id="another record"),
        pytest.param(Datum(ITEM, "medication", FIRST), False, id="of another kind"),
        pytest.param(Datum(OTHER, "medication", date(2020, 1, 1)), False, id="of nothing"),
    ],
)
def test_a_record_is_left_out_by_its_name_kind_and_day(datum: Datum, left_out: bool) -> None:
    assert KEEPS.leaves_out(datum) is left_out


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        pytest.param([GIVES, MEDICINES], [GIVES, MEDICINES], "", id="the same"),
        pytest.param([GIVES, MEDICINES], [GIVES], "medication", id="one kind less"),
        pytest.param([GIVES], [GIVES, MEDICINES], "", id="one kind more"),
        pytest.param(
            [GIVES], [replace(GIVES, period_from=date(2025, 1, 1))], "checkup", id="fewer days"
        ),
        pytest.param(
            [GIVES], [replace(GIVES, period_from=date(2020, 1, 1))], "", id="more days"
        ),
        pytest.param([GIVES], [GIVES, KEEPS], "checkup", id="a record kept back"),
        pytest.param([GIVES, KEEPS], [GIVES, KEEPS], "", id="kept back as before"),
        pytest.param([GIVES, KEEPS], [GIVES], "", id="given again"),
        pytest.param(
            [GIVES],
            [replace(GIVES, effect=Effect.DENY), MEDICINES],
            "checkup",
            id="kept back whole",
        ),
        pytest.param([KEEPS, MEDICINES], [MEDICINES], "", id="was never given"),
        pytest.param(
            [GIVES, MEDICINES], [GIVES, MEDICINES, KEEPS], "checkup", id="one of two kinds"
        ),
    ],
)
def test_what_later_rules_give_no_more(
    before: list[ConsentRule], after: list[ConsentRule], lost: str
) -> None:
    assert no_longer_given(before, after) == set(lost.split())
