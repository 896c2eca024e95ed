"""What a person chooses of what an app asks."""

from collections.abc import Collection
from dataclasses import replace
from datetime import date
from typing import Literal

from pydantic import BaseModel

from consent.model import ConsentRule
from mynaportal_sim.web.language import marked


class ChoiceForm(BaseModel):
    """A person's answer; with nothing chosen, `allow` is asked again.

    `since` and `until` keep back what is older or newer, None keeps nothing back.
    """

    csrf: str = ""
    decision: Literal["allow", "deny", "later"]
    category: list[str] = []
    since: date | Literal[""] = ""
    until: date | Literal[""] = ""

    def rules(
        self, asked: Collection[ConsentRule], prohibited: Collection[str]
    ) -> list[ConsentRule]:
        """What is granted of the rules asked for; nothing that is prohibited."""
        if self.decision != "allow":
            return []
        chosen = set(self.category).difference(prohibited)
        cut = [self._cut(rule) for rule in asked if rule.category in chosen]
        return [rule for rule in cut if rule is not None]

    @property
    def problem(self) -> str:
        """What to say where `allow` grants nothing."""
        if self.category and (self.since or self.until):
            return marked("The app asks for nothing of those days. Choose others, or none.")
        return marked("Choose at least one kind of data, or hand over nothing.")

    def _cut(self, rule: ConsentRule) -> ConsentRule | None:
        first = max(rule.period_from, self.since or date.min)
        last = min(rule.period_to, self.until or date.max)
        if first > last:
            return None
        return replace(rule, period_from=first, period_to=last)
