"""What a question is: SQL over the entries of an export, and how its answer is shown."""

from dataclasses import dataclass
from typing import NamedTuple


class Wording(NamedTuple):
    """A text in both languages."""

    ja: str
    en: str


@dataclass(frozen=True, slots=True)
class Bars:
    """How an answer is drawn: a bar for each distinct text of `labels`, longest first.

    A bar is as long as the sum of `value` over its rows, or as they are many if that is None.
    """

    labels: tuple[str, ...]
    value: str | None
    axis: Wording


@dataclass(frozen=True, slots=True)
class Question:
    """A question; `sql` gives `columns` in their order from the view `entries`.

    The view has the columns of `entries.parquet`, whose times are UTC without a zone.
    """

    name: str
    title: Wording
    columns: dict[str, Wording]
    sql: str
    bars: Bars


APP_ID = Wording("アプリID", "app id")
APP_NAME = Wording("アプリ", "app")
INDEX = Wording("記録番号", "index")
AT = Wording("日時", "time")
ARRANGEMENT = Wording("取り決め", "arrangement")
VERSION = Wording("同意のバージョン", "consent version")
CATEGORIES = Wording("データの種類", "categories")
ACCESSES = Wording("アクセス数", "accesses")
PEOPLE = Wording("人数", "people")
FIRST = Wording("最初", "first")
LAST = Wording("最後", "last")
SECONDS_AFTER = Wording("経過秒数", "seconds after")
