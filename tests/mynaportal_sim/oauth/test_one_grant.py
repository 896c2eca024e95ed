"""One arrangement is one grant: told as one in each form and read again, it gives no more.

As authorization details it is read as a request for just that, which the person allows whole;
what they left out record by record stays so, as at every question.
"""

import json
from collections.abc import Callable
from contextlib import suppress
from dataclasses import replace

import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from consent.errors import CannotSayError, NotUnderstoodError
from consent.instants import instant
from consent.japan import day_of
from consent.model import Arrangement, ConsentVersion, Notice, State
from consent.policy import AccessRequest
from consent.views import fhir, smart
from mynaportal_sim.apps.model import App, Profile
from mynaportal_sim.oauth import details
from mynaportal_sim.oauth.errors import InvalidAuthorizationDetailsError
from mynaportal_sim.oauth.grant_management import shown
from mynaportal_sim.oauth.managed import Grant
from mynaportal_sim.oauth.wish import wish
from tests.consent.views.kit import (
    CATEGORIES,
    HOUR,
    NAMING,
    NOW,
    REQUESTS,
    SCOPES,
    again,
    gift,
    moments,
    uses,
    versions,
)

Form = Callable[[ConsentVersion], ConsentVersion | None]
RESOURCE = "http://localhost:8400/fhir"


@st.composite
def granted(draw: st.DrawFn) -> ConsentVersion:
    """An answer as people give them here: to what was asked, but for single records."""
    drawn = draw(versions())
    rules = [rule for rule in drawn.terms.rules if rule.names_items or not rule.items]
    given = tuple(rule for rule in rules if rule.permits or rule.names_items)
    version = replace(drawn, terms=replace(drawn.terms, rules=given), used_at=None)
    assume(version.terms.valid_from <= NOW < version.terms.valid_until)
    return replace(version, state=State.GRANTED)


def as_details(version: ConsentVersion) -> ConsentVersion | None:
    """What an app has that asks for what it is told of its grant, until that ends."""
    terms = version.terms
    told = json.loads(json.dumps(shown(_grant(version), RESOURCE)))
    try:
        asked = details.parse(json.dumps(told["authorization_details"]))
    except InvalidAuthorizationDetailsError:
        return None
    sought = wish(asked, _app(version), CATEGORIES, (), day_of(NOW))
    ends = min(NOW + sought.term.validity, instant(told["expires_at"]))
    left_out = tuple(rule for rule in terms.rules if rule.names_items)
    back = sought.terms(NOW, ends, Notice("1", "ja"))
    assume(ends > NOW)
    return replace(
        version, terms=replace(back, rules=(*back.rules, *left_out)), uses=0, used_at=None
    )


def as_scopes(version: ConsentVersion) -> ConsentVersion | None:
    with suppress(CannotSayError, NotUnderstoodError):
        return again(version, smart.read(smart.tell(version, NOW, SCOPES, NAMING), SCOPES))
    return None


def as_fhir(version: ConsentVersion) -> ConsentVersion | None:
    with suppress(CannotSayError, NotUnderstoodError):
        return again(version, fhir.read(fhir.tell(version, NOW, NAMING)))
    return None


def _grant(version: ConsentVersion) -> Grant:
    begun = Arrangement(
        version.resident_id, version.arrangement_id, version.app_id, "fhir", version.answered_at
    )
    return Grant(begun, version, (), by_app=True)


def _app(version: ConsentVersion) -> App:
    terms = version.terms
    organisation, *others = terms.recipients
    return App(
        client_id=version.app_id,
        name=version.app_name,
        organisation=organisation.name,
        redirect_uris=(),
        jwks="",
        keys=(),
        scopes=frozenset(),
        profile=Profile.FAPI2,
        supervisor=terms.supervision.officer,
        purpose=terms.purpose,
        registered_at=NOW,
        recipients=tuple(one for one in others if one.name != organisation.name),
    )


forms = pytest.mark.parametrize(
    "form", [as_details, as_scopes, as_fhir], ids=["RAR", "SMART", "FHIR"]
)


@forms
@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(data=st.data(), request_=REQUESTS)
def test_nothing_is_gained(form: Form, data: st.DataObject, request_: AccessRequest) -> None:
    version = data.draw(granted())
    after = form(version)
    assume(after is not None)
    assert after is not None
    for at in moments(version, after):
        assert gift(after, request_, at).within(gift(version, request_, at)), at


@forms
@settings(suppress_health_check=[HealthCheck.filter_too_much])
@given(data=st.data(), request_=REQUESTS)
def test_no_use_is_gained(form: Form, data: st.DataObject, request_: AccessRequest) -> None:
    version = data.draw(granted())
    after = form(version)
    assume(after is not None)
    assert after is not None
    steps = [NOW + HOUR / 2 * step for step in range(12)]
    assert uses(after, request_, steps) <= uses(version, request_, steps)
