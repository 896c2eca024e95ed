"""An answer is drawn alike everywhere, and says what it is."""

from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynaportal_sim.research.asking import Answer, named
from mynaportal_sim.research.chart import BARS_MAX, WIDTH, svg

SVG = "{http://www.w3.org/2000/svg}"


def refusals(*rows: tuple[str, str, int]) -> Answer:
    return Answer(named("refusals"), [(*row, 1, 1, None, None) for row in rows])


def drawn(answer: Answer, language: str = "en") -> tuple[list[str], list[float]]:
    """The texts of a picture, and how long its bars are."""
    root = ElementTree.fromstring(svg(answer, language))  # noqa: S314  ours
    bars = [one for one in root.iter(f"{SVG}rect") if one.get("fill") == "#0055ad"]
    texts = [one.text or "" for one in root.iter(f"{SVG}text")]
    return texts, [float(one.get("width") or 0) for one in bars]


@pytest.mark.parametrize(
    ("language", "says"),
    [
        pytest.param("ja", {"理由ごとの拒否", "種類 · 理由", "拒否数", "a · なし"}, id="ja"),
        pytest.param(
            "en", {"Refusals by reason", "type · reason", "refusals", "a · (none)"}, id="en"
        ),
    ],
)
def test_a_picture_has_a_title_and_names_both_axes(language: str, says: set[str]) -> None:
    texts, _ = drawn(refusals(("a", "", 3), ("b", "expired", 1)), language)
    assert says <= set(texts)


def test_bars_are_as_long_as_their_numbers() -> None:
    texts, bars = drawn(refusals(("b", "x", 250), ("a", "x", 1000), ("c", "x", 0)))
    assert bars[0] == pytest.approx(4 * bars[1], rel=0.01)
    assert bars[2] == 1
    assert [text for text in texts if text in {"250", "a · x", "b · x"}] == [
        "a · x",
        "b · x",
        "250",
    ]


def test_numbers_keep_their_order() -> None:
    rows = [("h", prompts, 0, 0, 0, None, None) for prompts in (10, 2, 2, 2)]
    texts, bars = drawn(Answer(named("prompts"), rows))
    assert bars[0] == pytest.approx(3 * bars[1], rel=0.01)
    assert texts.index("2") < texts.index("10")


def test_many_bars_are_cut_and_it_is_said() -> None:
    texts, bars = drawn(refusals(*((f"t{n}", "x", 1) for n in range(BARS_MAX + 7))))
    assert len(bars) == BARS_MAX
    assert "and 7 more" in texts


def test_nothing_to_draw_is_said() -> None:
    assert "There are none." in drawn(refusals())[0]


@given(
    st.lists(st.tuples(st.text(max_size=80), st.text(max_size=80), st.integers(0, 10**12))),
    st.sampled_from(["ja", "en"]),
)
def test_whatever_names_there_are_the_picture_is_xml_and_the_same_again(
    rows: list[tuple[str, str, int]], language: str
) -> None:
    answer = refusals(*rows)
    _, bars = drawn(answer, language)
    assert svg(answer, language) == svg(refusals(*rows), language)
    assert all(0 < bar < WIDTH for bar in bars)
