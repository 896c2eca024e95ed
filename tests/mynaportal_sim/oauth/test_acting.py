"""What an app is told of whoever acts for the person: that they do, by a name of its own."""

from collections.abc import Callable
from uuid import uuid4

import jwt
import pytest

from .conftest import Portal
from .kit import AppKit, Claims


@pytest.fixture(params=["oidc", "fapi2"])
def kit(request: pytest.FixtureRequest, portal: Portal) -> AppKit:
    return portal.register(profile=request.param)


def _said(portal: Portal, kit: AppKit, tokens: dict[str, str]) -> Claims:
    """What an ID token says, by a key that the portal publishes."""
    published = jwt.PyJWKSet.from_dict(portal.send("GET", "/jwks").json())
    key = published[jwt.get_unverified_header(tokens["id_token"])["kid"]]
    said: Claims = jwt.decode(
        tokens["id_token"],
        key,
        ["ES256"],
        audience=kit.client_id,
        options={"verify_exp": False, "verify_iat": False},
    )
    return said


def _first(portal: Portal, kit: AppKit) -> Claims:
    return _said(portal, kit, portal.redeem(kit, portal.code(kit)).json())


def _refreshed(portal: Portal, kit: AppKit) -> Claims:
    tokens = portal.redeem(kit, portal.code(kit)).json()
    return _said(portal, kit, portal.refresh(kit, tokens["refresh_token"]).json())


def _access(portal: Portal, kit: AppKit) -> Claims:
    tokens = portal.redeem(kit, portal.code(kit)).json()
    return portal.introspect(kit, tokens["access_token"])


def _refresh(portal: Portal, kit: AppKit) -> Claims:
    tokens = portal.redeem(kit, portal.code(kit)).json()
    return portal.introspect(kit, tokens["refresh_token"])


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
@pytest.mark.parametrize(
    "told",
    [
        pytest.param(_first, id="the first ID token"),
        pytest.param(_refreshed, id="an ID token had by refreshing"),
        pytest.param(_access, id="introspection of an access token"),
        pytest.param(_refresh, id="introspection of a refresh token"),
    ],
)
def test_who_acts_is_named_beside_the_person_and_not_when_the_person_acts_alone(
    portal: Portal, kit: AppKit, told: Callable[[Portal, AppKit], Claims]
) -> None:
    alone = told(portal, kit)
    portal.agent_id = uuid4()
    acted = told(portal, kit)
    portal.resident_id, portal.agent_id = portal.agent_id, None
    as_themselves = told(portal, kit)
    assert acted["sub"] == alone["sub"] != as_themselves["sub"]
    assert acted["act"] == {"sub": as_themselves["sub"]}  # RFC 8693 4.1
    assert "act" not in alone | as_themselves
