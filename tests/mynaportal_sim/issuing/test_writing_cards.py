"""What an event writes on a card survives a crash, and spares what was done meanwhile."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path

import pytest

from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.emulator.personalise import read_card
from mynaportal_sim.issuing import staging
from mynaportal_sim.issuing.counter import issue_card, personalise_all
from mynaportal_sim.issuing.effects import take_place
from mynaportal_sim.issuing.life import Status
from mynaportal_sim.issuing.life_events import LifeEvent
from mynaportal_sim.issuing.office import stand
from tests.mynaportal_sim.issuing.kit import ADULT, WISHES, Town, prepared, told

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
        assert (*told(found)[2:],) == left
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
