"""The affairs for which agencies ask each other, as the built-in file has them."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum, unique
from functools import cache
from importlib.resources import files

from pydantic import TypeAdapter

from mynaportal_sim.exchange.model import Ground
from mynaportal_sim.residents.model import Municipality

HOME, BEFORE = "home", "before"
AFTER_A_MOVE = 0
"""The `month` of what follows a move."""


@unique
class Insured(StrEnum):
    """By whom a person of working age is insured: with their employer, or as a resident."""

    EMPLOYEES = "employees"
    NATIONAL = "national"


@dataclass(frozen=True, slots=True)
class Named:
    """A name in both languages; the Japanese one is what the ledger keeps."""

    ja: str
    en: str


@dataclass(frozen=True, slots=True)
class Affair:
    """Work for which a body asks another, and about whom it does so how often.

    `inquirer` and `provider` are keys of `bodies`, HOME or BEFORE. `ages` are the first and
    last year of life that it concerns, `share` is how many in a hundred persons. `month` may be
    AFTER_A_MOVE; `years` are those in which it happens, empty for every year; `who` narrows it
    to those who are insured in that way.
    """

    code: str
    ja: str
    en: str
    inquirer: str
    provider: str
    items: tuple[str, ...]
    ages: tuple[int, int]
    month: int
    share: int
    years: tuple[int, ...] = ()
    who: Insured | None = None


@dataclass(frozen=True, slots=True)
class Marked:
    """A persona whose records of an affair are not to be disclosed."""

    persona: str
    affair: str
    ground: Ground
    years: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Affairs:
    """The whole file."""

    bodies: Mapping[str, Named]
    municipalities: tuple[Named, ...]
    items: Mapping[str, Named]
    affairs: tuple[Affair, ...]
    marked: tuple[Marked, ...]


@cache
def built_in() -> Affairs:
    """The affairs that every portal knows."""
    text = files(__package__).joinpath("affairs.json").read_bytes()
    return TypeAdapter(Affairs).validate_json(text)


def english(text: str, register: Municipality) -> str:
    """What an English page calls a body, an affair or an item; `text` where nobody knows."""
    return _english(register).get(text, text)


def city(municipality: Municipality) -> Named:
    """The municipality as a body: a ward of a designated city acts as the city."""
    ja, en = municipality.name, municipality.romaji
    if ja.endswith("区") and "市" in ja:
        return Named(ja[: ja.index("市") + 1], en.split()[0])
    return Named(ja, en)


def body(key: str, register: Municipality, home: Named, before: Named) -> Named:
    """The body that `key` stands for.

    Args:
        register: where the person is registered now; names the prefecture.
        home, before: where they lived at the time, and before their last move.
    """
    if key in {HOME, BEFORE}:
        return home if key == HOME else before
    named = built_in().bodies[key]
    return Named(
        named.ja.format(prefecture=register.prefecture),
        named.en.format(prefecture=register.prefecture_romaji),
    )


@cache
def _english(register: Municipality) -> Mapping[str, str]:
    known, home = built_in(), city(register)
    bodies = [body(key, register, home, home) for key in known.bodies]
    named = [*bodies, home, *known.municipalities, *known.items.values()]
    return {
        **{one.ja: one.en for one in named},
        **{one.ja: one.en for one in known.affairs},
    }
