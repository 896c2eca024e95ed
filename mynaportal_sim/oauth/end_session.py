"""What an app asks for that has a person log out (OpenID Connect RP-Initiated Logout 1.0).

Without an ID token of the app's the person is sent nowhere: anybody can name an app.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from urllib.parse import urlencode

from mynaportal_sim.apps.model import App
from mynaportal_sim.login.sessions import Session
from mynaportal_sim.oauth import hints
from mynaportal_sim.oauth.checks import end_session as checks
from mynaportal_sim.oauth.checks.end_session import EndAsked
from mynaportal_sim.oauth.hints import Hint
from mynaportal_sim.oauth.server import Server
from mynaportal_sim.oauth.trail import Trail
from mynaportal_sim.pseudonyms import Pseudonyms

NAMES = ("id_token_hint", "client_id", "post_logout_redirect_uri", "state", "ui_locales")
"""The parameters that are read, and that a page of ours hands on."""


@dataclass(frozen=True, slots=True)
class Ending:
    """A request that holds: by which app, if it said so, and where the person goes after."""

    app: App | None
    hint: Hint | None
    location: str | None
    parameters: Mapping[str, str] = field(repr=False)

    def is_of(self, session: Session, names: Pseudonyms) -> bool:
        """Whether the app has shown that it means this very session."""
        if self.hint is None or self.hint.sid is None:
            return False
        return self.hint.sid == names.session(self.hint.client_id, session.began_as)


async def read(parameters: Mapping[str, str], server: Server, trail: Trail) -> Ending:
    """The request that these parameters make.

    Raises:
        UnverifiedRequestError: for the first check that fails; the person is to be told.
    """
    trail.parameters = parameters
    id_token = parameters.get("id_token_hint")
    hint = None
    if id_token is not None:
        hint = await server.database.read(hints.read, server.issuer, id_token)
    asked = EndAsked(parameters, hint)
    trail.hold_all(checks.CHECKS, asked)
    app = None if asked.client_id is None else await server.app(asked.client_id)
    trail.hold(checks.logout_is_a_clients, (asked.client_id, app))
    uri = parameters.get("post_logout_redirect_uri")
    trail.hold(checks.logout_uri_is_registered, (uri, app))
    kept = {name: parameters[name] for name in NAMES if name in parameters}
    location = None if hint is None or uri is None else _location(uri, parameters.get("state"))
    return Ending(app, hint, location, kept)


def _location(uri: str, state: str | None) -> str:
    if state is None:
        return uri
    return f"{uri}{'&' if '?' in uri else '?'}{urlencode({'state': state})}"
