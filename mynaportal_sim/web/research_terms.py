"""What people are told of the terms on which data are used for research."""

from collections.abc import Iterable

from consent.catalogue import ResearchTerm
from mynaportal_sim.web.language import marked
from mynaportal_sim.web.render import Page

_WORDS = {
    ResearchTerm.NO_RESTRICTION: marked("for any use, without restriction"),
    ResearchTerm.HEALTH_RESEARCH: marked("for research in health and medicine only"),
    ResearchTerm.NO_METHODS_RESEARCH: marked("not to work out research methods or software"),
    ResearchTerm.NOT_FOR_PROFIT_NON_COMMERCIAL: marked(
        "by organisations that make no profit only, and not for commercial ends"
    ),
    ResearchTerm.PUBLICATION_REQUIRED: marked("the results must be published"),
    ResearchTerm.COLLABORATION_REQUIRED: marked(
        "together with the researchers who gathered the data only"
    ),
    ResearchTerm.ETHICS_APPROVAL_REQUIRED: marked("after an ethics committee has approved it"),
    ResearchTerm.RETURN_OF_RESULTS: marked(
        "what is worked out from the data is given back to where they came from"
    ),
    ResearchTerm.GENERAL_RESEARCH: marked("for research of any kind"),
    ResearchTerm.CLINICAL_CARE: marked("also for treating patients"),
    ResearchTerm.NO_ANCESTRY_RESEARCH: marked("not for research into origins or ancestry"),
    ResearchTerm.NOT_FOR_PROFIT_ORGANISATION: marked(
        "by organisations that make no profit only"
    ),
    ResearchTerm.NON_COMMERCIAL: marked("not for commercial ends"),
}
_KNOWN = {term.value: words for term, words in _WORDS.items()}


def in_words(codes: Iterable[str], page: Page) -> list[str]:
    """Each term with its code, in the reader's language; one unknown stands for itself."""
    template = marked("%(words)s (%(code)s)")
    return [
        page.text(template, words=page.text(_KNOWN[code]), code=code)
        if code in _KNOWN
        else code
        for code in codes
    ]


def smallest_cell(minimum: int, page: Page) -> str:
    """That only statistics leave, and of how many people at least; empty where records do."""
    if not minimum:
        return ""
    return page.text(
        marked("Only statistics, with at least %(count)s people in each figure; no records"),
        count=minimum,
    )
