"""Texts as images: nothing is lost at the end of a line, and nothing becomes an empty box."""

from io import BytesIO

import pytest
from PIL import Image

from mynaportal_sim.issuing.pictures import digits, drawable, lines_of
from mynaportal_sim.issuing.portrait import portrait

LINE = 20
"""Full-width characters."""


def _image(png: bytes) -> Image.Image:
    image = Image.open(BytesIO(png))
    image.load()
    return image


def _ink(image: Image.Image) -> int:
    return image.convert("L").histogram()[0]


@pytest.mark.parametrize(
    ("text", "lines"),
    [
        pytest.param("", 1, id="nothing"),
        pytest.param("佐藤\u3000花子", 1, id="a name"),
        pytest.param("京" * LINE, 1, id="a full line"),
        pytest.param("京" * LINE + "都", 2, id="one character more"),
        pytest.param("京" * 100, 5, id="a hundred"),
        pytest.param("i" * 40, 1, id="narrow letters"),
    ],
)
def test_a_text_has_as_many_lines_as_it_needs(text: str, lines: int) -> None:
    one = _image(lines_of("京")).height
    assert _image(lines_of(text)).height == lines * one


def test_every_character_is_drawn_whole_wherever_it_falls() -> None:
    alone = _ink(_image(lines_of("京")))
    assert alone > 50
    assert _ink(_image(lines_of("京" * 41))) == 41 * alone


@pytest.mark.parametrize(
    ("text", "drawn"),
    [
        pytest.param("𠮷田", "𠮷田", id="outside JIS level 2, in the font"),
        pytest.param("辻\U000e0100", "辻", id="variation selector"),
        pytest.param("\U0001f9ea木", "箱木", id="stand-in"),
        pytest.param("\U00020000\U0001f9eb", "", id="none"),
    ],
)
def test_what_the_font_lacks_is_never_an_empty_box(text: str, drawn: str) -> None:
    assert drawable(text, {"\U0001f9ea": "箱", "𠮷": "吉"}) == drawn


def test_ten_digits_are_ten_pictures() -> None:
    assert len({digits(digit, (6, 12)) for digit in "0123456789"}) == 10


def test_a_portrait_says_simulation_in_dark_on_white() -> None:
    image = _image(portrait(b"anybody"))
    foot = image.crop((0, image.height - 20, image.width, image.height))
    shades = foot.histogram()
    dark, white = sum(shades[:100]), sum(shades[230:])
    assert 200 < dark < 1500
    assert dark + white > 0.75 * foot.width * foot.height
