"""Who gets a card or a phone without an event: by `card new`, and as a portal starts."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from card_reader.spec import CardKind
from mynaportal_sim.issuing import holdings
from mynaportal_sim.issuing.counter import issue_card, personalise_all
from mynaportal_sim.issuing.errors import NotEntitledError
from mynaportal_sim.issuing.life import State
from mynaportal_sim.issuing.life_events import LifeEvent
from mynaportal_sim.issuing.model import Holding
from mynaportal_sim.pki import model as pki
from tests.mynaportal_sim.issuing.kit import ADULT, CHILD, NOW, Town

E = LifeEvent
AT_15 = datetime.fromisoformat("2032-08-03T00:00:00+09:00")
REVOKED, GOOD = pki.State.REVOKED, pki.State.GOOD


def _issue(place: Town, persona: str, path: Path, kind: CardKind = CardKind.CARD) -> None:
    office = place.office
    issue_card(office.database, office.counter, place.resident(persona), path, place.now, kind)


@pytest.mark.parametrize(
    ("persona", "events", "kind", "now", "says"),
    [
        pytest.param(ADULT, (E.ISSUE, E.DIE), CardKind.CARD, NOW, "has died", id="the dead"),
        pytest.param(ADULT, (E.DIE,), CardKind.PHONE, NOW, "has died", id="a dead's phone"),
        pytest.param(
            CHILD, (), CardKind.PHONE, AT_15 - timedelta(seconds=1), "from 15", id="not yet 15"
        ),
        pytest.param(CHILD, (), CardKind.PHONE, AT_15, "", id="of 15"),
        pytest.param(CHILD, (), CardKind.CARD, NOW, "", id="a child's card"),
        pytest.param(
            ADULT, (E.ISSUE, E.MOVE), CardKind.PHONE, NOW, "a signing certificate", id="moved"
        ),
        pytest.param(
            ADULT, (E.ISSUE, E.LOSE), CardKind.PHONE, NOW, "a signing certificate", id="lost"
        ),
        pytest.param(ADULT, (E.ISSUE,), CardKind.PHONE, NOW, "", id="with a card"),
    ],
)
def test_who_is_entitled_gets_one(
    small: Town,
    tmp_path: Path,
    *,
    persona: str,
    events: tuple[LifeEvent, ...],
    kind: CardKind,
    now: datetime,
    says: str,
) -> None:
    small.let(persona, *events)
    small.now, path = now, tmp_path / "new.json"
    if not says:
        _issue(small, persona, path, kind)
    else:
        with pytest.raises(NotEntitledError, match=says):
            _issue(small, persona, path, kind)
    assert path.exists() is not bool(says)


@pytest.mark.parametrize(
    ("events", "made"),
    [
        pytest.param((), True, id="never had one"),
        pytest.param((E.ISSUE,), True, id="in use"),
        pytest.param((E.ISSUE, E.LOSE), False, id="suspended"),
        pytest.param((E.ISSUE, E.NOT_FOUND), False, id="given up"),
        pytest.param((E.ISSUE, E.RETURN), False, id="given back"),
        pytest.param((E.ISSUE, E.DIE), False, id="dead"),
        pytest.param((E.DIE,), False, id="dead without one"),
    ],
)
def test_a_portal_that_starts_makes_no_card_behind_the_counters_back(
    small: Town, events: tuple[LifeEvent, ...], made: bool
) -> None:
    small.let(ADULT, *events)
    office, path = small.office, small.office.card_of(ADULT)
    path.unlink(missing_ok=True)
    people = [small.resident(ADULT)]
    personalise_all(office.database, office.counter, people, office.cards, small.now)
    assert path.exists() is made


@pytest.mark.parametrize("event", [E.MOVE, E.NOT_FOUND, E.RETURN, E.DIE, E.LOSE_PHONE])
def test_a_person_has_one_phone_which_ends_with_what_it_is_linked_to(
    small: Town, tmp_path: Path, event: LifeEvent
) -> None:
    small.let(ADULT, E.ISSUE, E.ADD_PHONE)
    _issue(small, ADULT, tmp_path / "phone.json", CardKind.PHONE)
    added, replaced = _phones(small)
    card = small.standing(ADULT).card
    assert card is not None
    assert card.signing is not None
    assert (added.linked_to, added.expires) == (card.id, card.signing.not_after)
    assert (added.state, _states(added)) == (State.ACTIVE, [GOOD, GOOD])
    assert (replaced.state, _states(replaced)) == (State.REPLACED, [REVOKED, REVOKED])
    small.let(ADULT, event)
    assert [_states(one) for one in _phones(small)] == [[REVOKED, REVOKED]] * 2


def _phones(place: Town) -> list[Holding]:
    held = place.office.database.run(holdings.of_resident, place.resident(ADULT).id)
    return [one for one in held if one.is_phone]


def _states(phone: Holding) -> list[pki.State | None]:
    both = (phone.authentication, phone.signing)
    return [None if one is None else one.state for one in both]
