"""What an event writes on a card survives a crash, and spares what was done meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.emulator.personalise import read_card
from mynaportal_sim.issuing import holdings, staging
from mynaportal_sim.issuing.counter import issue_card, personalise_all
from mynaportal_sim.issuing.effects import take_place
from mynaportal_sim.issuing.life import Status
from mynaportal_sim.issuing.life_events import LIFE_EVENTS, LifeEvent, Written
from mynaportal_sim.issuing.model import Standing
from mynaportal_sim.issuing.office import stand
from mynaportal_sim.issuing.refusals import Reason, Refusal
from tests.mynaportal_sim.issuing.kit import (
    ADULT,
    NOW,
    OVER,
    PERMITTED,
    WISHES,
    Town,
    prepared,
)
from tests.mynaportal_sim.issuing.seeing import told

E = LifeEvent
SELECT_JPKI, SELECT_PIN = "00a4040c0ad392f000260100000001", "00a4020c020018"
WRONG_PIN, SELECT_PASSWORD = "002000800439393939", "00a4020c02001b"


class DiedError(Exception):
    """The process died."""


@pytest.mark.parametrize("happened", [True, False])
def test_a_crash_leaves_the_card_as_the_registers_have_it(small: Town, happened: bool) -> None:
    small.let(ADULT, E.ISSUE)
    path, old = small.office.card_of(ADULT), small.file(ADULT)
    deed = prepared(small, WISHES[E.REISSUE])
    assert deed.made.card is not None
    with suppress(DiedError), staging.writing(path, deed.id, deed.made.card, None):
        if happened:
            small.office.database.run(take_place, deed)
        raise DiedError
    people = [small.resident(ADULT)]
    office = small.office
    personalise_all(office.database, office.counter, people, office.cards, small.now)
    found, expected = small.file(ADULT), deed.made.card if happened else old
    assert found is not None
    assert expected is not None
    assert told(found) == told(expected)
    assert _staged(path) == []
    assert small.standing(ADULT).status(small.now) is Status.ACTIVE


def test_a_crash_is_made_good_whatever_a_card_is_called(small: Town, tmp_path: Path) -> None:
    path, office = tmp_path / "my[1].json", small.office
    issue_card(office.database, office.counter, small.resident(ADULT), path, small.now)
    deed = prepared(small, WISHES[E.REISSUE])
    assert deed.made.card is not None
    with suppress(DiedError), staging.writing(path, deed.id, deed.made.card, None):
        office.database.run(take_place, deed)
        raise DiedError
    assert stand(office, small.resident(ADULT), path).status(small.now) is Status.ACTIVE


def test_who_looks_while_an_event_happens_sees_what_it_leads_to(small: Town) -> None:
    small.let(ADULT, E.ISSUE)
    path, deed = small.office.card_of(ADULT), prepared(small, WISHES[E.REISSUE])
    assert deed.made.card is not None
    with ThreadPoolExecutor() as others:
        with staging.writing(path, deed.id, deed.made.card, None):
            early = others.submit(stand, small.office, small.resident(ADULT))
            small.office.database.run(take_place, deed)
            late = others.submit(stand, small.office, small.resident(ADULT))
        seen = [look.result().status(small.now) for look in (early, late)]
    assert seen == [Status.ACTIVE] * 2
    assert read_card(path).auth_certificate == deed.made.card.auth_certificate
    assert _staged(path) == []


BEFORE = {
    E.ISSUE: (E.ISSUE, E.RETURN),
    E.FIND: (E.ISSUE, E.LOSE),
    E.LOSE_PHONE: (E.ISSUE, E.ADD_PHONE),
}
"""What happened before the card's file was damaged, where that is not the issue alone."""


@pytest.mark.parametrize("event", LifeEvent)
def test_a_damaged_card_keeps_from_happening_only_what_is_written_on_it(
    small: Town, event: LifeEvent
) -> None:
    persona, now = (PERMITTED, OVER) if event is E.END_PERMIT else (ADULT, NOW)
    small.let(persona, *BEFORE.get(event, (E.ISSUE,)))
    small.now = now
    path, damaged = small.office.card_of(persona), b'{"format": "mynasim-card", '
    path.write_bytes(damaged)
    found = small.wish(persona, WISHES[event])
    kept = [(path.parent / name).read_bytes() for name in staging.set_aside(path)]
    if LIFE_EVENTS[event].written is Written.CARD:
        assert isinstance(found, Standing)
        assert (found.unreadable, kept) == ("", [damaged])
        assert small.standing(persona).status(now) is Status.ACTIVE
        return
    assert (path.read_bytes(), kept) == (damaged, [])
    if LIFE_EVENTS[event].written is Written.NOTHING:
        assert isinstance(found, Standing)
        assert "damaged" in found.unreadable
        assert event in _happened(small, persona)
    else:
        assert isinstance(found, Refusal)
        assert found.reason is Reason.UNREADABLE
        assert event not in _happened(small, persona)


def _happened(place: Town, persona: str) -> set[LifeEvent]:
    life = place.office.database.run(holdings.life_of, place.resident(persona).id)
    return {one.event for one in life}


@pytest.mark.parametrize("which", ["the card", "what was staged for it"])
def test_a_crash_beside_a_damaged_file_is_made_good_by_a_new_card(
    small: Town, which: str
) -> None:
    small.let(ADULT, E.ISSUE)
    path, deed = small.office.card_of(ADULT), prepared(small, WISHES[E.MOVE])
    assert deed.made.card is not None
    with (
        suppress(DiedError),
        staging.writing(path, deed.id, deed.made.card, small.file(ADULT)),
    ):
        small.office.database.run(take_place, deed)
        raise DiedError
    [staged] = _staged(path)
    (path if which == "the card" else staged).write_bytes(b"{")
    assert isinstance(small.wish(ADULT, WISHES[E.LOSE]), Standing)
    assert bool(_staged(path)) is (which != "the card")
    small.let(ADULT, E.REISSUE)
    assert (read_card(path).label, _staged(path)) == (ADULT, [])
    assert small.standing(ADULT).status(small.now) is Status.ACTIVE
    assert len(staging.set_aside(path)) == (which == "the card")


def _staged(path: Path) -> list[Path]:
    return list((path.parent / staging.FOLDER).glob("*.json"))


@pytest.mark.parametrize("crashed", [False, True], ids=["", "and the process died"])
@pytest.mark.parametrize(
    ("event", "left"),
    [
        pytest.param(E.MOVE, ("7777", 2, "ABC123", 4), id="moved"),
        pytest.param(E.UNBLOCK, ("4321", 3, "NEW123", 5), id="PINs were set"),
        pytest.param(E.REISSUE, ("1234", 3, "ABC123", 5), id="another card"),
    ],
)
def test_what_happened_to_a_pin_meanwhile_stays_unless_the_event_sets_it(
    small: Town, event: LifeEvent, left: tuple[object, ...], crashed: bool
) -> None:
    small.let(ADULT, E.ISSUE)
    path, deed = small.office.card_of(ADULT), prepared(small, WISHES[event])
    before = None if event is E.REISSUE else small.file(ADULT)
    assert deed.made.card is not None
    with suppress(DiedError), staging.writing(path, deed.id, deed.made.card, before):
        small.office.database.run(take_place, deed)
        if crashed:
            raise DiedError
        _use(path)
    if crashed:
        _use(path)
    for _ in range(2):
        stand(small.office, small.resident(ADULT))
        found = read_card(path)
        assert found.auth_certificate == deed.made.card.auth_certificate
        parts = told(found)
        assert (*parts["PIN"], *parts["password"]) == left
    _use(path, "1234" if event is E.REISSUE else str(left[0]))
    stand(small.office, small.resident(ADULT))
    assert read_card(path).pin == "7777"


def _use(path: Path, pin: str = "1234") -> None:
    """Change the PIN of a card, and mistype that and the password once."""
    session, change = Session(Card.load(path)), f"0024018004{b'7777'.hex()}"
    right, wrong_password = f"0020008004{pin.encode().hex()}", f"0020008006{b'WRONG1'.hex()}"
    for apdu in (SELECT_JPKI, SELECT_PIN, right, change, WRONG_PIN):
        session.exchange(bytes.fromhex(apdu))
    for apdu in (SELECT_PASSWORD, wrong_password):
        session.exchange(bytes.fromhex(apdu))
