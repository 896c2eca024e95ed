"""What a client that registers itself is held to, beside the rule for every app.

RFC 7591 and 7592; OpenID Connect Dynamic Client Registration 1.0. That rule itself,
`registration.check`, is the same for the command, the page and this.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

from mynaportal_sim.apps.invites import InvitationStatus, Invite
from mynaportal_sim.apps.model import App
from mynaportal_sim.apps.registration import Registration
from mynaportal_sim.jose import JoseError, Json, strict_json
from mynaportal_sim.oauth.errors import (
    InvalidClientMetadataError,
    OAuthError,
    TooManyTriesError,
    UnapprovedSoftwareStatementError,
)
from mynaportal_sim.oauth.resource_errors import InvalidTokenError
from mynaportal_sim.oauth.trail import asked_by

T = TypeVar("T")

GIVEN_BY_SERVER = (
    "registration_access_token",
    "registration_client_uri",
    "client_secret_expires_at",
    "client_id_issued_at",
)


@dataclass(frozen=True, slots=True)
class Said:
    """What a client says of itself, and what its profile and this server have for it.

    `flags` is what each of the members that demand something of requests must be, if sent.
    """

    members: Mapping[str, Json] = field(repr=False)
    profile: str
    algorithms: Collection[str]
    flags: Mapping[str, bool]
    grants: Collection[str]
    details: Collection[str]
    id_token_algorithm: str


@asked_by("RFC 7591 3; RFC 7592 2", "One Authorization header has a Bearer token.")
def registration_token_is_in_the_header(values: Sequence[str]) -> str:
    scheme, _, token = values[0].partition(" ") if values else ("", "", "")
    if len(values) != 1 or scheme.lower() != "bearer" or not token.strip():
        raise InvalidTokenError("present the token as Authorization: Bearer, once")
    return token.strip()


@asked_by("RFC 7591 3", "It is an initial access token that can still be used.")
def invitation_stands(seen: tuple[Invite | None, InvitationStatus | None]) -> Invite:
    invite, standing = seen
    if invite is None:
        raise InvalidTokenError("this is no initial access token of this portal")
    if standing is not InvitationStatus.LIVE:
        raise InvalidTokenError(f"this initial access token is {standing}; ask for another")
    return invite


@asked_by("RFC 6585 4", "The token was not used too often in a short time.")
def tries_are_few(wait: int) -> None:
    if wait:
        raise TooManyTriesError(wait)


@asked_by("RFC 7592 2", "It is the registration access token of the client in the URL.")
def registration_token_is_the_clients(seen: tuple[App | None, str]) -> App:
    app, named = seen
    if app is None or app.client_id != named:
        raise InvalidTokenError("this is not the registration access token of that client")
    return app


@asked_by("RFC 7591 3.1", "The body is a JSON object, with no member given twice.")
def metadata_are_an_object(body: bytes) -> dict[str, Json]:
    try:
        members = strict_json(body)
    except JoseError as error:
        raise InvalidClientMetadataError("body", f"{error}; send a JSON object") from None
    if not isinstance(members, dict):
        raise InvalidClientMetadataError("body", "is no JSON object")
    return {name: value for name, value in members.items() if value is not None}


@asked_by("RFC 7591 2", "Each member that is known has the type that it is to have.")
def members_have_their_types(fault: InvalidClientMetadataError | None) -> None:
    _unless_refused(fault)


@asked_by("RFC 7591 2.3", "There is no software_statement, since nobody's would count.")
def no_software_statement(said: Said) -> None:
    if "software_statement" in said.members:
        raise UnapprovedSoftwareStatementError(
            "software_statement is not taken; say the same by members of your own"
        )


@asked_by("FAPI 2.0 SP 5.3.2.1-6", "token_endpoint_auth_method is private_key_jwt.")
def authenticates_by_its_key(said: Said) -> None:
    _is_one_of(said, "token_endpoint_auth_method", ["private_key_jwt"])


@asked_by("OIDC Registration 2", "token_endpoint_auth_signing_alg is one of the profile's.")
def signs_as_its_profile(said: Said) -> None:
    _is_one_of(said, "token_endpoint_auth_signing_alg", said.algorithms)


@asked_by("RFC 7591 2", "grant_types are such as the token endpoint knows.")
def grant_types_are_known(said: Said) -> None:
    _are_among(said, "grant_types", said.grants)


@asked_by("RFC 9700 2.1.2", "response_types are code alone.")
def response_types_are_code(said: Said) -> None:
    _are_among(said, "response_types", ["code"])


@asked_by("OIDC Core 8", "subject_type is pairwise: no two apps know a person by one name.")
def subject_type_is_pairwise(said: Said) -> None:
    _is_one_of(said, "subject_type", ["pairwise"])


@asked_by("OIDC Registration 2", "id_token_signed_response_alg is the one of this server.")
def id_tokens_are_signed_so(said: Said) -> None:
    _is_one_of(said, "id_token_signed_response_alg", [said.id_token_algorithm])


@asked_by("RFC 9449 5.2; RFC 9126 6", "What is said of DPoP and PAR is what the profile does.")
def profile_does_so(said: Said) -> None:
    for member, does in said.flags.items():
        if said.members.get(member, does) is not does:
            raise InvalidClientMetadataError(
                member, f"is {str(does).lower()} for the profile {said.profile}"
            )


@asked_by("RFC 9396 10", "authorization_details_types are such as the metadata list.")
def details_types_are_known(said: Said) -> None:
    _are_among(said, "authorization_details_types", said.details)


@asked_by("RFC 7591 2", "There is jwks or jwks_uri, and not both.")
def keys_come_in_one_way(said: Said) -> None:
    if ("jwks" in said.members) is ("jwks_uri" in said.members):
        raise InvalidClientMetadataError("jwks", "give either jwks or jwks_uri")


CHECKS = (
    no_software_statement,
    authenticates_by_its_key,
    signs_as_its_profile,
    grant_types_are_known,
    response_types_are_code,
    subject_type_is_pairwise,
    id_tokens_are_signed_so,
    profile_does_so,
    details_types_are_known,
    keys_come_in_one_way,
)


@asked_by("RFC 7591 3", "The app is of the organisation that was invited, if one was.")
def organisation_is_the_invited(seen: tuple[Registration, Invite]) -> None:
    wanted, invite = seen
    if invite.organisation not in {"", wanted.organisation}:
        raise InvalidClientMetadataError(
            "mynasim_organisation", f"this token is for apps of {invite.organisation} alone"
        )


@asked_by("RFC 7591 2; RFC 7517 5", "At jwks_uri, if it is given, stand public keys.")
def keys_can_be_read(read: Registration | OAuthError) -> Registration:
    return _unless_refused(read)


@asked_by("OIDC Registration 5", "At sector_identifier_uri, if given, stand all redirect URIs.")
def sector_has_the_redirect_uris(fault: OAuthError | None) -> None:
    _unless_refused(fault)


@asked_by("RFC 7591 3.2.2", "The app is one that the portal would register by any way.")
def app_may_be_registered(checked: App | OAuthError) -> App:
    return _unless_refused(checked)


@asked_by("RFC 7591 3", "The initial access token was not used up or revoked meanwhile.")
def invitation_is_not_used_up(spent: bool) -> InvalidTokenError | None:
    return None if spent else InvalidTokenError("this initial access token is used up")


@asked_by("RFC 7592 2.2", "The registration access token was not revoked meanwhile.")
def registration_token_still_counts(owner: str | None) -> InvalidTokenError | None:
    return None if owner else InvalidTokenError("this registration access token is revoked")


@asked_by(
    "RFC 7592 2.2", "client_id is this client's, and nothing of the server's is sent back."
)
def names_this_client(seen: tuple[Mapping[str, Json], App]) -> None:
    members, app = seen
    if members.get("client_id") != app.client_id:
        raise InvalidClientMetadataError("client_id", f"must be {app.client_id}")
    for member in GIVEN_BY_SERVER:
        if member in members:
            raise InvalidClientMetadataError(member, "must be left out; the portal gives it")


@asked_by("RFC 7592 2.2", "What people are asked by stays as it was registered.")
def stays_what_people_are_asked(changed: str | None) -> None:
    if changed is not None:
        declared = changed in {"scope", "mynasim_purpose", "mynasim_purpose_text"}
        way = "declare anew (mynasim app declare)" if declared else "register another app"
        raise InvalidClientMetadataError(
            changed, f"cannot be changed here; leave it out, or {way}"
        )


def _unless_refused(found: T | OAuthError) -> T:
    if isinstance(found, OAuthError):
        raise found
    return found


def _is_one_of(said: Said, member: str, accepted: Collection[str]) -> None:
    if said.members.get(member, next(iter(accepted))) not in accepted:
        raise InvalidClientMetadataError(member, f"must be {' or '.join(sorted(accepted))}")


def _are_among(said: Said, member: str, accepted: Collection[str]) -> None:
    listed = said.members.get(member, [])
    unknown = [one for one in listed if one not in accepted] if isinstance(listed, list) else []
    if unknown:
        raise InvalidClientMetadataError(
            member, f"has {unknown[0]}; of use here are {', '.join(accepted)}"
        )
