"""What an exchange may not be, whoever records it."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynaportal_sim.exchange.errors import (
    ExchangeError,
    ImpossibleExchangeError,
    MyNumberInTextError,
)
from mynaportal_sim.exchange.model import Exchange, Ground, years_after

ASKED = datetime(2026, 6, 1, tzinfo=UTC)
EXCHANGE = Exchange("清瀬市", "立川市", "児童手当", ("所得",), ASKED, ASKED)


@pytest.mark.parametrize(
    "changed",
    [
        pytest.param({"inquirer": ""}, id="no inquirer"),
        pytest.param({"provider": "\u3000"}, id="a blank provider"),
        pytest.param({"affair": "あ" * 201}, id="an endless affair"),
        pytest.param({"items": ()}, id="no item"),
        pytest.param({"items": ("所得",) * 21}, id="too many items"),
        pytest.param({"items": ("所\x1b[2J得",)}, id="an escape sequence"),
        pytest.param({"provider": "清瀬市"}, id="a body that asks itself"),
        pytest.param({"provided_at": ASKED - timedelta(seconds=1)}, id="before it was asked"),
    ],
)
def test_an_impossible_exchange_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(ImpossibleExchangeError):
        replace(EXCHANGE, **changed)  # type: ignore[arg-type]  # wrong on purpose


@given(
    st.sampled_from(["inquirer", "affair", "items"]),
    st.text("0123456789", min_size=12, max_size=12),
    st.sampled_from(["", " ", "-"]),
    st.booleans(),
)
def test_a_my_number_is_recognised_in_whatever_way_it_is_written(
    field: str, number: str, between: str, wide: bool
) -> None:
    written = between.join((number[:4], number[4:8], number[8:]))
    if wide:
        written = written.translate({ord("0") + n: 0xFF10 + n for n in range(10)})
    text = f"番号{written}の人"
    value = (text,) if field == "items" else text
    with pytest.raises(MyNumberInTextError) as refused:
        replace(EXCHANGE, **{field: value})  # type: ignore[arg-type]  # one of three fields
    assert number not in str(refused.value)
    assert isinstance(refused.value, ExchangeError)


@pytest.mark.parametrize(
    ("at", "years", "then"),
    [
        pytest.param("2024-02-29", 7, "2031-02-28", id="a leap day"),
        pytest.param("2024-02-29", 4, "2028-02-29", id="a leap day to a leap day"),
        pytest.param("2026-11-26", -7, "2019-11-26", id="back"),
    ],
)
def test_years_are_those_of_the_calendar(at: str, years: int, then: str) -> None:
    begins = datetime.fromisoformat(at).replace(tzinfo=UTC)
    assert years_after(begins, years).date().isoformat() == then


def test_each_ground_has_words_in_both_languages() -> None:
    assert all(ground.label_ja and ground.label_en for ground in Ground)
