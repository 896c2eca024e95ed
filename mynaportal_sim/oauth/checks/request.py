"""What an authorization request is held to, pushed or not."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date

from mynaportal_sim.apps import uris
from mynaportal_sim.apps.model import App
from mynaportal_sim.oauth import claims, managed, pkce, scopes
from mynaportal_sim.oauth.claims import NOTHING, ClaimsAsked
from mynaportal_sim.oauth.errors import (
    InvalidGrantIdError,
    InvalidRequestError,
    InvalidTargetError,
    RequestNotSupportedError,
    UnsupportedResponseTypeError,
    UnverifiedRequestError,
)
from mynaportal_sim.oauth.form import required
from mynaportal_sim.oauth.hints import Hint
from mynaportal_sim.oauth.managed import Action, Grant
from mynaportal_sim.oauth.trail import asked_by

STATE_MAX = 4096  # FAPI 2.0 5.3.2.2, note 4: more than 1000 must work
NONCE_MAX = 1024
PROMPTS = frozenset({"none", "login", "consent", "select_account"})

Parameters = Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Asked:
    """What a client sent on a day, and the one resource there is.

    `grant` is the one that is named, and `hint` what `id_token_hint` says: None where that was
    not sent, and where there is none such.
    """

    parameters: Parameters = field(repr=False)
    app: App
    resource: str
    today: date
    grant: Grant | None = None
    hint: Hint | None = None


@asked_by(
    "RFC 9700 2.1; RFC 8252 7.3",
    "redirect_uri is, character for character, one that is registered, or on loopback but for"
    " its port.",
)
def redirect_uri_is_registered(asked: Asked) -> None:
    if not uris.is_among(asked.parameters.get("redirect_uri", ""), asked.app.redirect_uris):
        raise UnverifiedRequestError("redirect_uri is not one this app has registered")


@asked_by("OIDC Core 3.1.2.6", "No signed request object is sent, since none is read here.")
def no_request_object(asked: Asked) -> None:
    if "request" in asked.parameters:
        raise RequestNotSupportedError("request objects (RFC 9101) are not supported; push it")


@asked_by("RFC 9126 2.1", "request_uri does not stand inside a request.")
def no_request_uri(asked: Asked) -> None:
    if "request_uri" in asked.parameters:
        raise InvalidRequestError("request_uri cannot stand inside a request")


@asked_by("FAPI 2.0 SP 5.3.2.2-1", "response_type is code.")
def response_type_is_code(asked: Asked) -> None:
    if required(asked.parameters, "response_type") != "code":
        raise UnsupportedResponseTypeError("response_type must be code")


@asked_by("OAuth 2.0 Multiple Response Types 2.1", "response_mode, if sent, is query.")
def response_mode_is_query(asked: Asked) -> None:
    if asked.parameters.get("response_mode", "query") != "query":
        raise InvalidRequestError("response_mode must be query")


@asked_by("RFC 7636 4.3; FAPI 2.0 SP 5.3.2.2-5", "PKCE is used, by S256.")
def pkce_by_s256(asked: Asked) -> None:
    required(asked.parameters, "code_challenge")
    if asked.parameters.get("code_challenge_method") != "S256":
        raise InvalidRequestError("code_challenge_method must be S256")


@asked_by("RFC 7636 4.2", "code_challenge is a SHA-256 hash in base64url.")
def challenge_is_a_hash(asked: Asked) -> None:
    challenge = asked.parameters.get("code_challenge")
    if challenge is not None and not pkce.is_challenge(challenge):
        raise InvalidRequestError("code_challenge is not the S256 hash of a verifier")


@asked_by("FAPI 2.0 SP 5.3.2.2 note 4", f"state has at most {STATE_MAX} characters.")
def state_is_short(asked: Asked) -> None:
    _not_longer(asked, "state", STATE_MAX)


@asked_by("FAPI 2.0 SP 5.3.2.2-14", f"nonce has at most {NONCE_MAX} characters.")
def nonce_is_short(asked: Asked) -> None:
    _not_longer(asked, "nonce", NONCE_MAX)


def _not_longer(asked: Asked, name: str, limit: int) -> None:
    if len(asked.parameters.get(name, "")) > limit:
        raise InvalidRequestError(f"{name} has more than {limit} characters")


@asked_by("OIDC Core 3.1.2.1", "prompt is none, or some of the other values, known here.")
def prompt_is_known(asked: Asked) -> None:
    prompts = asked.parameters.get("prompt", "").split()
    if not PROMPTS.issuperset(prompts) or ("none" in prompts and len(prompts) > 1):
        raise InvalidRequestError(f"prompt is none, or some of {', '.join(sorted(PROMPTS))}")


@asked_by("OIDC Core 3.1.2.1", "max_age is a number of seconds.")
def max_age_is_a_number(asked: Asked) -> None:
    text = asked.parameters.get("max_age", "0")
    if not (text.isascii() and text.isdecimal() and len(text) <= 9):
        raise InvalidRequestError("max_age is a number of seconds")


@asked_by("OIDC Core 3.1.2.1", "id_token_hint, if sent, is an ID token that this client got.")
def hint_is_the_clients(asked: Asked) -> None:
    if "id_token_hint" not in asked.parameters:
        return
    if asked.hint is None or asked.hint.client_id != asked.app.client_id:
        raise InvalidRequestError("id_token_hint is no ID token that this app got here")


@asked_by("OIDC Core 5.5", "claims, if sent, is a JSON object as that section has it.")
def claims_are_well_formed(asked: Asked) -> ClaimsAsked:
    text = asked.parameters.get("claims")
    return NOTHING if text is None else claims.parse(text)


@asked_by("OIDC Core 3.1.2.2", "claims and id_token_hint mean one person, if they name any.")
def one_person_is_meant(names: tuple[tuple[str, ...], Hint | None]) -> tuple[str, ...]:
    subs, hint = names
    if hint is None:
        return subs
    if subs and hint.sub not in subs:
        raise InvalidRequestError("claims and id_token_hint name different persons")
    return (hint.sub,)


@asked_by("RFC 9449 10", "dpop_jkt, if sent, is a SHA-256 thumbprint.")
def key_binding_is_a_thumbprint(asked: Asked) -> None:
    thumbprint = asked.parameters.get("dpop_jkt")
    if thumbprint is not None and not pkce.is_challenge(thumbprint):
        raise InvalidRequestError("dpop_jkt is not a SHA-256 thumbprint")


@asked_by("RFC 8707 2", "resource, if sent, is the one there is here.")
def resource_is_ours(asked: Asked) -> None:
    if asked.parameters.get("resource", asked.resource) != asked.resource:
        raise InvalidTargetError(f"the only resource here is {asked.resource}")


@asked_by("Grant Management 5.4", "grant_management_action, if sent, is one that is supported.")
def grant_action_is_known(asked: Asked) -> None:
    action = asked.parameters.get("grant_management_action")
    if action is not None and action not in set(Action):
        raise InvalidRequestError(f"grant_management_action is one of {', '.join(Action)}")


@asked_by("Grant Management 5.2, 5.4", "grant_id comes with merge and replace, and only then.")
def grant_id_fits_the_action(asked: Asked) -> None:
    action = asked.parameters.get("grant_management_action")
    if "grant_id" in asked.parameters and action in {None, Action.CREATE}:
        raise InvalidRequestError("grant_id comes with the action merge or replace")
    if action in {Action.MERGE, Action.REPLACE}:
        required(asked.parameters, "grant_id")


@asked_by("Grant Management 5.4", "grant_id names a grant of this client's that is in force.")
def grant_is_the_apps(asked: Asked) -> None:
    if "grant_id" in asked.parameters and asked.grant is None:
        raise InvalidGrantIdError("grant_id names no grant of this app's that is in force")


@asked_by("FAPI 2.0 SP 5.3.2.2-2, 5.3.2.2-3", "The request was pushed before.")
def is_pushed(_asked: Asked) -> None:
    raise InvalidRequestError("this app must push its request first (RFC 9126)")


@asked_by("RFC 6749 3.3", "scope names only what the client is registered for.")
def scopes_are_the_apps(asked: Asked) -> tuple[str, ...]:
    text = asked.parameters.get("scope")
    allowed = asked.app.scopes - scopes.SYSTEM | managed.SCOPES
    return () if text is None else scopes.parse(text, allowed)


CHECKS = (
    no_request_object,
    no_request_uri,
    response_type_is_code,
    response_mode_is_query,
    pkce_by_s256,
    challenge_is_a_hash,
    state_is_short,
    nonce_is_short,
    prompt_is_known,
    max_age_is_a_number,
    hint_is_the_clients,
    key_binding_is_a_thumbprint,
    resource_is_ours,
    grant_action_is_known,
    grant_id_fits_the_action,
    grant_is_the_apps,
)
_OF_THE_BROWSER = {
    response_type_is_code,
    response_mode_is_query,
    pkce_by_s256,
    challenge_is_a_hash,
    state_is_short,
    prompt_is_known,
}
OF_A_DEVICE = tuple(one for one in CHECKS if one not in _OF_THE_BROWSER)
"""Those that are not about a browser which comes back to the app."""
# What a client can get wrong without harm to the person, to itself or to others.
HARMLESS = frozenset(
    {pkce_by_s256, state_is_short, nonce_is_short, prompt_is_known, resource_is_ours}
)
