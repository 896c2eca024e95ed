"""Answers to make events of, and an app's endpoint that answers as a test says."""

from collections.abc import Iterator

import pytest

from tests.consent.conftest import database, granted, noon, proposal
from tests.mynaportal_sim.delivery.kit import Endpoint

__all__ = ["database", "granted", "noon", "proposal"]


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as listening:
        yield listening
