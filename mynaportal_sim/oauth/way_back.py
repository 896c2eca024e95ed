"""How a person's answer reaches the app: by their browser, or by a device that waits for it."""

from datetime import datetime
from urllib.parse import urlencode

from sqlalchemy import Connection, bindparam, update

from mynaportal_sim.apps import store as apps
from mynaportal_sim.apps import uris
from mynaportal_sim.oauth import devices
from mynaportal_sim.oauth.request import AuthorizationRequest
from mynaportal_sim.oauth.server import Server
from mynaportal_sim.oauth.tables import pushed_requests

DEVICE_DONE = "/device/done"
"""Where a person ends whose answer goes to a device."""

_USE_PUSHED = (
    update(pushed_requests)
    .where(pushed_requests.c.digest == bindparam("handle"), pushed_requests.c.used_at.is_(None))
    .values(used_at=bindparam("now"))
)


def leads_to_the_app(connection: Connection, request: AuthorizationRequest) -> bool:
    """Whether the app still has the redirect URI: it may have taken it away since it asked."""
    app = apps.find(connection, request.client_id)
    return app is not None and uris.is_among(request.redirect_uri, app.redirect_uris)


def redirect(server: Server, uri: str, state: str | None, answer: dict[str, str]) -> str:
    """A registered redirect URI with an authorization response, which names us (RFC 9207)."""
    if state is not None:
        answer = {**answer, "state": state}
    query = urlencode({**answer, "iss": server.issuer})
    return f"{uri}{'&' if '?' in uri else '?'}{query}"


def use_pushed(connection: Connection, handle: bytes, now: datetime) -> bool:
    """Use a pushed request up, which its answer does; False if one has done so before."""
    seconds = int(now.timestamp())
    return connection.execute(_USE_PUSHED, {"handle": handle, "now": seconds}).rowcount == 1


def tell_device(connection: Connection, code: bytes, now: datetime, *, allowed: bool) -> bool:
    """Have a device learn the answer when it asks again; False if it waits no more."""
    to = devices.State.GRANTED if allowed else devices.State.REFUSED
    return devices.move(connection, code, to, now)
