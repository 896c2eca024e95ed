"""What differs between two answers, or between an answer and a new question, in words."""

from datetime import timedelta
from typing import NamedTuple

from consent.catalogue import Catalogue
from consent.model import Terms
from mynaportal_sim.web.kept import category_labels, purpose_line
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.render import Page
from mynaportal_sim.web.terms import TermsOut, conditions, periods

_DAY = timedelta(days=1)


class Difference(NamedTuple):
    """One thing that terms say, as it was and as it is; empty where nothing is said."""

    about: str
    before: str
    after: str


def differences(
    before: Terms, after: Terms, catalogue: Catalogue, page: Page
) -> list[Difference]:
    """All that a person can read of two terms and that is not the same in both."""
    was, is_now = (_facts(terms, catalogue, page) for terms in (before, after))
    return [
        Difference(about, was.get(about, ""), is_now.get(about, ""))
        for about in {**was, **is_now}
        if was.get(about) != is_now.get(about)
    ]


def _facts(terms: Terms, catalogue: Catalogue, page: Page) -> dict[str, str]:
    """What the pages say of terms, by what it is about; kinds of data each by their name."""
    said = TermsOut.of(terms, page)
    purpose, days = terms.purpose, -(-(terms.valid_until - terms.valid_from) // _DAY)
    comma = page.choose("、", ", ")
    named = {
        marked("Why"): purpose_line(catalogue, purpose.code, purpose.text, page),
        marked("Who else receives it"): comma.join(said.others),
        marked("What it does with them"): comma.join(said.actions),
        marked("How long it keeps them"): said.retention,
        marked("How often"): said.usage,
        marked("Terms of research"): comma.join(said.research_terms),
        marked("In which form"): said.statistics,
        marked("Valid for"): page.text(marked("%(days)s days"), days=days),
        marked("Who reviewed this"): said.reviewer or page.text(marked("Nobody yet")),
        marked("Who supervises this"): comma.join(
            part
            for part in (terms.supervision.officer, said.authority, said.ethics_approval)
            if part
        ),
    }
    return _data(terms, catalogue, page) | {
        page.text(name): told for name, told in named.items()
    }


def _data(terms: Terms, catalogue: Catalogue, page: Page) -> dict[str, str]:
    found: dict[str, str] = {}
    for category in sorted(terms.categories):
        [label] = category_labels(catalogue, [category], page)
        rules = [rule for rule in terms.rules if rule.category == category]
        found[label] = " / ".join([*periods(rules, page), *conditions(rules, page)])
    return found
