"""A plugin of pytest that takes one check out of the authorization server, wherever it runs."""

import gc
import os

import pytest

from mynaportal_sim.oauth import router
from mynaportal_sim.oauth.trail import Check

VARIABLE = "TESTS_WITHOUT_CHECK"


def _nothing(_given: object) -> None:
    """What a check does that is not there."""


def pytest_configure(config: pytest.Config) -> None:
    del config
    name = os.environ[VARIABLE]
    assert router.router.routes, "all checks have been made"
    mine = [one for one in gc.get_objects() if isinstance(one, Check) and one.name == name]
    if not mine:
        raise pytest.UsageError(f"there is no check {name}")
    for check in mine:
        object.__setattr__(check, "run", _nothing)
