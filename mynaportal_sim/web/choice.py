"""What a person chooses of what an app asks."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Literal

from fastapi import Query
from pydantic import Field

from consent.mandate import Act
from consent.model import ConsentRule
from mynaportal_sim.web.assistance import Assisted
from mynaportal_sim.web.language import marked


@dataclass(frozen=True, slots=True)
class Choice:
    """Kinds of data, and from when to when; no day keeps nothing back.

    Records that were left out before stay so, unless the person restores them.
    """

    categories: tuple[str, ...]
    since: date | None = None
    until: date | None = None
    restore: bool = False

    def rules(
        self,
        asked: Collection[ConsentRule],
        prohibited: Collection[str],
        left_out: Iterable[ConsentRule],
    ) -> list[ConsentRule]:
        """What is granted of the rules asked for; nothing that is prohibited.

        `left_out` keep back single records of the consent that stands.
        """
        chosen = set(self.categories).difference(prohibited)
        cut = [self._cut(rule) for rule in asked if rule.category in chosen]
        granted = [rule for rule in cut if rule is not None]
        given = {rule.category for rule in granted}
        kept = () if self.restore else left_out
        return [*granted, *(rule for rule in kept if rule.category in given)]

    @property
    def query(self) -> list[tuple[str, str]]:
        """This choice as the query of an address."""
        days = {"since": self.since, "until": self.until}
        named = [(name, day.isoformat()) for name, day in days.items() if day]
        restored = [("restore", "true")] if self.restore else []
        return [("category", code) for code in self.categories] + named + restored

    def _cut(self, rule: ConsentRule) -> ConsentRule | None:
        first = max(rule.period_from, self.since or date.min)
        last = min(rule.period_to, self.until or date.max)
        if first > last:
            return None
        return replace(rule, period_from=first, period_to=last)


class ChoiceForm(Assisted):
    """A person's answer; with nothing chosen, `allow` and `sign` are asked again."""

    csrf: str = ""
    decision: Literal["allow", "deny", "later", "sign"]
    category: list[str] = Field(default_factory=list)
    since: date | Literal[""] = ""
    until: date | Literal[""] = ""
    restore: bool = False

    @property
    def choice(self) -> Choice:
        days = (self.since or None, self.until or None)
        return Choice(tuple(self.category), *days, self.restore)

    @property
    def act(self) -> Act:
        """What whoever acts for another needs to be allowed."""
        return Act.GRANT if self.decision in {"allow", "sign"} else Act.WITHDRAW

    @property
    def problem(self) -> str:
        """What to say where nothing is granted that was to be."""
        if self.category and (self.since or self.until):
            return marked("The app asks for nothing of those days. Choose others, or none.")
        return marked("Choose at least one kind of data, or hand over nothing.")


async def chosen(
    category: Annotated[list[str], Query(max_length=64)] = [],  # noqa: B006  FastAPI copies it
    since: date | None = None,
    until: date | None = None,
    restore: bool = False,
) -> Choice:
    """The choice that an address bears."""
    return Choice(tuple(category), since, until, restore)
