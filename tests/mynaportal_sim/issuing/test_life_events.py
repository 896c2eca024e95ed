"""Each event in a life changes what its row says, and nothing else."""

import shutil
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from card_reader.spec import CardKind
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
    Town,
    quick_counter,
    town,
)
from tests.mynaportal_sim.issuing.seeing import Seen

E = LifeEvent
OF_A_CHILD = {E.MOVE, E.DIE, E.LOSE, E.NOT_FOUND, E.RETURN, E.REISSUE}
OF_A_CARD = {*OF_A_CHILD, E.CHANGE_NAME, E.UNBLOCK}
WHILE_LOST = {E.DIE, E.FIND, E.NOT_FOUND, E.RETURN, E.REISSUE}
WHEN_OVER = {E.DIE, E.RETURN, E.END_PERMIT}
IN_PERMIT = {*OF_A_CARD, E.EXTEND_PERMIT}
AT_THE_END = datetime.fromisoformat("2031-01-12T12:00:00+09:00")
AT_14 = datetime.fromisoformat("2031-12-01T12:00:00+09:00")
OTHER = "suzuki-kenichi"
AT_15 = datetime.fromisoformat("2032-08-03T00:00:00+09:00")


@dataclass(frozen=True)
class Scene:
    """How a person stands: after which events, at what time, and what can happen to them.

    They begin with a card of the `kind`, or with none, and may put their phone on the counter.
    """

    persona: str
    before: tuple[LifeEvent, ...]
    possible: set[LifeEvent]
    now: datetime = RENEWABLE
    begin: datetime = NOW
    kind: CardKind | None = None
    brings_phone: bool = False


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
    "a card without a PIN": Scene(ADULT, (), OF_A_CHILD, NOW, kind=CardKind.NO_PIN),
    "a card without a PIN, about to end": Scene(
        ADULT, (), {*OF_A_CHILD, E.RENEW}, AT_THE_END, kind=CardKind.NO_PIN
    ),
    "a card without a PIN, in a stay": Scene(
        PERMITTED, (), {*OF_A_CHILD, E.EXTEND_PERMIT}, kind=CardKind.NO_PIN
    ),
    "the next card": Scene(
        ADULT, (), {*OF_A_CARD, E.RENEW, E.ADD_PHONE}, AT_THE_END, kind=CardKind.NEXT
    ),
    "a phone and no card": Scene(
        ADULT, (), {E.ISSUE, E.DIE, E.LOSE_PHONE}, NOW, kind=CardKind.PHONE
    ),
    "a phone on the counter": Scene(
        ADULT, (E.ISSUE, E.ADD_PHONE), set(), NOW, brings_phone=True
    ),
}


@pytest.fixture(scope="module")
def counter() -> Counter:
    return quick_counter(contents=True)


@pytest.fixture
def towns(
    counter: Counter, sqlite_template: Path, tmp_path: Path
) -> Callable[[Scene], Iterator[tuple[LifeEvent, Town]]]:
    """For a scene, each event with a town in which it is set.

    What cannot happen changes nothing: one town does for all of it.
    """

    def of(scene: Scene) -> Iterator[tuple[LifeEvent, Town]]:
        made = tmp_path / "made"
        made.mkdir()
        shutil.copy(sqlite_template, made / "db.sqlite3")
        with _opened(made, counter) as first:
            _set(scene, first)
            for event in set(LifeEvent) - scene.possible:
                yield event, first
        for event in scene.possible:
            folder = tmp_path / event
            shutil.copytree(made, folder)
            with _opened(folder, counter) as copy:
                copy.now = scene.now
                yield event, copy

    return of


def _set(scene: Scene, place: Town) -> None:
    place.now = scene.begin
    place.consent(scene.persona)
    place.give_a_proxy(place.resident(scene.persona), place.resident(OTHER))
    if scene.kind is not None:
        place.give_a_card(scene.persona, scene.kind)
    place.let(scene.persona, *scene.before)
    place.now = scene.now
    place.log_in(scene.persona)
    place.log_in(OTHER)


@contextmanager
def _opened(folder: Path, counter: Counter) -> Iterator[Town]:
    with closing(Database(f"sqlite:///{folder / 'db.sqlite3'}")) as database:
        yield town(database, folder, counter)


@pytest.mark.parametrize("name", SCENES)
def test_what_is_possible_changes_exactly_its_row_and_what_is_not_changes_nothing(
    name: str, towns: Callable[[Scene], Iterator[tuple[LifeEvent, Town]]]
) -> None:
    scene = SCENES[name]
    for event, place in towns(scene):
        before = place.see(scene.persona)
        card = place.office.phone_of(scene.persona) if scene.brings_phone else None
        found = place.wish(scene.persona, WISHES[event], card)
        after = place.see(scene.persona)
        assert isinstance(found, Refusal) is (event not in scene.possible), (event, str(found))
        if isinstance(found, Refusal):
            assert after == before, event
        else:
            assert found.resident == after.resident
            _changes_its_row(event, before, after)


def _changes_its_row(event: LifeEvent, before: Seen, after: Seen) -> None:
    row = LIFE_EVENTS[event]
    assert after.sessions == (0 if row.ends_sessions else before.sessions), event
    assert after.of_others == before.of_others == 1, event
    assert after.agreements == AGREEMENTS.get(event, before.agreements), event
    assert after.entries - before.entries == {TYPES[event]: 1, **ENTERED.get(event, {})}, event
    assert before.entries - after.entries == {}, event
    assert _changed_fields(before, after) == FIELDS.get(event, set()), event
    _rewrites_the_card(event, before, after)
    kept = {serial: after.states[serial] for serial in before.states}
    assert kept == _as_the_row_says(event, before), event
    added = [state for serial, state in after.states.items() if serial not in kept]
    assert added == ["good"] * _how_many_new(event, after), event
    assert after.published == _not_good(after), event
    _moves_the_card(event, before, after)
    _moves_the_phone(event, before, after)


AGREEMENTS = {E.DIE: ("lapsed", "ended")}
"""A consent and a proxy's mandate, where they do not stay as they are."""
ENTERED = {E.DIE: {"consent.lapsed": 1, "mandate.ended": 1}}
"""What is entered beside the event."""


def _not_good(seen: Seen) -> dict[int, str]:
    return {serial: state for serial, state in seen.states.items() if state != "good"}


def _rewrites_the_card(event: LifeEvent, before: Seen, after: Seen) -> None:
    """The parts of the card that the event writes become others, and no other part does."""
    old, new = before.file or {}, after.file or {}
    changed = {part for part in old.keys() | new.keys() if old.get(part) != new.get(part)}
    if event in NEW_CARD:
        assert changed >= {"authentication", "numbers", "照合番号B"}, event
        assert not old or not changed & SAID_OF_A_PERSON, event
        return
    expected = REWRITTEN.get(event, set())
    if new.get("signing") == (None,):
        expected = expected - SIGNING
    elif "signing" in expected and old.get("signing") == (None,):
        expected = expected | SIGNING
    assert changed == expected, event
    for part in changed & EVERYWHERE:
        assert not set(old[part]) & set(new[part]), (event, part)
    for part, said in SAYS.get(event, {}).items():
        assert new[part][0] == said, event


NEW_CARD = {E.ISSUE, E.REISSUE}
EVERYWHERE = {"name", "address", "municipality", "end", "照合番号B"}
"""What stands in several places, and changes in all of them."""
SIGNING = {"signing", "password"}
"""What a card gets with the first signing certificate, and has not without one."""
SAID_OF_A_PERSON = {"name", "address", "municipality", "birth", "sex", "my number", "portrait"}
REWRITTEN = {
    E.RENEW: {"authentication", "signing"},
    E.CHANGE_NAME: {"name", "signing"},
    E.MOVE: {"address", "municipality"},
    E.UNBLOCK: {"PIN", "password"},
    E.COME_OF_AGE: {"signing", "password"},
    E.CERTIFY: {"signing"},
    E.EXTEND_PERMIT: {"authentication", "signing", "end", "照合番号B"},
}
"""Which parts of the card each event writes."""
SAYS = {
    E.CHANGE_NAME: {"name": "NGUYEN VAN BINH"},
    E.MOVE: {"address": "東京都千代田区千代田１番１号", "municipality": "13101"},
    E.UNBLOCK: {"PIN": "4321", "password": "NEW123"},
    E.EXTEND_PERMIT: {"end": "20330331"},
}
"""What then stands there, by WISHES."""
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
