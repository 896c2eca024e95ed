"""Two residents with records, in a database of each kind."""

from collections.abc import Iterator
from datetime import date
from os import urandom

import pytest

from mynaportal_sim.database import Database
from mynaportal_sim.pseudonyms import Pseudonyms
from mynaportal_sim.records import generate
from tests.mynaportal_sim.records.kit import NOW, World, a_resident


@pytest.fixture
def world(database_url: str) -> Iterator[World]:
    database = Database(database_url)
    resident = a_resident("sato-hanako", date(1985, 4, 12))
    neighbour = a_resident("suzuki-kenichi", date(1972, 11, 3))
    for person in (resident, neighbour):
        database.run(generate.fill, person, NOW.date())
    yield World(database, Pseudonyms(urandom(32)), resident, neighbour)
    database.close()
