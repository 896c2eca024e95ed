"""Who may act for whom: by role, act and age, whatever the mandate, and what ends with it."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from consent.errors import (
    InvalidTermsError,
    MandateMovedError,
    NotEntitledError,
)
from consent.japan import reaches_age
from consent.mandate import (
    ENTITLED,
    FATES,
    TRANSITIONS,
    Act,
    Allowed,
    Band,
    Bands,
    Duty,
    Ending,
    Fate,
    Mandate,
    MandateEvent,
    MandateState,
    MandateStatus,
    Party,
    Refusal,
    Refused,
    Scope,
    Wish,
    may,
    may_lift,
    may_oneself,
)
from consent.model import MYSELF, Granter, Role
from tests.consent.conftest import NOON
from tests.consent.mandates import REPRESENTING, a_mandate

BANDS = Bands(own_purposes=frozenset({"health-advice"}))
BOTH = frozenset({"checkup", "medication"})


ASSENT = frozenset({Duty.ASSENT})
AS_ONESELF = (Role.SELF, Role.PROXY)


@pytest.mark.parametrize(
    ("role", "act", "outcomes"),
    [
        # At 0, 11, 12, 14, 15, 17, 18 and 95 years, for a purpose that minors decide alone.
        (Role.GUARDIAN, Act.VIEW, ["", "", "", "", "", "", "came_of_age", "came_of_age"]),
        (
            Role.GUARDIAN,
            Act.GRANT,
            ["", "", "assent", "assent", *["decides_alone"] * 2, *["came_of_age"] * 2],
        ),
        (
            Role.GUARDIAN,
            Act.WITHDRAW,
            ["", "", "", "", *["decides_alone"] * 2, *["came_of_age"] * 2],
        ),
        *((Role.ADULT_GUARDIAN, act, [""] * 8) for act in Act),
        *((role, act, [""] * 8) for role in AS_ONESELF for act in (Act.VIEW, Act.WITHDRAW)),
        *(
            (role, Act.GRANT, [*["guardian_decides"] * 4, *["tell_guardian"] * 2, "", ""])
            for role in AS_ONESELF
        ),
    ],
)
def test_what_each_role_may_do_at_each_age(role: Role, act: Act, outcomes: list[str]) -> None:
    wish = Wish(act, BOTH, "health-advice")
    for age, outcome in zip((0, 11, 12, 14, 15, 17, 18, 95), outcomes, strict=True):
        answer = (
            may_oneself(wish, age, BANDS)
            if role is Role.SELF
            else may(a_mandate(role), wish, age, BANDS, NOON, blocked=False)
        )
        told = ",".join(answer.duties) if isinstance(answer, Allowed) else answer.reason
        assert told == outcome, age


@pytest.mark.parametrize(
    ("role", "outcomes"),
    [
        (Role.GUARDIAN, ["", "", "decides_alone", "came_of_age"]),
        (Role.ADULT_GUARDIAN, [""] * 4),
        *((role, [""] * 4) for role in AS_ONESELF),
    ],
)
def test_to_end_for_every_purpose_is_to_end_for_those_a_minor_decides_alone(
    role: Role, outcomes: list[str]
) -> None:
    wish = Wish(Act.WITHDRAW, BOTH)
    for age, outcome in zip((6, 13, 16, 18), outcomes, strict=True):
        mandate = a_mandate(role)
        answer = (
            may_oneself(wish, age, BANDS)
            if role is Role.SELF
            else may(mandate, wish, age, BANDS, NOON, blocked=False)
        )
        assert answer == (Refused(Refusal(outcome)) if outcome else Allowed()), age
    none_alone = replace(BANDS, own_purposes=frozenset[str]())
    if role is not Role.SELF:
        assert may(a_mandate(role), wish, 16, none_alone, NOON, blocked=False) == Allowed()


_GUARDIAN, _OTHER_GUARDIAN = (Granter(Role.GUARDIAN, UUID(int=n)) for n in (1, 2))
_PROXY, _OTHER_PROXY = (Granter(Role.PROXY, UUID(int=n)) for n in (3, 4))
_COURTS = Granter(Role.ADULT_GUARDIAN, UUID(int=5))


@pytest.mark.parametrize(
    ("placed_as", "lifter", "bands"),
    [
        pytest.param(MYSELF, MYSELF, "guardian assent own adult", id="one's own"),
        pytest.param(_GUARDIAN, MYSELF, "own adult", id="a guardian's, by the person"),
        pytest.param(_PROXY, MYSELF, "own adult", id="a proxy's, by the person"),
        pytest.param(_COURTS, MYSELF, "own adult", id="an adult guardian's, by the person"),
        pytest.param(MYSELF, _GUARDIAN, "", id="the person's, by a guardian"),
        pytest.param(MYSELF, _PROXY, "", id="the person's, by a proxy"),
        pytest.param(MYSELF, _COURTS, "", id="the person's, by an adult guardian"),
        pytest.param(_GUARDIAN, _GUARDIAN, "guardian assent own adult", id="a guardian's own"),
        pytest.param(
            _GUARDIAN, _OTHER_GUARDIAN, "guardian assent own adult", id="another guardian's"
        ),
        pytest.param(_PROXY, _PROXY, "guardian assent own adult", id="a proxy's own"),
        pytest.param(_PROXY, _OTHER_PROXY, "", id="another proxy's"),
        pytest.param(_PROXY, _GUARDIAN, "", id="a proxy's, by a guardian"),
        pytest.param(_GUARDIAN, _PROXY, "", id="a guardian's, by a proxy"),
    ],
)
def test_who_lifts_what_was_prohibited(placed_as: Granter, lifter: Granter, bands: str) -> None:
    assert [band for band in Band if may_lift(placed_as, lifter, band)] == bands.split()


def test_beyond_the_listed_purposes_a_guardian_acts_until_the_minor_is_of_age() -> None:
    wish = Wish(Act.GRANT, BOTH, "insurance")
    for age in (15, 17):
        assert may(a_mandate(Role.GUARDIAN), wish, age, BANDS, NOON, blocked=False) == Allowed(
            ASSENT
        )
        assert may_oneself(wish, age, BANDS) == Refused(Refusal.GUARDIAN_DECIDES)


@pytest.mark.parametrize(
    ("changed", "reason"),
    [
        pytest.param({"state": MandateState.PROPOSED}, Refusal.MANDATE_PROPOSED, id="open"),
        pytest.param({"valid_from": NOON + timedelta(1)}, Refusal.MANDATE_PROPOSED, id="early"),
        pytest.param({"valid_until": NOON}, Refusal.MANDATE_ENDED, id="run out"),
        pytest.param({"state": MandateState.ENDED}, Refusal.MANDATE_ENDED, id="ended"),
        pytest.param({"state": MandateState.REVOKED}, Refusal.MANDATE_ENDED, id="revoked"),
        pytest.param({"lapses_at": NOON}, Refusal.CAME_OF_AGE, id="of age"),
        pytest.param(
            {"state": MandateState.SUSPENDED}, Refusal.MANDATE_SUSPENDED, id="suspended"
        ),
        pytest.param(
            {"scope": Scope(frozenset({Act.VIEW}))}, Refusal.ACT_OUT_OF_SCOPE, id="act"
        ),
        pytest.param(
            {"scope": Scope(categories=frozenset({"checkup"}))},
            Refusal.CATEGORY_OUT_OF_SCOPE,
            id="category",
        ),
    ],
)
def test_a_mandate_that_does_not_reach_is_refused_with_its_reason(
    changed: dict[str, object], reason: Refusal
) -> None:
    mandate = replace(a_mandate(), **changed)  # type: ignore[arg-type]  # fields by name
    wish = Wish(Act.GRANT, BOTH)
    assert may(mandate, wish, 40, BANDS, NOON, blocked=False) == Refused(reason)
    assert reason.sentence_ja
    assert reason.sentence_en


_MANDATES = st.builds(
    lambda role, state, acts, categories, ends, lapses: replace(
        a_mandate(role),
        state=state,
        scope=Scope(frozenset(acts), categories),
        valid_until=NOON + timedelta(days=ends),
        lapses_at=NOON + timedelta(days=lapses) if role is Role.GUARDIAN else None,
    ),
    st.sampled_from(REPRESENTING),
    st.sampled_from(MandateState),
    st.sets(st.sampled_from(Act)),
    st.none() | st.frozensets(st.sampled_from(sorted(BOTH))),
    st.integers(-5, 5),
    st.integers(-5, 5),
)
_WISHES = st.builds(
    Wish,
    st.sampled_from(Act),
    st.frozensets(st.sampled_from(sorted(BOTH))),
    st.sampled_from(["health-advice", "insurance"]),
)


@given(_MANDATES, _WISHES, st.integers(0, 110))
def test_whatever_the_role_one_who_is_kept_away_is_answered_as_a_stranger(
    mandate: Mandate, wish: Wish, age: int
) -> None:
    blocked = may(mandate, wish, age, BANDS, NOON, blocked=True)
    assert blocked == may(None, wish, age, BANDS, NOON, blocked=False)
    assert blocked == Refused(Refusal.NOT_ACTING)


@given(_MANDATES, _WISHES, st.integers(0, 110))
def test_a_mandate_never_gives_more_than_the_principal_has(
    mandate: Mandate, wish: Wish, age: int
) -> None:
    answer = may(mandate, wish, age, BANDS, NOON, blocked=False)
    if isinstance(answer, Refused):
        return
    assert mandate.status(NOON) is MandateStatus.ACTIVE
    assert wish.act in mandate.scope.acts
    assert mandate.scope.covers(wish.categories)
    if mandate.role is Role.GUARDIAN:
        assert age < BANDS.of_age
    elif mandate.role is Role.PROXY:
        assert answer == may_oneself(wish, age, BANDS)


@given(_MANDATES, _WISHES, st.integers(0, 110), st.data())
def test_a_narrower_mandate_never_allows_what_the_wider_one_does_not(
    mandate: Mandate, wish: Wish, age: int, data: st.DataObject
) -> None:
    wide = mandate.scope.categories
    fewer = data.draw(
        st.frozensets(st.sampled_from(sorted(BOTH if wide is None else wide or BOTH)))
    )
    acts = frozenset(data.draw(st.sets(st.sampled_from(Act)))) & mandate.scope.acts
    kept = fewer if wide is None else fewer & wide
    narrow = replace(mandate, scope=Scope(acts, kept))
    if isinstance(may(narrow, wish, age, BANDS, NOON, blocked=False), Allowed):
        assert isinstance(may(mandate, wish, age, BANDS, NOON, blocked=False), Allowed)


@pytest.mark.parametrize("role", REPRESENTING)
@pytest.mark.parametrize("state", MandateState)
@pytest.mark.parametrize("event", MandateEvent)
@pytest.mark.parametrize("party", Party)
def test_the_life_of_a_mandate(
    role: Role, state: MandateState, event: MandateEvent, party: Party
) -> None:
    mandate = replace(a_mandate(role), state=state)
    becomes = TRANSITIONS.get((state, event))
    if becomes is None:
        with pytest.raises(MandateMovedError):
            mandate.after(event, party, NOON)
    elif party not in ENTITLED[role][event]:
        with pytest.raises(NotEntitledError, match="mandate"):
            mandate.after(event, party, NOON)
    else:
        assert mandate.after(event, party, NOON).state is becomes


def test_only_the_principal_of_the_two_and_no_card_ends_what_the_law_did_not_give() -> None:
    assert ENTITLED[Role.PROXY][MandateEvent.END] == {Party.PRINCIPAL, Party.AGENT}
    for role in (Role.GUARDIAN, Role.ADULT_GUARDIAN):
        assert ENTITLED[role][MandateEvent.END] == {Party.AUTHORITY}


def test_what_was_given_by_who_proves_unfit_or_for_who_now_decides_lapses() -> None:
    lapses = {fated for fated, fate in FATES.items() if fate is Fate.LAPSES}
    assert lapses == {
        (Role.GUARDIAN, Ending.OF_AGE),
        *(
            (role, ending)
            for role in REPRESENTING
            for ending in (Ending.REVOKED, Ending.BLOCKED)
        ),
    }
    assert {role for role, _ in FATES} == set(REPRESENTING)


@pytest.mark.parametrize(
    ("born", "years", "instant"),
    [
        (date(2008, 11, 24), 18, datetime(2026, 11, 23, 15, tzinfo=UTC)),
        (date(2008, 2, 29), 18, datetime(2026, 2, 28, 15, tzinfo=UTC)),
        (date(2008, 2, 29), 20, datetime(2028, 2, 28, 15, tzinfo=UTC)),
    ],
)
def test_an_age_is_reached_as_the_day_of_birth_begins_in_japan(
    born: date, years: int, instant: datetime
) -> None:
    assert reaches_age(born, years) == instant


def test_ages_that_fall_are_refused() -> None:
    with pytest.raises(InvalidTermsError):
        Bands(assent_from=16)
