"""What a person is shown before they sign: each line of the page is one of what they sign."""

from collections.abc import Collection, Iterator
from datetime import date

from consent.catalogue import Catalogue
from consent.model import ConsentRule
from consent.receipt import Agreement, Line, Words
from mynaportal_sim.web.dates import DAY, last_day
from mynaportal_sim.web.interactions import Put
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.question import AskOut, CategoryOut
from mynaportal_sim.web.render import Page

_NOBODY_IS_NAMED = marked("Nobody is named")
_NOBODY_YET = marked("Nobody yet")


def agreement(
    put: Put, granted: Collection[ConsentRule], portal: str, catalogue: Catalogue, page: Page
) -> Agreement:
    """The answer that gives these rules, in the reader's language."""
    proposal = put.proposal
    given = proposal.terms.narrowed(granted)
    asked = AskOut.of(put.asked, catalogue, page)
    ask = AskOut.of(put.asked._replace(terms=given), catalogue, page)
    kept = [one.label for one in asked.categories if one.code not in given.categories]
    purpose = catalogue.purposes.get(given.purpose.code)
    words = Words(
        portal=portal,
        lines=tuple((page.text(heading), said) for heading, said in _lines(ask, kept, page)),
        sensitive=[one.code for one in ask.categories if one.sensitive],
        purpose=purpose.dpv if purpose else None,
    )
    return Agreement(
        version_id=proposal.id,
        app_id=proposal.app_id,
        app_name=proposal.app_name,
        asked=proposal.terms.rules,
        given=given,
        role=proposal.granter.role,
        words=words,
    )


def _lines(ask: AskOut, kept: list[str], page: Page) -> Iterator[Line]:
    given = [_category(one, page) for one in ask.categories]
    yield marked("Who asks"), _both(ask.app_name, ask.organisation)
    yield marked("Why"), _both(ask.purpose_label, ask.purpose_text)
    yield marked("What you hand over"), _listed(given, page)
    if kept:
        yield marked("What you do not hand over"), _listed(kept, page)
    others = _listed(ask.terms.others, page)
    yield (
        marked("Who else receives it"),
        others or page.text(marked("Nobody but the app itself")),
    )
    if ask.terms.abroad:
        yield marked("Goes abroad"), _listed(ask.terms.abroad, page)
    yield marked("What it does with them"), _listed(ask.terms.actions, page)
    yield marked("How long it keeps them"), ask.terms.retention
    if ask.terms.research_terms:
        yield marked("Terms of research"), _listed(ask.terms.research_terms, page)
    if ask.terms.statistics:
        yield marked("In which form"), ask.terms.statistics
    yield from _supervision(ask, page)
    if ask.period is not None:
        yield marked("Records of"), _period(ask.period, page)
    yield marked("Valid until"), DAY[page.language](last_day(ask.valid_until))
    if ask.terms.usage:
        yield marked("How often"), ask.terms.usage
    yield marked("Legal basis"), ask.legal_basis


def _supervision(ask: AskOut, page: Page) -> Iterator[Line]:
    named = _both(ask.supervisor, ask.terms.authority)
    yield marked("Who supervises this"), named or page.text(_NOBODY_IS_NAMED)
    if ask.terms.ethics_approval:
        yield marked("Ethics approval"), ask.terms.ethics_approval
    yield marked("Who reviewed this"), ask.terms.reviewer or page.text(_NOBODY_YET)


def _period(period: tuple[date, date], page: Page) -> str:
    first, last = map(DAY[page.language], period)
    return page.text(marked("%(from)s to %(to)s"), **{"from": first, "to": last})


def _category(one: CategoryOut, page: Page) -> str:
    label = one.label
    if one.sensitive:
        label = f"{label} ({page.text(marked('Needs special care'))})"
    return " / ".join([label, *one.conditions])


def _both(name: str, more: str) -> str:
    return name if more in {"", name} else f"{name} / {more}"


def _listed(items: list[str], page: Page) -> str:
    return ("、" if page.language == "ja" else ", ").join(items)
