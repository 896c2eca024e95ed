"""grant_type=urn:ietf:params:oauth:grant-type:device_code (RFC 8628 3.4, 3.5)."""

from collections.abc import Mapping
from datetime import datetime

from sqlalchemy import Connection

from mynaportal_sim.oauth import devices, form
from mynaportal_sim.oauth.checks import code
from mynaportal_sim.oauth.devices import PAUSE, Polled, State
from mynaportal_sim.oauth.errors import (
    AccessDeniedError,
    AuthorizationPendingError,
    ExpiredTokenError,
    InvalidGrantError,
    OAuthError,
    SlowDownError,
)
from mynaportal_sim.oauth.grants import Granted, TokenRequest
from mynaportal_sim.oauth.grants.redemption import redeem
from mynaportal_sim.oauth.profiles import demanded
from mynaportal_sim.oauth.server import Server
from mynaportal_sim.oauth.trail import asked_by

NAME = "urn:ietf:params:oauth:grant-type:device_code"


@asked_by("RFC 8628 3.4", "device_code is there.")
def poll_is_complete(parameters: Mapping[str, str]) -> None:
    form.required(parameters, "device_code")


def exchange(
    connection: Connection, server: Server, asked: TokenRequest, now: datetime
) -> Granted | OAuthError:
    """Use the device's code up for a token family, if the person has allowed it by now."""
    app, trail = asked.client.app, asked.client.trail
    brought = asked.parameters["device_code"]
    try:
        trail.hold_all(demanded(app, server).devices, app)
        polled = devices.poll(connection, app.client_id, brought, now)
        known = trail.hold(device_code_is_known, polled)
        trail.hold_all(CHECKS, known)
    except OAuthError as error:
        return error
    if known.state is not State.GRANTED:
        return AuthorizationPendingError("the person has not answered yet")
    return redeem(connection, server, asked, brought, (code.key_is_the_same,), now)


@asked_by("RFC 8628 3.4", "device_code is one of this client's.")
def device_code_is_known(polled: Polled | None) -> Polled:
    if polled is None:
        raise InvalidGrantError("the device_code is unknown, long expired, or another app's")
    return polled


@asked_by("RFC 8628 3.5", "The person has not refused.")
def person_has_not_refused(polled: Polled) -> None:
    if polled.state is State.REFUSED:
        raise AccessDeniedError("the person hands over nothing, at least not now")


@asked_by("RFC 8628 3.5", "The person has answered before the codes ran out.")
def codes_have_not_run_out(polled: Polled) -> None:
    if polled.expired and polled.state is not State.GRANTED:
        raise ExpiredTokenError("the codes have run out: ask for new ones")


@asked_by("RFC 8628 3.5", "Until the person answers, two polls are at least interval apart.")
def polls_are_apart(polled: Polled) -> None:
    if polled.too_soon and polled.state is not State.GRANTED:
        raise SlowDownError(f"too soon: leave {PAUSE} seconds more between polls from now on")


CHECKS = (person_has_not_refused, codes_have_not_run_out, polls_are_apart)
