"""What a request for data shows before any consent is looked at: a token, and its key."""

import hmac
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from consent.token import AccessToken, Rejected
from mynaportal_sim.oauth.client_token import ClientToken
from mynaportal_sim.oauth.resource_errors import (
    InvalidProofError,
    InvalidTokenError,
    SystemAccessError,
    TokenInQueryError,
    TokenRequiredError,
)
from mynaportal_sim.oauth.trail import asked_by

_SCHEMES = {"bearer": "Bearer", "dpop": "DPoP"}


class Credentials(NamedTuple):
    """The Authorization header, taken apart; `scheme` is "Bearer" or "DPoP"."""

    scheme: str
    token: str


@dataclass(frozen=True, slots=True)
class Bound:
    """A token that holds, and how it was presented; `proofs` is how many DPoP headers came.

    `jkt` is the thumbprint of the key it is bound to, if it is.
    """

    credentials: Credentials = field(repr=False)
    jkt: str | None
    proofs: int


@asked_by("FAPI 2.0 SP 5.3.3-2", "The token does not stand in the URL.")
def token_is_not_in_the_url(names: Sequence[str]) -> None:
    if "access_token" in names:
        raise TokenInQueryError("a token in the URL is not accepted, and is now in logs")


@asked_by("RFC 6750 2.1; RFC 9449 7.1", "One Authorization header has a Bearer or DPoP token.")
def token_is_in_the_header(values: Sequence[str]) -> Credentials:
    scheme, _, token = values[0].partition(" ") if values else ("", "", "")
    known = _SCHEMES.get(scheme.lower())
    if len(values) != 1 or known is None or not token.strip():
        raise TokenRequiredError
    return Credentials(known, token.strip())


@asked_by("RFC 9068 4", "This server issued the token, for this resource; it has not ended.")
def token_holds(shown: tuple[Credentials, AccessToken | Rejected]) -> AccessToken:
    credentials, checked = shown
    if isinstance(checked, Rejected):
        said = f"{checked.reason.value} {checked.claim}".strip()
        raise InvalidTokenError(f"the access token is not accepted: {said}", credentials.scheme)
    return checked


@asked_by("SMART 2.2 backend-services", "The token is of a consent, and not a system's own.")
def token_is_of_a_consent(shown: tuple[Credentials, ClientToken | None]) -> None:
    credentials, system = shown
    if system is not None:
        raise SystemAccessError(credentials.scheme)


@asked_by("RFC 9449 7.1, 7.2", "A token bound to a key comes by the scheme DPoP, another not.")
def scheme_fits(seen: Bound) -> None:
    bound = seen.jkt is not None
    if not bound and seen.credentials.scheme == "DPoP":
        raise InvalidTokenError("the token is a bearer token", "Bearer")
    if bound and seen.credentials.scheme == "Bearer":
        raise InvalidTokenError("the token is bound to a key: use the DPoP scheme", "DPoP")


@asked_by("RFC 9449 7.1", "A DPoP proof comes with a token that is bound to a key.")
def proof_is_there(seen: Bound) -> None:
    if seen.jkt is not None and not seen.proofs:
        raise InvalidProofError("the DPoP header is missing")


@asked_by("RFC 9449 4.3-12", "The proof is by the key that the token is bound to.")
def key_is_the_tokens(thumbprints: tuple[str, str]) -> None:
    proven, bound = thumbprints
    if not hmac.compare_digest(proven.encode(), bound.encode()):
        raise InvalidTokenError("the proof is by another key than the token's", "DPoP")


CHECKS = (scheme_fits, proof_is_there)
