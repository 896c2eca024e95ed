"""Acting for others as tables: each row is what the code does, asked when it is printed."""

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from itertools import pairwise
from uuid import UUID

from consent.mandate.ages import Band, Bands
from consent.mandate.ending import FATES, Ending, Fate
from consent.mandate.life import ENTITLED, TRANSITIONS, MandateEvent, MandateState
from consent.mandate.model import EVERYTHING, Act, Mandate
from consent.mandate.refusals import Refusal
from consent.mandate.rule import (
    Allowed,
    Answer,
    Duty,
    Wish,
    may,
    may_lift,
    may_oneself,
)
from consent.markdown import table
from consent.model import MYSELF, Granter, Role

REPRESENTING = (Role.GUARDIAN, Role.PROXY, Role.ADULT_GUARDIAN)
_NOW = datetime(2026, 4, 1, tzinfo=UTC)
_DUTIES = {
    Duty.ASSENT: "with the minor's assent",
    Duty.TELL_GUARDIAN: "yes, and the guardian is told",
}
_FATES = {Fate.STAYS: "stays, for review", Fate.LAPSES: "lapses"}
_ENDINGS = {
    Ending.ENDED: "one of the two, or an authority, ended it",
    Ending.EXPIRED: "its time has run out",
    Ending.OF_AGE: "the principal came of age",
    Ending.REVOKED: "an authority took it away",
    Ending.BLOCKED: "the agent is kept from the principal",
}


def markdown(bands: Bands = Bands()) -> str:  # noqa: B008  a value that nothing changes
    """All tables, in Markdown, for these ages."""
    return "\n\n".join(
        [
            "### Who may do what\n\nAt each age of the principal, in completed years; a listed"
            f" purpose is {', '.join(f'`{one}`' for one in sorted(bands.own_purposes))}.",
            table(("who", "what", *_ages(bands)), _permissions(bands)),
            "### Why not\n\nThe first that holds is told.",
            table(("code", "in words"), ((f"`{one}`", one.sentence_en) for one in Refusal)),
            "### Who may lift a prohibition, and resume what was suspended\n\nRows are as what"
            " it was stopped, columns as what somebody would lift it, at some age of the"
            " principal.",
            table(("stopped by", *_lifters(bands)), _liftings(bands)),
            "### What becomes of consents\n\nRows are how the mandate came to be over.",
            table(("", *REPRESENTING), _fates()),
            "### The life of a mandate\n\nRows are states, columns events.",
            table(("state", *MandateEvent), _life()),
            "### Who may bring it about",
            table(("role", *MandateEvent), _entitled()),
        ]
    )


def _ages(bands: Bands) -> list[str]:
    spans = pairwise(_turns(bands))
    return [*(f"{first} to {after - 1}" for first, after in spans), f"{bands.of_age} on"]


def _turns(bands: Bands) -> tuple[int, ...]:
    return 0, bands.assent_from, bands.own_from, bands.of_age


def _permissions(bands: Bands) -> Iterator[Sequence[str]]:
    listed = min(bands.own_purposes, default="")
    for role in (Role.SELF, *REPRESENTING):
        for act, purpose, said in (
            (Act.VIEW, listed, "view"),
            (Act.WITHDRAW, listed, "withdraw, for a listed purpose"),
            (Act.WITHDRAW, "another", "withdraw, for another"),
            (Act.WITHDRAW, "", "prohibit, for every purpose"),
            (Act.GRANT, listed, "grant, for a listed purpose"),
            (Act.GRANT, "another", "grant, for another"),
        ):
            wish = Wish(act, frozenset(), purpose)
            yield role, said, *(_told(_asked(role, wish, age, bands)) for age in _turns(bands))


def _asked(role: Role, wish: Wish, age: int, bands: Bands) -> Answer:
    if role is Role.SELF:
        return may_oneself(wish, age, bands)
    return may(_mandate(role), wish, age, bands, _NOW, blocked=False)


def _told(answer: Answer) -> str:
    if isinstance(answer, Allowed):
        return ", ".join(_DUTIES[duty] for duty in answer.duties) or "yes"
    return f"`{answer.reason}`"


def _lifters(bands: Bands) -> list[str]:
    return [*(f"self, {span}" for span in _ages(bands)), *REPRESENTING, "another proxy"]


def _liftings(bands: Bands) -> Iterator[Sequence[str]]:
    agents = [Granter(role, UUID(int=1)) for role in REPRESENTING]
    lifters = [
        *((MYSELF, bands.of(age)) for age in _turns(bands)),
        *((agent, Band.ADULT) for agent in (*agents, Granter(Role.PROXY, UUID(int=4)))),
    ]
    for placed_as in (MYSELF, *agents):
        answers = (may_lift(placed_as, by, band) for by, band in lifters)
        yield placed_as.role, *("yes" if allowed else "" for allowed in answers)


def _fates() -> Iterator[Sequence[str]]:
    for ending, said in _ENDINGS.items():
        fates = (FATES.get((role, ending)) for role in REPRESENTING)
        yield said, *("" if fate is None else _FATES[fate] for fate in fates)


def _life() -> Iterator[Sequence[str]]:
    for state in MandateState:
        if any(state is begins for begins, _ in TRANSITIONS):
            yield state, *(TRANSITIONS.get((state, event), "") for event in MandateEvent)


def _entitled() -> Iterator[Sequence[str]]:
    for role in REPRESENTING:
        parties = (sorted(ENTITLED[role][event]) for event in MandateEvent)
        yield role, *(", ".join(named) for named in parties)


def _mandate(role: Role) -> Mandate:
    return Mandate(
        id=UUID(int=1),
        principal=UUID(int=2),
        agent=UUID(int=3),
        role=role,
        scope=EVERYTHING,
        valid_from=_NOW - timedelta(days=1),
        valid_until=None,
        lapses_at=None,
        evidence="",
        state=MandateState.ACTIVE,
        state_since=_NOW,
    )
