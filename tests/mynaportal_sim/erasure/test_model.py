"""What can happen to an erasure, and when it is overdue."""

from dataclasses import replace
from datetime import timedelta
from itertools import product

import pytest

from mynaportal_sim.erasure.errors import ErasureSettledError
from mynaportal_sim.erasure.model import TRANSITIONS, State, Status, Step
from tests.mynaportal_sim.erasure.kit import MONTH, NOON, a_case


@pytest.mark.parametrize(("state", "step"), list(product(State, Step)))
def test_each_step_leads_where_the_table_says_and_nowhere_else(
    state: State, step: Step
) -> None:
    case = a_case(state=state)
    if (state, step) in TRANSITIONS:
        moved = case.after(step, NOON)
        assert (moved.state, moved.state_since) == (TRANSITIONS[state, step], NOON)
        assert replace(moved, state=state, state_since=case.state_since) == case
    else:
        with pytest.raises(ErasureSettledError) as refused:
            case.after(step, NOON)
        assert refused.value.state == state


def test_what_is_attested_never_goes_back() -> None:
    assert not [step for state, step in TRANSITIONS if state is State.ATTESTED]


@pytest.mark.parametrize("state", State)
def test_what_is_not_attested_by_its_day_is_overdue(state: State) -> None:
    case = a_case(state=state)
    before = case.due_at - timedelta(seconds=1)
    assert case.status(before) is Status(state)
    late = Status.ATTESTED if state is State.ATTESTED else Status.OVERDUE
    assert case.status(case.due_at) is late


@pytest.mark.parametrize("state", State)
def test_an_app_that_waits_for_others_alone_has_certified_that_it_erased(state: State) -> None:
    erased = {State.AWAITING_RECIPIENTS, State.ATTESTED}
    assert a_case(state=state).erased_by_app is (state in erased)


def test_what_a_law_retains_is_due_when_the_law_is_done_with_it() -> None:
    until = NOON + 12 * MONTH
    case = a_case(state=State.RETAINED_BY_LAW, retained_until=until)
    assert case.status(NOON + 2 * MONTH) is Status.RETAINED_BY_LAW
    assert case.status(until) is Status.OVERDUE
