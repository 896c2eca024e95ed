"""An answer as bars in SVG: the same bytes wherever it is drawn.

By hand rather than by matplotlib, whose layout follows the fonts that a machine happens to
have, and which needs one with Japanese to measure it at all.
"""

from collections import Counter
from typing import NamedTuple
from unicodedata import east_asian_width
from xml.sax.saxutils import escape

from mynaportal_sim.research.asking import Answer, Cell
from mynaportal_sim.research.questions.question import Wording

WIDTH = 960
BARS_MAX = 30

_FONT = 14
_TITLE = 20
_ROW = 28
_THICKNESS = 18
_MARGIN = 24
_TOP = 96
_BELOW = 64
_LABELS_MAX = 380
_ROOM_FOR_NUMBERS = 96
_TICKS = 5
_STEPS = (1, 2, 5, 10)
_FONTS = "'Noto Sans JP', 'Noto Sans CJK JP', 'Hiragino Sans', 'Yu Gothic', Meiryo, sans-serif"

_NOTHING = Wording("該当する記録はありません。", "There are none.")
_MORE = Wording("ほか{}件", "and {} more")
_UNNAMED = Wording("なし", "(none)")


class Bar(NamedTuple):
    """One bar: what it stands for and how long it is."""

    label: str
    value: int


def svg(answer: Answer, language: str) -> str:
    """The answer drawn as its question says, in `ja` or `en`."""
    question = answer.question
    bars = _bars(answer, language)
    shown, more = bars[:BARS_MAX], len(bars) - BARS_MAX
    named = " · ".join(getattr(question.columns[one], language) for one in question.bars.labels)
    labels = min(
        _LABELS_MAX, max(_width(text) for text in (named, *(bar.label for bar in shown)))
    )
    left = _MARGIN + labels + 12
    room = WIDTH - left - _ROOM_FOR_NUMBERS
    longest = max((bar.value for bar in shown), default=0)
    step = _step(longest)
    end = max(1, -(-longest // step)) * step
    bottom = _TOP + _ROW * max(1, len(shown))
    height = bottom + _BELOW + (_ROW if more > 0 else 0)
    title = getattr(question.title, language)
    lines = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height}"'
        f' width="{WIDTH}" height="{height}" role="img" lang="{language}"'
        f' font-family="{_FONTS}" font-size="{_FONT}" fill="#1a1a1c">',
        f"<title>{escape(title)}</title>",
        f'<rect width="{WIDTH}" height="{height}" fill="#fff"/>',
        f'<text x="{_MARGIN}" y="40" font-size="{_TITLE}" font-weight="bold">'
        f"{escape(title)}</text>",
    ]
    if not shown:
        lines.append(_text(_MARGIN, _TOP, getattr(_NOTHING, language), "start"))
        return "\n".join([*lines, "</svg>", ""])
    lines.append(_text(left - 12, _TOP - 16, named, "end", "#626264"))
    for value in range(0, end + 1, step):
        lines += _tick(left + room * value / end, bottom, value)
    for place, bar in enumerate(shown):
        lines += _drawn(bar, _TOP + _ROW * place, left, room * bar.value / end)
    axis = getattr(question.bars.axis, language)
    lines.append(_text(left + room / 2, bottom + 46, axis, "middle"))
    if more > 0:
        told = getattr(_MORE, language).format(f"{more:,}")
        lines.append(_text(_MARGIN, bottom + 74, told, "start"))
    return "\n".join([*lines, "</svg>", ""])


def _bars(answer: Answer, language: str) -> list[Bar]:
    """Numbers keep their order; names go from the longest bar to the shortest."""
    question = answer.question
    names = list(question.columns)
    places = [names.index(name) for name in question.bars.labels]
    value = question.bars.value
    lengths: Counter[tuple[Cell, ...]] = Counter()
    for row in answer.rows:
        worth = 1 if value is None else row[names.index(value)]
        lengths[tuple(row[place] for place in places)] += worth if isinstance(worth, int) else 0
    if all(isinstance(key[0], int) for key in lengths):
        ordered = sorted(lengths.items(), key=lambda item: str(item[0][0]).zfill(20))
    else:
        ordered = sorted(lengths.items(), key=lambda item: (-item[1], str(item[0])))
    unnamed = getattr(_UNNAMED, language)
    return [
        Bar(
            " · ".join(str(part) if part not in {None, ""} else unnamed for part in key), length
        )
        for key, length in ordered
    ]


def _step(longest: int) -> int:
    """The distance of ticks: 1, 2 or 5 times a power of ten, so that there are few."""
    power = 1
    while power * 10 * _TICKS <= longest:
        power *= 10
    return next(power * step for step in _STEPS if power * step * _TICKS >= longest)


def _tick(x: float, bottom: int, value: int) -> list[str]:
    return [
        f'<path d="M{x:.1f} {_TOP - 8}V{bottom}" stroke="#d8d8db"/>',
        _text(x, bottom + 20, f"{value:,}", "middle", "#626264"),
    ]


def _drawn(bar: Bar, top: int, left: int, length: float) -> list[str]:
    y = top + (_ROW - _THICKNESS) // 2
    text = y + _THICKNESS - 4
    return [
        _text(left - 12, text, _cut(bar.label), "end"),
        f'<rect x="{left}" y="{y}" width="{max(length, 1):.1f}" height="{_THICKNESS}"'
        ' fill="#0055ad"/>',
        _text(left + length + 8, text, f"{bar.value:,}", "start"),
    ]


def _text(x: float, y: float, text: str, anchor: str, fill: str = "#1a1a1c") -> str:
    """A text that stays legible where it crosses a line."""
    return (
        f'<text x="{x:.1f}" y="{y}" text-anchor="{anchor}" fill="{fill}" stroke="#fff"'
        f' stroke-width="4" paint-order="stroke">{escape(text)}</text>'
    )


def _cut(label: str) -> str:
    plain = "".join(char if char.isprintable() else "\ufffd" for char in label)
    if _width(plain) <= _LABELS_MAX:
        return plain
    while _width(plain) > _LABELS_MAX - _FONT:
        plain = plain[:-1]
    return f"{plain}…"


def _width(text: str) -> int:
    """About how many pixels a text takes, whatever the font."""
    wide = sum(east_asian_width(char) in "WFA" for char in text)
    return round(_FONT * (wide + 0.6 * (len(text) - wide)))
