"""The images of text on a card: name, address, security code, individual number.

Texts are one bit deep, as on a card. How large those of name and address are no source tells:
here a line has twenty full-width characters, and there are as many lines as it takes.
"""

from collections.abc import Iterator, Mapping
from functools import lru_cache
from importlib.resources import as_file, files
from io import BytesIO

from PIL import Image, ImageDraw, ImageFont

_FONT = files("pylopdf_fonts_cjk").joinpath("NotoSansJP-Regular.otf")
_NOWHERE = "\U0010ffff"  # a noncharacter, of which every font has the box for what it lacks
_EM, _LEADING = 24, 30
_WIDTH = 20 * _EM
_DIGIT_EM, _DIGIT_WIDTH = 10, 6
_BLACK, _WHITE = 0, 1


def lines_of(text: str) -> bytes:
    """A name or an address as a PNG, broken where a line is full."""
    placed = list(_placed(text))
    last = max((y for _, y, _ in placed), default=0)
    image = Image.new("1", (_WIDTH, last + _LEADING), _WHITE)
    for x, y, glyph in placed:
        image.paste(glyph, (x, y))
    return _png(image)


def digits(text: str, size: tuple[int, int]) -> bytes:
    """Digits as a PNG of that width and height, from the left."""
    image = Image.new("1", size, _WHITE)
    for place, digit in enumerate(text):
        image.paste(_digit(digit, size[1]), (_DIGIT_WIDTH * place, 0))
    return _png(image)


def drawable(text: str, substitutes: Mapping[str, str]) -> str:
    """`text` as it can be drawn: a character that the font lacks becomes its stand-in.

    One that has none, such as a variation selector, is left out.
    """
    return "".join(
        next((one for one in (c, substitutes.get(c, "")) if one and _has(one)), "")
        for c in text
    )


@lru_cache
def font(size: int) -> ImageFont.FreeTypeFont:
    """Noto Sans JP with so many pixels to the em."""
    with as_file(_FONT) as path:
        return ImageFont.truetype(str(path), size, layout_engine=ImageFont.Layout.BASIC)


def _placed(text: str) -> Iterator[tuple[int, int, Image.Image]]:
    """Each character's picture and where its upper left corner lies."""
    x = y = 0
    for character in text:
        glyph = _glyph(character)
        if x + glyph.width > _WIDTH:
            x, y = 0, y + _LEADING
        yield x, y, glyph
        x += glyph.width


@lru_cache(maxsize=4096)
def _glyph(character: str) -> Image.Image:
    """A character as wide as it is and as high as a line; people share most of theirs."""
    width = round(font(_EM).getlength(character))
    image = Image.new("1", (width, _LEADING), _WHITE)
    ImageDraw.Draw(image).text((0, _EM), character, _BLACK, font(_EM), anchor="ls")
    return image


@lru_cache
def _digit(digit: str, height: int) -> Image.Image:
    image = Image.new("1", (_DIGIT_WIDTH, height), _WHITE)
    foot = (_DIGIT_WIDTH // 2, height - 2)
    ImageDraw.Draw(image).text(foot, digit, _BLACK, font(_DIGIT_EM), anchor="ms")
    return image


def _png(image: Image.Image) -> bytes:
    out = BytesIO()
    image.save(out, "PNG")
    return out.getvalue()


@lru_cache(maxsize=4096)
def _has(character: str) -> bool:
    """Whether the font draws this character, and not a box in its place."""
    drawn, box = font(_EM).getmask(character), font(_EM).getmask(_NOWHERE)
    return drawn.size != box.size or bytes(drawn) != bytes(box)
