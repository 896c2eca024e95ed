"""What a request to log out is held to, where an app makes it by the person's browser.

Nobody is sent anywhere on the word of a request that does not hold: the person is told.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field

from mynaportal_sim.apps.model import App
from mynaportal_sim.oauth.errors import UnverifiedRequestError
from mynaportal_sim.oauth.hints import Hint
from mynaportal_sim.oauth.trail import asked_by


@dataclass(frozen=True, slots=True)
class EndAsked:
    """What came, and what `id_token_hint` says: None where there is none such."""

    parameters: Mapping[str, str] = field(repr=False)
    hint: Hint | None

    @property
    def client_id(self) -> str | None:
        """The app that asks, if it says who it is."""
        return self.parameters.get("client_id", self.hint.client_id if self.hint else None)


@asked_by("RP-Initiated Logout 2", "id_token_hint, if sent, is an ID token of this server's.")
def hint_is_of_this_server(asked: EndAsked) -> None:
    if "id_token_hint" in asked.parameters and asked.hint is None:
        raise UnverifiedRequestError("id_token_hint is no ID token of this server's")


@asked_by("RP-Initiated Logout 2", "client_id, if sent too, is the client that got the token.")
def hint_is_of_the_client(asked: EndAsked) -> None:
    if asked.hint is not None and asked.client_id != asked.hint.client_id:
        raise UnverifiedRequestError("id_token_hint was given to another app than client_id")


@asked_by("RP-Initiated Logout 2", "The app that asks, if it says who it is, is registered.")
def logout_is_a_clients(found: tuple[str | None, App | None]) -> None:
    client_id, app = found
    if client_id is not None and app is None:
        raise UnverifiedRequestError("client_id names no registered app")


@asked_by(
    "RP-Initiated Logout 3",
    "post_logout_redirect_uri is, character for character, one that is registered.",
)
def logout_uri_is_registered(found: tuple[str | None, App | None]) -> None:
    uri, app = found
    if uri is not None and app is not None and uri not in app.post_logout_redirect_uris:
        raise UnverifiedRequestError("post_logout_redirect_uri is not one this app registered")


CHECKS = (hint_is_of_this_server, hint_is_of_the_client)
