"""The portrait on a card: a drawn figure that says what it is, another for each person."""

from hashlib import sha256
from io import BytesIO

from PIL import Image, ImageDraw

from mynaportal_sim.issuing.pictures import font

SIZE = (144, 180)
"""Width and height in pixels: a photograph's proportions, as small as will do."""
_FINER = 2  # it is drawn larger, which smooths its edges
_MARK, _MARK_HEIGHT, _MARK_EM = "SIMULATION", 23, 18
_CODE_BLOCK, _RESOLUTIONS = (64, 64), 3  # the quickest to code at this size
_BLACK, _WHITE = 20, 255

Box = tuple[int, int, int, int]


def portrait(seed: bytes) -> bytes:
    """A greyscale JPEG 2000 (JP2) of nobody, always the same for a seed."""
    chance = sha256(seed).digest()
    size = (SIZE[0] * _FINER, SIZE[1] * _FINER)
    image = Image.new("L", size, 205 + chance[0] % 40)
    _figure(ImageDraw.Draw(image), chance)
    image = image.reduce(_FINER)
    _mark(ImageDraw.Draw(image))
    out = BytesIO()
    image.save(out, "JPEG2000", codeblock_size=_CODE_BLOCK, num_resolutions=_RESOLUTIONS)
    return out.getvalue()


def _figure(draw: ImageDraw.ImageDraw, chance: bytes) -> None:
    """Draw head and shoulders: shades, proportions, hair and glasses as chance has it."""
    skin, hair, coat = 150 + chance[1] % 45, 30 + chance[2] % 70, 60 + chance[3] % 80
    wide, high = 56 + chance[4] % 12, 72 + chance[5] % 12
    x, y = 144, 150
    match chance[6] % 4:
        case 1:  # long
            draw.ellipse(_around(x, y + 12, wide + 20, high + 36), hair)
        case 2:  # bob
            draw.ellipse(_around(x, y - 12, wide + 18, high + 8), hair)
        case 3:  # bun
            draw.ellipse(_around(x, y - high - 12, 26, 26), hair)
    draw.rectangle(_around(x, y + 75, 24, 39), skin - 25)
    draw.ellipse(_around(x, y + 222, 114 + chance[7] % 18, 114), coat)
    draw.polygon((x - 26, y + 114, x + 26, y + 114, x, y + 150), skin - 25)
    draw.ellipse(_around(x, y, wide, high), skin)
    fringe = (x - wide - 5, y - high - 8, x + wide + 5, y + high // 2)
    draw.chord(fringe, 180 + chance[8] % 16, 360 - chance[9] % 16, hair)
    for eye in (x - 23, x + 23):
        draw.ellipse(_around(eye, y + 8, 5, 5), _BLACK)
        if chance[10] % 3 == 0:  # glasses
            draw.ellipse(_around(eye, y + 8, 19, 19), outline=_BLACK, width=3)
    draw.line((x - 16, y + 44, x + 16, y + 44), _BLACK, 4)


def _mark(draw: ImageDraw.ImageDraw) -> None:
    width, height = SIZE
    draw.rectangle((0, height - _MARK_HEIGHT, width, height), _WHITE)
    middle = (width // 2, height - _MARK_HEIGHT // 2)
    draw.text(middle, _MARK, _BLACK, font(_MARK_EM), anchor="mm")


def _around(x: int, y: int, wide: int, high: int) -> Box:
    """The box that reaches so far from a point to each side."""
    return x - wide, y - high, x + wide, y + high
