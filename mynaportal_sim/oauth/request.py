"""An authorization request: the checks it passes, in order, and the value it becomes.

The same checks serve the pushed request endpoint and, for profiles that need no push, the
authorization endpoint.
"""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime

from consent.japan import day_of
from mynaportal_sim.apps.model import App
from mynaportal_sim.oauth import details, pkce, scopes
from mynaportal_sim.oauth.errors import (
    InvalidRequestError,
    InvalidScopeError,
    InvalidTargetError,
    RequestNotSupportedError,
    UnsupportedResponseTypeError,
    UnverifiedRequestError,
)
from mynaportal_sim.oauth.form import required
from mynaportal_sim.oauth.server import Server
from mynaportal_sim.oauth.wish import Wish, wish

STATE_MAX = 4096  # FAPI 2.0 5.3.2.2, note 4: more than 1000 must work
NONCE_MAX = 1024
PROMPTS = frozenset({"none", "login", "consent", "select_account"})

Parameters = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What an app wants of a person, every check passed."""

    client_id: str
    redirect_uri: str
    code_challenge: str
    scopes: tuple[str, ...]
    wish: Wish
    state: str | None = None
    nonce: str | None = None
    dpop_jkt: str | None = None
    prompt: tuple[str, ...] = ()
    max_age: int | None = None

    def dump(self) -> str:
        """This request as JSON, as `load` reads it."""
        fields = {name: getattr(self, name) for name in self.__slots__ if name != "wish"}
        return json.dumps({**fields, "wish": self.wish.plain()}, ensure_ascii=False)

    @classmethod
    def load(cls, text: str) -> "AuthorizationRequest":
        """The request that `dump` wrote."""
        fields = json.loads(text)
        fields["wish"] = Wish.of(fields["wish"])
        fields["scopes"] = tuple(fields["scopes"])
        fields["prompt"] = tuple(fields["prompt"])
        return cls(**fields)


def redirect_uri(parameters: Parameters, app: App) -> str:
    """The redirect URI, character for character one that the app has registered.

    Raises:
        UnverifiedRequestError: it is not.
    """
    uri = parameters.get("redirect_uri")
    if uri not in app.redirect_uris:
        raise UnverifiedRequestError("redirect_uri is not one this app has registered")
    return uri


def check(
    parameters: Parameters, app: App, server: Server, now: datetime
) -> AuthorizationRequest:
    """The request that `parameters` make, for an app that may make it.

    Raises:
        OAuthError: for the first check that fails.
    """
    uri = redirect_uri(parameters, app)
    for one in CHECKS:
        one(parameters)
    if parameters.get("resource", server.resource) != server.resource:
        raise InvalidTargetError(f"the only resource here is {server.resource}")
    asked_scopes = _scopes(parameters, app)
    return AuthorizationRequest(
        client_id=app.client_id,
        redirect_uri=uri,
        code_challenge=parameters["code_challenge"],
        scopes=asked_scopes,
        wish=_wish(parameters, app, asked_scopes, server, now),
        state=parameters.get("state"),
        nonce=parameters.get("nonce"),
        dpop_jkt=parameters.get("dpop_jkt"),
        prompt=tuple(parameters.get("prompt", "").split()),
        max_age=_max_age(parameters),
    )


def _no_request_object(parameters: Parameters) -> None:
    if "request" in parameters:
        raise RequestNotSupportedError("request objects (RFC 9101) are not supported; push it")
    if "request_uri" in parameters:
        raise InvalidRequestError("request_uri cannot stand inside a request")


def _code_only(parameters: Parameters) -> None:
    if required(parameters, "response_type") != "code":
        raise UnsupportedResponseTypeError("response_type must be code")
    if parameters.get("response_mode", "query") != "query":
        raise InvalidRequestError("response_mode must be query")


def _pkce(parameters: Parameters) -> None:
    challenge = required(parameters, "code_challenge")
    if parameters.get("code_challenge_method") != "S256":
        raise InvalidRequestError("code_challenge_method must be S256")
    if not pkce.is_challenge(challenge):
        raise InvalidRequestError("code_challenge is not the S256 hash of a verifier")


def _lengths(parameters: Parameters) -> None:
    for name, limit in (("state", STATE_MAX), ("nonce", NONCE_MAX)):
        if len(parameters.get(name, "")) > limit:
            raise InvalidRequestError(f"{name} has more than {limit} characters")


def _prompt(parameters: Parameters) -> None:
    prompts = parameters.get("prompt", "").split()
    if not PROMPTS.issuperset(prompts) or ("none" in prompts and len(prompts) > 1):
        raise InvalidRequestError(f"prompt is none, or some of {', '.join(sorted(PROMPTS))}")


def _key_binding(parameters: Parameters) -> None:
    thumbprint = parameters.get("dpop_jkt")
    if thumbprint is not None and not pkce.is_challenge(thumbprint):
        raise InvalidRequestError("dpop_jkt is not a SHA-256 thumbprint")


CHECKS: tuple[Callable[[Parameters], None], ...] = (
    _no_request_object,
    _code_only,
    _pkce,
    _lengths,
    _prompt,
    _key_binding,
)


def _max_age(parameters: Parameters) -> int | None:
    text = parameters.get("max_age")
    if text is None:
        return None
    if not (text.isdecimal() and len(text) <= 9):
        raise InvalidRequestError("max_age is a number of seconds")
    return int(text)


def _scopes(parameters: Parameters, app: App) -> tuple[str, ...]:
    text = parameters.get("scope")
    return () if text is None else scopes.parse(text, app.scopes)


def _wish(
    parameters: Parameters, app: App, asked: tuple[str, ...], server: Server, now: datetime
) -> Wish:
    text = parameters.get("authorization_details")
    asked_for = wish(
        [] if text is None else details.parse(text),
        app,
        scopes.categories(app.scopes) & server.catalogue.categories.keys(),
        scopes.categories(asked),
        day_of(now),
    )
    if not asked_for.rules:
        raise InvalidScopeError(
            "ask for data: by authorization_details, or a scope such as patient/Observation.rs"
        )
    return asked_for
