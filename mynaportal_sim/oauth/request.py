"""An authorization request: the checks it passes, in order, and the value it becomes.

The same checks serve the pushed request endpoint and, for profiles that need no push, the
authorization endpoint.
"""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from consent.japan import day_of
from consent.model import Term
from mynaportal_sim.apps.model import App
from mynaportal_sim.oauth import details, hints, managed, scope_rules, scopes
from mynaportal_sim.oauth.checks import request as checks
from mynaportal_sim.oauth.checks.device import some_login_would_do
from mynaportal_sim.oauth.checks.request import Asked
from mynaportal_sim.oauth.claims import NOTHING, ClaimsAsked
from mynaportal_sim.oauth.errors import InvalidAuthorizationDetailsError, InvalidScopeError
from mynaportal_sim.oauth.managed import Action, Managing
from mynaportal_sim.oauth.profiles import ClientProfile, demanded
from mynaportal_sim.oauth.server import Server
from mynaportal_sim.oauth.trail import Trail, asked_by
from mynaportal_sim.oauth.wish import Wish, wish


@dataclass(frozen=True, slots=True)
class AuthorizationRequest:
    """What an app wants of a person, every check passed.

    `redirect_uri` is empty where a device waits for the answer. Unless it is `refreshed`, what
    it gets ends with its first access token.
    """

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
    managing: Managing | None = None
    refreshed: bool = True
    claims: ClaimsAsked = NOTHING
    ui_locales: tuple[str, ...] = ()

    def dump(self) -> str:
        """This request as JSON, as `load` reads it."""
        fields = {name: getattr(self, name) for name in self.__slots__}
        fields["wish"] = self.wish.plain()
        fields["managing"] = self.managing and self.managing.plain()
        fields["claims"] = self.claims.plain()
        return json.dumps(fields, ensure_ascii=False)

    @classmethod
    def load(cls, text: str) -> "AuthorizationRequest":
        """The request that `dump` wrote."""
        fields = json.loads(text)
        fields["wish"] = Wish.of(fields["wish"])
        fields["scopes"] = tuple(fields["scopes"])
        fields["prompt"] = tuple(fields["prompt"])
        if fields.get("managing"):
            fields["managing"] = Managing.of(fields["managing"])
        fields["claims"] = ClaimsAsked.of(fields.get("claims", {}))
        fields["ui_locales"] = tuple(fields.get("ui_locales", ()))
        return cls(**fields)


async def asked_by_app(
    parameters: Mapping[str, str], app: App, server: Server, now: datetime
) -> Asked:
    """What an app sent, with the grant that it names, and whose login it means."""
    grant_id, id_token = parameters.get("grant_id"), parameters.get("id_token_hint")
    grant = hint = None
    if grant_id is not None:
        named = (app.client_id, grant_id, now)
        grant = await server.database.read(managed.in_force, *named)
    if id_token is not None:
        hint = await server.database.read(hints.read, server.issuer, id_token)
    return Asked(parameters, app, server.resource, day_of(now), grant, hint)


def check(asked: Asked, server: Server, trail: Trail) -> AuthorizationRequest:
    """The request that an app makes, if it may make it.

    Raises:
        OAuthError: for the first check that fails.
    """
    trail.hold(checks.redirect_uri_is_registered, asked)
    profile = demanded(asked.app, server)
    trail.hold_all(profile.request, asked)
    wanted = _wanted(asked, profile, server, trail)
    parameters = asked.parameters
    return replace(
        wanted,
        redirect_uri=parameters["redirect_uri"],
        code_challenge=parameters.get("code_challenge", ""),
        state=parameters.get("state"),
        prompt=tuple(parameters.get("prompt", "").split()),
    )


def check_of_device(asked: Asked, server: Server, trail: Trail) -> AuthorizationRequest:
    """The request that an app makes for a device of its own (RFC 8628 3.1), if it may.

    Raises:
        OAuthError: for the first check that fails.
    """
    profile = demanded(asked.app, server)
    trail.hold_all(profile.devices, asked.app)
    trail.hold_all(profile.device_request, asked)
    wanted = _wanted(asked, profile, server, trail)
    trail.hold(some_login_would_do, (wanted.claims, server.strict))
    return wanted


def _wanted(
    asked: Asked, profile: ClientProfile, server: Server, trail: Trail
) -> AuthorizationRequest:
    """What is asked for, whichever way the answer goes."""
    parameters = asked.parameters
    asked_scopes = trail.hold(profile.scopes, asked)
    sought = Sought(asked, asked_scopes, server.catalogue.categories)
    max_age = parameters.get("max_age")
    return AuthorizationRequest(
        client_id=asked.app.client_id,
        redirect_uri="",
        code_challenge="",
        scopes=asked_scopes,
        wish=trail.hold(details_are_for_the_app, sought),
        nonce=parameters.get("nonce"),
        dpop_jkt=parameters.get("dpop_jkt"),
        max_age=None if max_age is None else int(max_age),
        managing=_managing(asked),
        refreshed=profile.refreshes or scopes.OFFLINE in asked_scopes,
        claims=_claims(asked, trail),
        ui_locales=tuple(parameters.get("ui_locales", "").split()),
    )


def _claims(asked: Asked, trail: Trail) -> ClaimsAsked:
    """What is asked for of the login, by whichever parameter."""
    said = trail.hold(checks.claims_are_well_formed, asked)
    liked = asked.parameters.get("acr_values", "").split()
    meant = trail.hold(checks.one_person_is_meant, (said.subs, asked.hint))
    return replace(said, preferred=(*liked, *said.preferred), subs=meant)


def _managing(asked: Asked) -> Managing | None:
    """What a request that is held to its checks does about grants."""
    action, grant = asked.parameters.get("grant_management_action"), asked.grant
    if action is None:
        return None
    if grant is None:
        return Managing(Action(action))
    return Managing(Action(action), grant.arrangement.id, grant.version.id)


@dataclass(frozen=True, slots=True)
class Sought:
    """What a request asks for, with the scopes it has named."""

    asked: Asked
    scopes: tuple[str, ...]
    categories: Collection[str]


@asked_by("RFC 9396 5", "authorization_details fit their schema, and what the app may ask for.")
def details_are_for_the_app(sought: Sought) -> Wish:
    app, today = sought.asked.app, sought.asked.today
    text = sought.asked.parameters.get("authorization_details")
    asked_for = wish(
        [] if text is None else details.parse(text),
        app,
        scopes.categories(app.scopes) & set(sought.categories),
        scope_rules.rules(sought.scopes, today),
        today,
    )
    merges = sought.asked.parameters.get("grant_management_action") == Action.MERGE
    if merges and asked_for.term is Term.ONCE:
        raise InvalidAuthorizationDetailsError(
            "term: what is asked for once is not merged into a grant; create one, or replace it"
        )
    if not asked_for.rules:
        raise InvalidScopeError(
            "ask for data: by authorization_details, or a scope such as patient/Observation.rs"
        )
    return asked_for
