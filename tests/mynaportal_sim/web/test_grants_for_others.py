"""Who acts for a person amends no grant of which they may not see all."""

from pathlib import Path

import pytest

from consent.mandate import Act, Scope
from tests.mynaportal_sim.web.acting import (
    CHIYO,
    TETSUYA,
    acting,
    entrust,
    logged_in,
    refused,
)
from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.kit import JSON, Portal


@pytest.fixture
def prepared(households: Path) -> Path:
    """The people of these tests."""
    return households


@pytest.mark.parametrize(
    ("categories", "sees"),
    [
        pytest.param({"checkup", "medication"}, True, id="all that is granted"),
        pytest.param({"medication"}, False, id="only what is added"),
    ],
)
def test_a_proxy_is_asked_about_a_grant(
    portal: Portal, categories: set[str], sees: bool
) -> None:
    client = Client.registered(portal)
    person = logged_in(portal, CHIYO)
    path = str(portal.ask(person, client.client_id).headers["location"])
    grant_id = client.redeemed(person, path, "checkup")
    entrust(
        portal, Scope(frozenset({Act.VIEW, Act.GRANT, Act.WITHDRAW}), frozenset(categories))
    )
    browser = acting(portal, TETSUYA)
    path = client.merging(browser, grant_id)
    if sees:
        assert browser.get(path, **JSON).json()["addition"] == "under"
    else:
        assert refused(browser, path) == "category_out_of_scope"
