"""What a client says of itself as RFC 7591 writes it, read into a registration, and told back.

Members of our own begin with `mynasim_`. A member that nobody here knows is ignored (2).
"""

import json
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from typing import NamedTuple

from consent.instants import seconds
from consent.model.granted import DETAIL_TYPE
from mynaportal_sim.apps import registration
from mynaportal_sim.apps.about import PLAIN, About
from mynaportal_sim.apps.errors import RegistrationError
from mynaportal_sim.apps.model import App, Profile
from mynaportal_sim.apps.registration import Registration
from mynaportal_sim.jose import Json
from mynaportal_sim.oauth.errors import InvalidClientMetadataError, InvalidRedirectUriError
from mynaportal_sim.oauth.grants import device_code
from mynaportal_sim.oauth.keys.files import ALGORITHM
from mynaportal_sim.oauth.profiles import PROFILES
from mynaportal_sim.oauth.token import GRANTS

Metadata = Mapping[str, Json]

PREFIX = "mynasim_"
NAME = "client_name"
RECIPIENTS = f"{PREFIX}recipients"
_OWN = {
    f"{PREFIX}organisation": "organisation",
    f"{PREFIX}supervisor": "supervisor",
    f"{PREFIX}authority": "authority",
    f"{PREFIX}ethics_approval": "ethics_approval",
    f"{PREFIX}profile": "profile",
    f"{PREFIX}purpose": "purpose",
    f"{PREFIX}purpose_text": "purpose_text",
    f"{PREFIX}event_endpoint": "event_endpoint",
}
_ABOUT = {**{name: name for name in PLAIN}, "token_endpoint_auth_signing_alg": "signing_alg"}
FLAGS = frozenset({"dpop_bound_access_tokens", "require_pushed_authorization_requests"})
_SESSION_REQUIRED = "backchannel_logout_session_required"
_LANGUAGE = re.compile(
    r"(?=.{1,35}\Z)(?:[a-z]{2,8}|[ix](?=-))(?:-[a-z0-9]{1,8})*\Z", re.IGNORECASE | re.ASCII
)
"""The shape of a language tag (BCP 47: RFC 5646 2.1, and 4.4.1 for its length)."""
_LISTS = frozenset(
    {
        "authorization_details_types",
        "contacts",
        "grant_types",
        "post_logout_redirect_uris",
        "redirect_uris",
        "response_types",
        RECIPIENTS,
    }
)
_STRINGS = (
    {
        NAME,
        "backchannel_logout_uri",
        "id_token_signed_response_alg",
        "jwks_uri",
        "scope",
        "software_statement",
        "userinfo_signed_response_alg",
    }
    | {"subject_type", "token_endpoint_auth_method", *_OWN, *_ABOUT}
) - _LISTS
_MEMBERS = {  # the field of a registration -> its member, where they differ
    "name": NAME,
    "scopes": "scope",
    "redirect URI": "redirect_uris",
    "post-logout redirect URI": "post_logout_redirect_uris",
    "back-channel logout URI": "backchannel_logout_uri",
    "recipient": RECIPIENTS,
    "recipients": RECIPIENTS,
    "devices": "grant_types",
    "signing algorithm": "token_endpoint_auth_signing_alg",
    **{field.replace("_", " "): member for member, field in _OWN.items()},
}


def refused(error: RegistrationError) -> InvalidClientMetadataError:
    """What a client is told of a registration that is refused."""
    member = _MEMBERS.get(error.field, error.field)
    kind = InvalidClientMetadataError
    if member == "redirect_uris":
        kind = InvalidRedirectUriError
    return kind(member, error.fault % error.values)


def member_of(field: str) -> str:
    """The member in which a field of a registration stands."""
    return _MEMBERS.get(field.replace("_", " "), field)


def misfit(said: Metadata) -> InvalidClientMetadataError | None:
    """What is wrong with the first member that is not of its kind; None if each is."""
    named: set[str] = set()
    for member, value in said.items():
        if member.startswith(f"{NAME}#"):
            if fault := _misnamed(member, named):
                return InvalidClientMetadataError(member, fault)
            named.add(member.lower())
        plain = NAME if member.startswith(f"{NAME}#") else member
        wanted = next((kind for kind in _KINDS if plain in kind.members), None)
        if wanted is not None and not wanted.fits(value):
            return InvalidClientMetadataError(member, f"must be {wanted.called}")
    return None


def _misnamed(member: str, others: Collection[str]) -> str:
    """What is wrong with the language behind #, in whichever case; empty if nothing."""
    if _LANGUAGE.match(member.partition("#")[2]) is None:
        return "must have a language tag of BCP 47 behind #, of at most 35 characters"
    return "is given twice" if member.lower() in others else ""


class _Kind(NamedTuple):
    members: Collection[str]
    fits: Callable[[Json], bool]
    called: str


def _is_texts(value: Json) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


_KINDS = (
    _Kind(_STRINGS, lambda value: isinstance(value, str), "a string"),
    _Kind({*FLAGS, _SESSION_REQUIRED}, lambda value: isinstance(value, bool), "true or false"),
    _Kind(_LISTS, _is_texts, "an array of strings"),
    _Kind({"jwks"}, lambda value: isinstance(value, dict), "a JWK Set, as an object"),
)


def texts(said: Metadata, member: str) -> tuple[str, ...]:
    """The strings of a member that is a list; none where it is left out."""
    value = said.get(member)
    return tuple(map(str, value)) if isinstance(value, list) else ()


def _text(said: Metadata, member: str, otherwise: str = "") -> str:
    value = said.get(member)
    return value if isinstance(value, str) and value else otherwise


def profile_of(said: Metadata, otherwise: str = "") -> str:
    """The client profile that is asked for, by name or by what it demands."""
    if not otherwise:
        bound = any(said.get(flag) is True for flag in FLAGS)
        otherwise = Profile.FAPI2.value if bound else Profile.OIDC.value
    return _text(said, f"{PREFIX}profile", otherwise)


def read(said: Metadata, like: Registration) -> Registration:
    """What `said` declares; what it leaves out of what people are asked by is as in `like`.

    Raises:
        RegistrationError: a recipient is not written as one.
    """
    names = _names(said)
    own = {field: _text(said, member, getattr(like, field)) for member, field in _OWN.items()}
    about = {name: _text(said, member) for member, name in _ABOUT.items() if name != "contacts"}
    recipients = tuple(map(registration.recipient_of, texts(said, RECIPIENTS)))
    jwks, grants = said.get("jwks"), texts(said, "grant_types")
    wanted = replace(like, **own)  # type: ignore[arg-type]  # all of them are texts
    return replace(
        wanted,
        profile=profile_of(said, like.profile),
        name=_name(names) or _text(said, NAME, like.name),
        redirect_uris=texts(said, "redirect_uris"),
        post_logout_redirect_uris=texts(said, "post_logout_redirect_uris"),
        backchannel_logout_uri=_text(said, "backchannel_logout_uri"),
        userinfo_signed_response_alg=_text(said, "userinfo_signed_response_alg"),
        jwks="" if jwks is None else json.dumps(jwks, ensure_ascii=False),
        jwks_uri=_text(said, "jwks_uri"),
        scopes=tuple(_text(said, "scope").split()) or like.scopes,
        recipients=recipients or like.recipients,
        devices=device_code.NAME in grants if grants else like.devices,
        about=replace(About(**about), names=names, contacts=texts(said, "contacts")),  # type: ignore[arg-type]  # as above
    )


def _names(said: Metadata) -> tuple[tuple[str, str], ...]:
    """The client's names with their languages, where it has more than one without any."""
    found = sorted(
        (member.partition("#")[2], value)
        for member, value in said.items()
        if member.partition("#")[0] == NAME and isinstance(value, str)
    )
    return () if [tag for tag, _ in found] == [""] else tuple(found)


def _name(names: tuple[tuple[str, str], ...]) -> str:
    """The name that people are asked by: the Japanese one, else the one without a language."""
    japanese = [name for tag, name in names if tag.lower().split("-")[0] == "ja"]
    return next(iter([*japanese, *(name for _, name in names)]), "")


def told(app: App) -> dict[str, object]:
    """An app as it is registered (RFC 7591 3.2.1), with what this server made of it."""
    profile = PROFILES[app.profile]
    keys = {"jwks_uri": app.jwks_uri} if app.jwks_uri else {"jwks": json.loads(app.jwks)}
    names = {f"{NAME}#{tag}" if tag else NAME: name for tag, name in app.about.names}
    about = {member: getattr(app.about, name) for member, name in _ABOUT.items()}
    own = {
        f"{PREFIX}organisation": app.organisation,
        f"{PREFIX}supervisor": app.supervisor,
        f"{PREFIX}authority": app.authority,
        f"{PREFIX}ethics_approval": app.ethics_approval,
        f"{PREFIX}profile": app.profile.value,
        f"{PREFIX}purpose": app.purpose.code,
        f"{PREFIX}purpose_text": app.purpose.text,
        f"{PREFIX}purpose_version": app.purpose.version,
        f"{PREFIX}event_endpoint": app.event_endpoint,
        RECIPIENTS: [f"{one.name},{one.country},{one.relation}" for one in app.recipients],
    }
    of_logins: dict[str, object] = {
        "post_logout_redirect_uris": list(app.post_logout_redirect_uris),
        "backchannel_logout_uri": app.backchannel_logout_uri,
        "userinfo_signed_response_alg": app.userinfo_signed_response_alg,
        _SESSION_REQUIRED: bool(app.backchannel_logout_uri),  # each token names one
    }
    said = {**about, **own, **of_logins}
    return {
        "client_id": app.client_id,
        "client_id_issued_at": seconds(app.registered_at),
        **(names or {NAME: app.name}),
        "redirect_uris": list(app.redirect_uris),
        "grant_types": [one for one in GRANTS if app.devices or one != device_code.NAME],
        "response_types": ["code"],
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": " ".join(sorted(app.scopes)),
        "subject_type": "pairwise",
        "id_token_signed_response_alg": ALGORITHM,
        "dpop_bound_access_tokens": profile.binds_tokens,
        "require_pushed_authorization_requests": profile.wants_pushed,
        "authorization_details_types": [DETAIL_TYPE],
        **keys,
        **{member: value for member, value in said.items() if value},
    }
