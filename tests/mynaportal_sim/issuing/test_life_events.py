"""Each event in a life changes what its row says, and nothing else."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from mynaportal_sim.database import Database
from mynaportal_sim.issuing.cards import Counter
from mynaportal_sim.issuing.entries import TYPES
from mynaportal_sim.issuing.life import TRANSITIONS, Happening, State
from mynaportal_sim.issuing.life_events import LIFE_EVENTS, Fate, LifeEvent, Written
from mynaportal_sim.issuing.refusals import Refusal
from mynaportal_sim.pki.model import RevocationReason
from tests.mynaportal_sim.issuing.kit import (
    ADULT,
    CHILD,
    NOW,
    OVER,
    PERMITTED,
    RENEWABLE,
    WISHES,
    Seen,
    Town,
    quick_counter,
    town,
)

E = LifeEvent
OF_A_CHILD = {E.MOVE, E.DIE, E.LOSE, E.NOT_FOUND, E.RETURN, E.REISSUE}
OF_A_CARD = {*OF_A_CHILD, E.CHANGE_NAME, E.UNBLOCK}
WHILE_LOST = {E.DIE, E.FIND, E.NOT_FOUND, E.RETURN, E.REISSUE}
WHEN_OVER = {E.DIE, E.RETURN, E.END_PERMIT}
IN_PERMIT = {*OF_A_CARD, E.EXTEND_PERMIT}
AT_THE_END = datetime.fromisoformat("2031-01-12T12:00:00+09:00")
AT_14 = datetime.fromisoformat("2031-12-01T12:00:00+09:00")
AT_15 = datetime.fromisoformat("2032-08-03T00:00:00+09:00")


@dataclass(frozen=True)
class Scene:
    """How a person stands: after which events, at what time, and what can happen to them."""

    persona: str
    before: tuple[LifeEvent, ...]
    possible: set[LifeEvent]
    now: datetime = RENEWABLE
    begin: datetime = NOW


SCENES = {
    "no card": Scene(PERMITTED, (), {E.ISSUE, E.DIE}),
    "a new card": Scene(ADULT, (E.ISSUE,), {*OF_A_CARD, E.ADD_PHONE}, NOW),
    "about to end": Scene(ADULT, (E.ISSUE,), {*OF_A_CARD, E.RENEW, E.ADD_PHONE}, AT_THE_END),
    "about to end with the card": Scene(PERMITTED, (E.ISSUE,), {*IN_PERMIT, E.ADD_PHONE}),
    "suspended": Scene(PERMITTED, (E.ISSUE, E.LOSE), WHILE_LOST),
    "stopped": Scene(PERMITTED, (E.ISSUE, E.LOSE, E.NOT_FOUND), {E.DIE, E.RETURN, E.REISSUE}),
    "returned": Scene(PERMITTED, (E.ISSUE, E.ADD_PHONE, E.RETURN), {E.DIE, E.ISSUE}),
    "dead": Scene(PERMITTED, (E.ISSUE, E.DIE), set()),
    "expired": Scene(PERMITTED, (E.ISSUE,), WHEN_OVER, OVER),
    "expired while suspended": Scene(PERMITTED, (E.ISSUE, E.LOSE), WHEN_OVER, OVER),
    "moved": Scene(PERMITTED, (E.ISSUE, E.MOVE), {*IN_PERMIT - {E.MOVE}, E.CERTIFY}),
    "with a phone": Scene(PERMITTED, (E.ISSUE, E.ADD_PHONE), {*IN_PERMIT, E.LOSE_PHONE}),
    "suspended, with a phone": Scene(
        PERMITTED,
        (E.ISSUE, E.ADD_PHONE, E.LOSE),
        {*WHILE_LOST, E.LOSE_PHONE},
    ),
    "a child": Scene(CHILD, (E.ISSUE,), OF_A_CHILD, NOW),
    "a child, the day before 15": Scene(
        CHILD, (E.ISSUE,), OF_A_CHILD, AT_15 - timedelta(seconds=1), AT_14
    ),
    "a child of 15": Scene(
        CHILD, (E.ISSUE,), {*OF_A_CHILD, E.CHANGE_NAME, E.COME_OF_AGE}, AT_15, AT_14
    ),
}


@pytest.fixture(scope="module")
def counter() -> Counter:
    return quick_counter()


@pytest.fixture
def towns(
    counter: Counter, sqlite_template: Path, tmp_path: Path
) -> Callable[[Scene], Iterator[Town]]:
    """For a scene, one town after the other in which it is set."""

    def of(scene: Scene) -> Iterator[Town]:
        made = tmp_path / "made"
        made.mkdir()
        shutil.copy(sqlite_template, made / "db.sqlite3")
        with _opened(made, counter) as first:
            first.now = scene.begin
            first.let(scene.persona, *scene.before)
            first.now = scene.now
            first.log_in(scene.persona)
            first.log_in("suzuki-kenichi")
        for event in LifeEvent:
            folder = tmp_path / event
            shutil.copytree(made, folder)
            with _opened(folder, counter) as copy:
                copy.now = scene.now
                yield copy

    return of


@contextmanager
def _opened(folder: Path, counter: Counter) -> Iterator[Town]:
    with closing(Database(f"sqlite:///{folder / 'db.sqlite3'}")) as database:
        yield town(database, folder, counter)


@pytest.mark.parametrize("name", SCENES)
def test_what_is_possible_changes_exactly_its_row_and_what_is_not_changes_nothing(
    name: str, towns: Callable[[Scene], Iterator[Town]]
) -> None:
    scene = SCENES[name]
    for event, place in zip(LifeEvent, towns(scene), strict=True):
        before = place.see(scene.persona)
        found = place.wish(scene.persona, WISHES[event])
        after = place.see(scene.persona)
        assert isinstance(found, Refusal) is (event not in scene.possible), (event, str(found))
        if isinstance(found, Refusal):
            assert after == before, event
        else:
            assert found.resident == after.resident
            _changes_its_row(event, before, after)


def _changes_its_row(event: LifeEvent, before: Seen, after: Seen) -> None:
    row, wish = LIFE_EVENTS[event], WISHES[event]
    assert after.sessions == (0 if row.ends_sessions else before.sessions), event
    assert after.entries - before.entries == {TYPES[event]: 1}, event
    assert before.entries - after.entries == {}, event
    assert _changed_fields(before, after) == FIELDS.get(event, set()), event
    rewritten = row.written in REWRITING or (row.may_certify and wish.certify)
    assert (before.file != after.file) is rewritten, event
    kept = {serial: after.states[serial] for serial in before.states}
    assert kept == _as_the_row_says(event, before), event
    added = [state for serial, state in after.states.items() if serial not in kept]
    assert added == ["good"] * _how_many_new(event, after), event
    _moves_the_card(event, before, after)
    _moves_the_phone(event, before, after)


REWRITING = {Written.CARD, Written.CERTIFICATES, Written.PINS}
FIELDS = {
    E.CHANGE_NAME: {"name", "kana", "romaji"},
    E.MOVE: {"address", "municipality"},
    E.DIE: {"died"},
    E.EXTEND_PERMIT: {"permitted_until"},
}


def _changed_fields(before: Seen, after: Seen) -> set[str]:
    one, other = before.resident, after.resident
    names = (field.name for field in fields(one))
    return {name for name in names if getattr(one, name) != getattr(other, name)}


def _as_the_row_says(event: LifeEvent, before: Seen) -> dict[int, str]:
    """What becomes of the certificates that there were: nothing, if the row says nothing."""
    row, states = LIFE_EVENTS[event], dict(before.states)
    reason = row.reason or RevocationReason.SUPERSEDED
    for holding, fates in (
        (before.card, (row.authentication, row.signing)),
        (before.phone, (row.phone, row.phone)),
    ):
        both = (holding.authentication, holding.signing) if holding else (None, None)
        for held, fate in zip(both, fates, strict=True):
            if held is None or states[held.name.serial] not in {"good", "certificateHold"}:
                continue
            if fate is not Fate.KEPT:
                states[held.name.serial] = {
                    Fate.HELD: "certificateHold",
                    Fate.RELEASED: "good",
                    Fate.REVOKED: reason.value,
                    Fate.NEW: reason.value,
                }[fate]
    return states


def _how_many_new(event: LifeEvent, after: Seen) -> int:
    row, wish = LIFE_EVENTS[event], WISHES[event]
    signing = row.signing is Fate.NEW or (row.may_certify and wish.certify)
    if after.card is not None and after.card.signing is None:
        signing = False  # under 15
    return (row.authentication is Fate.NEW) + signing + 2 * (row.phone is Fate.NEW)


def _moves_the_card(event: LifeEvent, before: Seen, after: Seen) -> None:
    row, old, new = LIFE_EVENTS[event], before.card, after.card
    if row.written is Written.CARD:
        assert new is not None
        assert new.state is State.ACTIVE
        assert new.replaces == (None if old is None else old.id)
        return
    if old is None or new is None:
        assert old is new
        return
    moved = None if row.card is None else TRANSITIONS.get((old.state, row.card))
    assert new.state is (moved or old.state), event
    assert new.id == old.id, event
    assert (new.expires != old.expires) is (event is E.EXTEND_PERMIT), event


def _moves_the_phone(event: LifeEvent, before: Seen, after: Seen) -> None:
    fate, old, new = LIFE_EVENTS[event].phone, before.phone, after.phone
    if fate is Fate.NEW:
        assert after.card is not None
        assert new is not None
        assert (new.state, new.linked_to) == (State.ACTIVE, after.card.id)
    elif old is not None and new is not None:
        assert new.state is (State.STOPPED if fate is Fate.REVOKED else old.state), event
    else:
        assert old is new, event


def test_whatever_can_happen_happens_in_a_scene() -> None:
    assert set().union(*(scene.possible for scene in SCENES.values())) == set(LifeEvent)


def test_what_a_phone_holds_ends_with_the_signing_certificate_of_the_card() -> None:
    revoking = {Fate.REVOKED, Fate.NEW}
    for event, row in LIFE_EVENTS.items():
        if row.signing in revoking and event not in FIRST_OF_ITS_KIND:
            assert row.phone is Fate.REVOKED, event


FIRST_OF_ITS_KIND = {E.ISSUE, E.COME_OF_AGE, E.CERTIFY}  # there was nothing to end


def test_whoever_cannot_log_in_any_more_is_logged_out() -> None:
    for event, row in LIFE_EVENTS.items():
        if row.authentication in {Fate.REVOKED, Fate.HELD}:
            assert row.ends_sessions, event


@pytest.mark.parametrize("state", State)
@pytest.mark.parametrize("happening", Happening)
def test_a_card_that_is_over_never_comes_back(state: State, happening: Happening) -> None:
    leads_to = TRANSITIONS.get((state, happening))
    if state in {State.RETURNED, State.REPLACED}:
        assert leads_to is None
    if leads_to is State.ACTIVE:
        assert (state, happening) == (State.SUSPENDED, Happening.RESUME)
