"""Every status has a word in every system, and no word brings a consent back to life."""

from itertools import product

import pytest

from consent.model import NEVER_GRANTED, State, Status
from consent.views import states
from consent.views.states import Words

# What a consent may be read as, if it stood so when it was told.
_OVER = frozenset(State) - NEVER_GRANTED - {State.GRANTED, State.SUSPENDED}
MAY_BECOME = {
    **dict.fromkeys(Status, _OVER),
    Status.REQUESTED: {State.REQUESTED, State.DEFERRED},
    Status.DEFERRED: {State.REQUESTED, State.DEFERRED},
    Status.DENIED: {State.DENIED},
    Status.CANCELLED: _OVER | {State.CANCELLED, State.DENIED, State.DEFERRED},
    Status.GRANTED: {State.GRANTED},
    Status.NOT_YET_VALID: {State.GRANTED, State.REQUESTED},
    Status.SUSPENDED: _OVER | {State.SUSPENDED},
}

systems = pytest.mark.parametrize("words", states.ALL, ids=lambda one: one.system)


@systems
def test_every_status_is_told_by_a_word_that_can_be_read(words: Words) -> None:
    assert words.told.keys() == set(Status)
    assert set(words.told.values()) <= words.read.keys()


@pytest.mark.parametrize(
    ("words", "status"),
    list(product(states.ALL, Status)),
    ids=lambda one: one.system if isinstance(one, Words) else one.value,
)
def test_what_is_read_is_no_livelier_than_what_was_told(words: Words, status: Status) -> None:
    assert words.read[words.told[status]] in MAY_BECOME[status]


@systems
def test_only_one_word_gives_and_it_is_told_of_what_gives(words: Words) -> None:
    giving = {word for word, state in words.read.items() if state is State.GRANTED}
    told = {status for status, word in words.told.items() if word in giving}
    assert told <= {Status.GRANTED, Status.NOT_YET_VALID}
    assert Status.GRANTED in told
