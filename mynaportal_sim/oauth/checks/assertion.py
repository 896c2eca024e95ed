"""What a client's assertion is held to (private_key_jwt; RFC 7521, RFC 7523)."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from mynaportal_sim.apps.model import App
from mynaportal_sim.jose import JoseError, Jws, PublicKey, read_jws, verify
from mynaportal_sim.oauth import instants
from mynaportal_sim.oauth.errors import InvalidClientError, UnauthorizedClientError
from mynaportal_sim.oauth.trail import Check, asked_by

TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
# How far ahead `exp` may lie; bounds how long a used jti must be remembered.
LIFETIME_MAX = timedelta(minutes=60)
JTI_MAX = 256
_PROOFS = frozenset({"client_assertion", "client_assertion_type", "client_secret"})


@dataclass(frozen=True, slots=True)
class Credentials:
    """What a request shows of its sender: parameters, and an Authorization header if any."""

    parameters: Mapping[str, str] = field(repr=False)
    authorization: str | None = field(default=None, repr=False)

    @property
    def proves(self) -> bool:
        """Whether it means to prove who sends it."""
        return self.authorization is not None or not _PROOFS.isdisjoint(self.parameters)


@dataclass(frozen=True, slots=True)
class Assertion:
    """An assertion of an app's, and those whom it may name as its audience."""

    jws: Jws = field(repr=False)
    app: App
    issuer: str
    token_endpoint: str
    sent_to: str
    now: datetime


@asked_by("RFC 9700 2.1; RFC 6749 2.1", "A client without keys is one that the portal lets in.")
def public_clients_are_let_in(shown: tuple[App, bool]) -> None:
    app, let = shown
    if app.public and not let:
        raise UnauthorizedClientError(
            "a client without keys is public, and this portal lets none in"
            " (MYNASIM_PUBLIC_CLIENTS)"
        )


@asked_by("FAPI 2.0 SP 5.3.2.1-6", "Clients authenticate by private_key_jwt alone.")
def no_other_credentials(shown: Credentials) -> None:
    challenged = shown.authorization is not None
    if challenged or "client_secret" in shown.parameters:
        raise InvalidClientError(
            "clients authenticate by private_key_jwt only", challenged=challenged
        )


@asked_by("RFC 7523 2.2", f"client_assertion_type is {TYPE}.")
def assertion_type(shown: Credentials) -> None:
    if shown.parameters.get("client_assertion_type") != TYPE:
        raise InvalidClientError(f"client_assertion_type must be {TYPE}")


@asked_by("RFC 7523 2.2", "client_assertion is one JWT, whose header brings no key along.")
def assertion_is_jwt(shown: Credentials) -> Jws:
    return read_jws(shown.parameters.get("client_assertion", ""), names_key_set=True)


@asked_by("RFC 7523 3", "iss and sub are both the client_id.")
def assertion_names_one_client(jws: Jws) -> str:
    claimed = jws.claims.get("sub")
    if not isinstance(claimed, str) or jws.claims.get("iss") != claimed:
        raise JoseError("iss and sub must both be the client_id")
    return claimed


@asked_by("RFC 7521 4.2", "client_id, where it is sent too, is the assertion's subject.")
def client_id_agrees(shown: tuple[Credentials, str]) -> None:
    credentials, claimed = shown
    if credentials.parameters.get("client_id", claimed) != claimed:
        raise JoseError("client_id is another than in the assertion")


@asked_by("RFC 6749 2.2", "The client is registered.")
def client_is_registered(app: App | None) -> App:
    if app is None:
        raise JoseError("the client is not registered")
    return app


def signed_by_the_client(algorithms: Collection[str]) -> Check[Assertion, None]:
    """The check that one of the client's keys signed, by one of these algorithms."""
    accepted = ", ".join(sorted(algorithms))

    @asked_by("RFC 7523 3-9", f"A registered key signed it, by one of {accepted}.")
    def assertion_is_signed(seen: Assertion) -> None:
        said = seen.app.about.signing_alg
        accepted = {said} & {*algorithms} if said else algorithms
        verify(seen.jws, _key(seen.jws, seen.app.keys), accepted)

    return assertion_is_signed


@asked_by("FAPI 2.0 SP 5.4; RFC 8725 3.10", "The header names no key set (jku).")
def names_no_key_set(seen: Assertion) -> None:
    if "jku" in seen.jws.header:
        raise JoseError("the header names a key set (jku); leave it out")


@asked_by(
    "SMART 2.2 client-confidential-asymmetric", "jku, if sent, is the registered jwks_uri."
)
def key_set_is_registered(seen: Assertion) -> None:
    registered = seen.app.jwks_uri
    if "jku" in seen.jws.header and (not registered or seen.jws.header["jku"] != registered):
        raise JoseError("jku is not the jwks_uri that this app has registered")


def _key(jws: Jws, keys: Sequence[PublicKey]) -> PublicKey:
    """The client's key that the header names; without a kid, its only one for that alg."""
    if jws.kid is not None:
        fitting = [key for key in keys if key.is_named(jws.kid)]
    else:
        fitting = [key for key in keys if jws.algorithm in key.algorithms]
    if len(fitting) != 1:
        raise JoseError("the header names none of the client's registered keys (kid)")
    return fitting[0]


@asked_by("FAPI 2.0 SP 5.3.2.1-8", "aud is the issuer, as a string and not in an array.")
def audience_is_the_issuer(seen: Assertion) -> None:
    if seen.jws.claims.get("aud") != seen.issuer:
        raise JoseError("aud must be the issuer, as a string (FAPI 2.0)")


@asked_by(
    "RFC 7523 3-3; RFC 9126 2",
    "aud names the issuer, the token endpoint, or the endpoint that it is sent to.",
)
def audience_is_this_server(seen: Assertion) -> None:
    audience = seen.jws.claims.get("aud")
    named = audience if isinstance(audience, list) else [audience]
    if not any(one in named for one in (seen.issuer, seen.token_endpoint, seen.sent_to)):
        raise JoseError("aud must be the issuer, the token endpoint or this one")


@asked_by("FAPI 2.0 SP 5.3.2.1-13", "iat and nbf lie at most 10 seconds ahead.")
def assertion_is_not_of_later(seen: Assertion) -> None:
    instants.check_not_ahead(seen.jws.claims, seen.now)


@asked_by("RFC 7523 3-4", f"exp lies ahead, by at most {LIFETIME_MAX.seconds // 60} minutes.")
def assertion_ends_soon(seen: Assertion) -> None:
    expires_at = instants.instant(seen.jws.claims, "exp")
    if expires_at is None or not seen.now < expires_at <= seen.now + LIFETIME_MAX:
        raise JoseError(f"exp must lie at most {LIFETIME_MAX.seconds // 60} minutes ahead")


@asked_by("RFC 7523 3-7", f"jti is there, with at most {JTI_MAX} characters.")
def assertion_has_an_id(seen: Assertion) -> None:
    jti = seen.jws.claims.get("jti")
    if not isinstance(jti, str) or not 1 <= len(jti) <= JTI_MAX:
        raise JoseError(f"jti must be a string of 1 to {JTI_MAX} characters")
