"""Each term that an app can ask for, from the request to the moment at which it has run out."""

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

import pytest

from mynaportal_sim.clock import Clock
from mynaportal_sim.sample_app.errors import RelyingPartyError
from mynaportal_sim.sample_app.relying_party import RelyingParty, Tokens
from tests.journeys.conftest import mostly_on
from tests.journeys.kit import Portal, details

pytestmark = mostly_on("sqlite")

TERMS = {
    "visit": timedelta(days=1),
    "link": timedelta(days=90),
    "year": timedelta(days=365),
}
NEAR = timedelta(minutes=2)
OBSERVATIONS = "/fhir/Observation"


class Given(NamedTuple):
    """What an app got, and when it runs out by what the portal tells the app."""

    app: RelyingParty
    tokens: Tokens
    until: datetime


def _give(portal: Portal, term: str) -> Given:
    app = portal.register()
    _, redirect = portal.walk(app, [{**details("checkup")[0], "term": term}])
    tokens = app.redeem(redirect)
    exp = app.introspect(tokens.refresh_token or "")["exp"]
    assert isinstance(exp, int)
    assert app.fetch(tokens, OBSERVATIONS).status_code == 200
    return Given(app, tokens, datetime.fromtimestamp(exp, UTC))


def _go_to(portal: Portal, instant: datetime) -> None:
    left = instant - Clock(portal.data / "clock.json").now()
    minutes, seconds = divmod(int(left.total_seconds()), 60)
    portal.run("clock", "forward", f"{minutes}m{seconds}s")


def _refused(given: Given) -> None:
    """Neither an old key nor a new one."""
    assert given.app.fetch(given.tokens, OBSERVATIONS).status_code == 401
    with pytest.raises(RelyingPartyError, match="invalid_grant"):
        given.app.refresh(given.tokens)
    for token in (given.tokens.access_token, given.tokens.refresh_token or ""):
        assert given.app.introspect(token) == {"active": False}


def test_what_was_given_for_a_term_is_had_until_it_ends_and_not_after(
    own_portal: Portal,
) -> None:
    begun = Clock(own_portal.data / "clock.json").now()
    once = own_portal.register()
    _, redirect = own_portal.walk(once, [{**details("checkup")[0], "term": "once"}])
    used = once.redeem(redirect)
    assert once.fetch(used, OBSERVATIONS).status_code == 200
    given = {term: _give(own_portal, term) for term in TERMS}
    for term, validity in TERMS.items():
        assert abs(given[term].until - (begun + validity)) < NEAR, term

    left = dict(given)
    for term in TERMS:
        ending = left.pop(term)
        _go_to(own_portal, ending.until - NEAR)
        _refused(Given(once, used, begun))
        late = ending.app.refresh(ending.tokens)
        expires_in = late.answer["expires_in"]
        assert isinstance(expires_in, int)
        assert expires_in <= NEAR.total_seconds() + 1
        assert ending.app.fetch(late, OBSERVATIONS).status_code == 200
        _go_to(own_portal, ending.until + NEAR)
        _refused(ending._replace(tokens=late))
        for other in left.values():
            renewed = other.app.refresh(other.tokens)
            assert other.app.fetch(renewed, OBSERVATIONS).status_code == 200

    person = own_portal.browser()
    person.log_in(own_portal.card(), "1234")
    found = person.see("/consents")["consents"]
    assert isinstance(found, list)
    names = {once.client_id: "once", **{one.app.client_id: term for term, one in given.items()}}
    assert {names[one["app_id"]]: one["state"] for one in found} == {
        "once": "expired",
        **dict.fromkeys(TERMS, "expired"),
    }
