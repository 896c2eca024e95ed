"""The portrait on a card: a drawn figure that says what it is, another for each person."""

from hashlib import sha256
from io import BytesIO

from PIL import Image, ImageDraw

from mynaportal_sim.issuing.pictures import font

SIZE = (192, 240)
"""Width and height in pixels; a photograph's proportions, the figure of pixels our choice."""
_FINER = 2
_MARK, _MARK_HEIGHT = "SIMULATION", 30
_BYTES_SAVED = 12  # JPEG 2000's rate: so many times fewer bytes than pixels
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
    image.save(out, "JPEG2000", quality_mode="rates", quality_layers=[_BYTES_SAVED])
    return out.getvalue()


def _figure(draw: ImageDraw.ImageDraw, chance: bytes) -> None:
    """Draw head and shoulders: shades, proportions, hair and glasses as chance has it."""
    skin, hair, coat = 150 + chance[1] % 45, 30 + chance[2] % 70, 60 + chance[3] % 80
    wide, high = 74 + chance[4] % 16, 96 + chance[5] % 16
    x, y = 192, 200
    match chance[6] % 4:
        case 1:  # long
            draw.ellipse(_around(x, y + 16, wide + 27, high + 48), hair)
        case 2:  # bob
            draw.ellipse(_around(x, y - 16, wide + 24, high + 11), hair)
        case 3:  # bun
            draw.ellipse(_around(x, y - high - 16, 35, 35), hair)
    draw.rectangle(_around(x, y + 100, 32, 52), skin - 25)
    draw.ellipse(_around(x, y + 296, 152 + chance[7] % 24, 152), coat)
    draw.polygon((x - 35, y + 152, x + 35, y + 152, x, y + 200), skin - 25)
    draw.ellipse(_around(x, y, wide, high), skin)
    fringe = (x - wide - 6, y - high - 11, x + wide + 6, y + high // 2)
    draw.chord(fringe, 180 + chance[8] % 16, 360 - chance[9] % 16, hair)
    for eye in (x - 30, x + 30):
        draw.ellipse(_around(eye, y + 11, 7, 7), _BLACK)
        if chance[10] % 3 == 0:  # glasses
            draw.ellipse(_around(eye, y + 11, 26, 25), outline=_BLACK, width=4)
    draw.line((x - 21, y + 59, x + 21, y + 59), _BLACK, 5)


def _mark(draw: ImageDraw.ImageDraw) -> None:
    width, height = SIZE
    draw.rectangle((0, height - _MARK_HEIGHT, width, height), _WHITE)
    middle = (width // 2, height - _MARK_HEIGHT // 2)
    draw.text(middle, _MARK, _BLACK, font(24), anchor="mm")


def _around(x: int, y: int, wide: int, high: int) -> Box:
    """The box that reaches so far from a point to each side."""
    return x - wide, y - high, x + wide, y + high
