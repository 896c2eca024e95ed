"""Who acts for a person and leaves records out of the person's consents."""

from pathlib import Path

import pytest

from consent.mandate import Act, Scope
from tests.mynaportal_sim.web.acting import (
    CHIYO,
    TETSUYA,
    acting,
    allow,
    ask,
    entrust,
    listed,
    logged_in,
)
from tests.mynaportal_sim.web.kit import JSON, Portal
from tests.mynaportal_sim.web.leaving import form_of, leave_out, page_of


@pytest.fixture
def prepared(households: Path) -> Path:
    """The people of these tests."""
    return households


def test_who_acts_for_a_person_leaves_out_what_they_may_and_is_entered(portal: Portal) -> None:
    given = logged_in(portal, CHIYO)
    allow(given, ask(portal, given))
    entrust(portal, Scope(frozenset({Act.VIEW, Act.WITHDRAW})))
    browser = acting(portal, TETSUYA)
    leave_out(browser)
    told = [one for one in listed(given, "/history", "entries") if "小川" in one["by"]]
    assert {"access.listed", "consent.granted"} <= {one["type"] for one in told}
    assert page_of(given)[1]["left_out"] == 1
    assert sum(
        one["type"] == "access.listed" for one in listed(given, "/history", "entries")
    ) == (sum(one["type"] == "access.listed" for one in told))


@pytest.mark.parametrize(
    ("scope", "shown", "refusal"),
    [
        pytest.param(Scope(frozenset({Act.VIEW})), 200, 403, id="may only see"),
        pytest.param(Scope(categories=frozenset({"medication"})), 404, 404, id="other data"),
    ],
)
def test_who_acts_for_a_person_goes_no_further_than_the_mandate(
    portal: Portal, scope: Scope, shown: int, refusal: int
) -> None:
    given = logged_in(portal, CHIYO)
    allow(given, ask(portal, given))
    path, found = page_of(given)
    entrust(portal, scope)
    browser = acting(portal, TETSUYA)
    assert browser.get(path, **JSON).status_code == shown
    wish = form_of(found, found["records"][0]["id"]) | {"csrf": browser.csrf("/consents")}
    assert browser.post(path, wish, **JSON).status_code == refusal
    assert page_of(given)[1]["left_out"] == 0
    if shown == 200:
        assert 'class="danger"' not in browser.get(path).text
