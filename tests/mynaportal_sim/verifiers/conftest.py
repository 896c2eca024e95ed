"""A portal of each test's own, with a counter, and keys that are made once."""

import pytest

from mynaportal_sim.issuing.keys import Pool, new_keys
from tests.mynaportal_sim.issuing.kit import Inexhaustible
from tests.mynaportal_sim.verifiers.kit import Town, Verifier
from tests.mynaportal_sim.web.conftest import portal, prepared
from tests.mynaportal_sim.web.kit import Portal

__all__ = ["portal", "prepared"]


@pytest.fixture(scope="session")
def pool() -> Pool:
    """Keys for cards, of which there are two and as many as are asked for."""
    [one, other] = new_keys(2)
    return Inexhaustible([one.own, other.own])


@pytest.fixture
def town(portal: Portal, pool: Pool) -> Town:
    """The portal's municipality."""
    return Town.of(portal, pool)


@pytest.fixture
def verifier(portal: Portal) -> Verifier:
    """An app that may ask about certificates."""
    return Verifier.at(portal)
