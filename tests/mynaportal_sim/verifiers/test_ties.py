"""Ties hold on each database, also where two apps or two requests meet."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path
from uuid import uuid4

import pytest

from card_reader.spec import CardKind, Kind
from mynaportal_sim.database import Database
from mynaportal_sim.issuing.life_events import LifeEvent
from mynaportal_sim.issuing.model import Named
from mynaportal_sim.issuing.succession import chain_of, chains_of
from mynaportal_sim.verifiers import store
from mynaportal_sim.verifiers.store import Tie
from tests.mynaportal_sim.issuing.kit import ADULT, NOW, Town, quick_counter, town


@pytest.fixture
def people(database_url: str, tmp_path: Path) -> Iterator[Town]:
    """A town of which one resident has got a card."""
    with closing(Database(database_url)) as database:
        made = town(database, tmp_path / "cards", quick_counter())
        made.office.cards.mkdir()
        made.let(ADULT, LifeEvent.ISSUE)
        yield made


def the_chain(people: Town) -> Named:
    """The first certificate of the chain for user authentication."""
    card = people.standing(ADULT).card
    assert card is not None
    assert card.authentication is not None
    found = people.office.database.run(chain_of, card.authentication.name)
    assert found is not None
    assert found.first is not None
    return found.first.name


def test_of_two_that_tie_at_once_one_does(people: Town) -> None:
    database, first = people.office.database, the_chain(people)
    ties = [Tie(uuid4(), "app-1", first, f"u-{at}", NOW) for at in range(4)]
    with ThreadPoolExecutor(4) as threads:
        kept = list(threads.map(lambda tie: database.run(store.add, tie), ties))
    assert sorted(kept) == [False, False, False, True]
    assert database.run(store.of_chains, [first]) == [ties[kept.index(True)]]


def test_a_persons_chains_are_found_at_their_newest_certificates(people: Town) -> None:
    first = the_chain(people)
    people.let(ADULT, LifeEvent.REISSUE, LifeEvent.ADD_PHONE)
    chains = people.office.database.run(chains_of, people.resident(ADULT).id)
    kinds = [(chain.newest.kind, chain.newest.card.kind) for chain in chains]
    assert sorted(kinds) == sorted(
        (kind, card) for kind in Kind for card in (CardKind.CARD, CardKind.PHONE)
    )
    assert the_chain(people) == first
    assert sum(chain.first is not None and chain.first.name == first for chain in chains) == 1
