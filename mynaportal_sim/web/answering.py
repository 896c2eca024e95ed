"""As what somebody answers an app, and what their answer then is."""

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import Connection

from consent import service
from consent.mandate import Act, Duty, Refused
from consent.model import ConsentRule, ConsentVersion, Terms
from consent.service import Proposal, Randomness
from mynaportal_sim.web.acting import Whom
from mynaportal_sim.web.entry import actor_line
from mynaportal_sim.web.render import Page
from mynaportal_sim.web.wording import ROLES


class AnswererOut(NamedTuple):
    """For whom the question is answered and by whom, empty where they answer themselves.

    `assent` says that the person's own assent is needed beside it; `refusal` why nothing can be
    given, empty where something can.
    """

    person: str
    by: str
    assent: bool
    refusal: str

    @classmethod
    def of(cls, whom: Whom, terms: Terms, page: Page) -> "AnswererOut":
        """`whom` before a question about these terms, in the reader's language.

        Raises:
            MandateRefusedError: somebody acts for the person who could answer nothing.
        """
        seen = terms.categories if whom.within is None else terms.categories & whom.within
        answer = whom.answer_to(Act.GRANT, seen, terms.purpose.code)
        if whom.mandate is not None:
            duties = whom.demand(Act.GRANT, seen, terms.purpose.code)
            me = page.visitor.me
            named = actor_line(
                page.text(ROLES[whom.mandate.role]), me.name.full if me else "", page
            )
            return cls(whom.subject.name.full, named, Duty.ASSENT in duties, "")
        refusal = ""
        if isinstance(answer, Refused):
            why = answer.reason
            refusal = page.choose(why.sentence_ja, why.sentence_en, why.sentence_easy)
        return cls("", "", assent=False, refusal=refusal)


def demanded(whom: Whom, act: Act, granted: Sequence[ConsentRule], terms: Terms) -> bool:
    """Whether an answer that is allowed takes the person's own assent beside it.

    Raises:
        MandateRefusedError: they may not give it.
    """
    categories = {rule.category for rule in granted}
    return Duty.ASSENT in whom.demand(act, categories, terms.purpose.code)


def settle(
    connection: Connection,
    proposal: Proposal,
    granted: Sequence[ConsentRule],
    assent: bool,
    now: datetime,
    randomness: Randomness,
) -> ConsentVersion:
    """Record an answer, or what a guardian agrees to; a unit of work."""
    record = service.agree if assent and granted else service.answer
    return record(connection, proposal, granted, now, randomness)
