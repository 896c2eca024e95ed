"""The checks an app passes before it is registered; each says what to change."""

import re
from collections.abc import Callable, Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from consent.model import DeclaredPurpose, Recipient, Relation, is_country
from mynaportal_sim.apps.errors import PrivateKeyGivenError, RegistrationError
from mynaportal_sim.apps.model import App, Profile
from mynaportal_sim.apps.vague import vague
from mynaportal_sim.delivery.reach import Reach
from mynaportal_sim.jose import JoseError, PrivateKeyError, PublicKey, parse_jwk, strict_json
from mynaportal_sim.legible import legible

NAME_MAX = 100
PURPOSE_TEXT_MAX = 500
URI_MAX = 1000
REDIRECT_URIS_MAX = 20
RECIPIENTS_MAX = 20
KEYS_MAX = 20
CLIENT_ID_LENGTH = 12

# RFC 3986 2: unreserved, reserved, percent-encoded.
_URI = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")


@dataclass(frozen=True, slots=True)
class Registration:
    """What a developer declares of an app; `jwks` is JSON (RFC 7517 5)."""

    name: str
    organisation: str
    redirect_uris: tuple[str, ...]
    jwks: str = field(repr=False)
    scopes: tuple[str, ...]
    profile: str
    supervisor: str
    purpose: str
    purpose_text: str
    recipients: tuple[Recipient, ...] = ()
    authority: str = ""
    ethics_approval: str = ""
    event_endpoint: str = ""


def check(
    wanted: Registration,
    client_id: str,
    scopes: Collection[str],
    purposes: Collection[str],
    now: datetime,
    reach: Reach | None = None,
) -> App:
    """The app that `wanted` becomes.

    `scopes` and `purposes` are those that exist; the event endpoint's host must be within
    `reach`, if one is given.

    Raises:
        RegistrationError: for the first check that fails.
    """
    for name in ("name", "organisation", "supervisor"):
        _shown(name, getattr(wanted, name), NAME_MAX)
    for name in ("authority", "ethics_approval"):
        if getattr(wanted, name):
            _shown(name.replace("_", " "), getattr(wanted, name), NAME_MAX)
    concrete(wanted.purpose_text)
    _recipients(wanted)
    if wanted.event_endpoint:
        _event_endpoint(wanted.event_endpoint, reach)
    _redirect_uris(wanted.redirect_uris)
    known("scope", wanted.scopes, scopes)
    known("profile", (wanted.profile,), tuple(Profile))
    known("purpose", (wanted.purpose,), purposes)
    return App(
        client_id=client_id,
        name=wanted.name,
        organisation=wanted.organisation,
        redirect_uris=wanted.redirect_uris,
        jwks=wanted.jwks,
        keys=parse_jwks(wanted.jwks),
        scopes=frozenset(wanted.scopes),
        profile=Profile(wanted.profile),
        supervisor=wanted.supervisor,
        purpose=DeclaredPurpose(wanted.purpose, wanted.purpose_text),
        registered_at=now.replace(microsecond=0),
        recipients=wanted.recipients,
        authority=wanted.authority,
        ethics_approval=wanted.ethics_approval,
        event_endpoint=wanted.event_endpoint,
    )


def recipient_of(text: str) -> Recipient:
    """A recipient written NAME[,COUNTRY[,RELATION]], such as 株式会社集計,JP,processor.

    Raises:
        RegistrationError: it is not written so.
    """
    name, *rest = [part.strip() for part in text.split(",")]
    country, relation, *more = [*rest, *("JP", Relation.PROCESSOR.value)[len(rest) :]]
    if more or relation not in set(Relation):
        raise RegistrationError(
            "recipient",
            f"{text!r} is not NAME[,COUNTRY[,RELATION]]; a relation is {', '.join(Relation)}",
        )
    return Recipient(name, country, Relation(relation))


def new_client_id(randomness: Callable[[int], bytes]) -> str:
    """A client_id that nobody has."""
    return f"app-{randomness(CLIENT_ID_LENGTH).hex()}"


def parse_jwks(text: str) -> tuple[PublicKey, ...]:
    """The keys of a JWK Set.

    Raises:
        PrivateKeyGivenError: one of them is private.
        RegistrationError: they are malformed, too many, or two have the same kid.
    """
    try:
        document = strict_json(text.encode())
        members = document.get("keys") if isinstance(document, dict) else None
        if not isinstance(members, list) or not 1 <= len(members) <= KEYS_MAX:
            raise RegistrationError("jwks", f'give {{"keys": […]}} with 1 to {KEYS_MAX} keys')
        keys = tuple(parse_jwk(member) for member in members)
    except PrivateKeyError:
        raise PrivateKeyGivenError("jwks") from None
    except (JoseError, UnicodeEncodeError) as error:
        raise RegistrationError("jwks", str(error)) from None
    named = [key.kid for key in keys if key.kid is not None]
    if len(set(named)) < len(named) or len({key.thumbprint for key in keys}) < len(keys):
        raise RegistrationError("jwks", "two keys have the same kid, or are the same key")
    if len(keys) > 1 and len(named) < len(keys):
        raise RegistrationError("jwks", "with several keys, each needs a kid")
    return keys


def named(what: str, text: str) -> None:
    """Raise RegistrationError for a name that people will read and could be misled by."""
    _shown(what, text, NAME_MAX)


def _shown(name: str, text: str, limit: int) -> None:
    """Text that people will read must not be able to pose as something else."""
    if not text.strip() or len(text) > limit:
        raise RegistrationError(name, f"give 1 to {limit} characters")
    if not legible(text):
        raise RegistrationError(name, "has a control or direction character")


def concrete(text: str) -> None:
    """Raise RegistrationError for a purpose that could be anything: nobody can agree to it."""
    _shown("purpose text", text, PURPOSE_TEXT_MAX)
    if (found := vague(text)) is not None:
        raise RegistrationError("purpose text", f"has “{found.words}”: {found.why}")


def _recipients(wanted: Registration) -> None:
    if len(wanted.recipients) > RECIPIENTS_MAX:
        raise RegistrationError("recipient", f"give at most {RECIPIENTS_MAX}")
    names = [wanted.organisation, *(one.name for one in wanted.recipients)]
    if len(set(names)) < len(names):
        raise RegistrationError("recipient", "give each once, and not the organisation")
    for one in wanted.recipients:
        _shown("recipient", one.name, NAME_MAX)
        if not is_country(one.country):
            raise RegistrationError("recipient", f"{one.country!r} is no country of ISO 3166-1")


def known(name: str, wanted: Iterable[str], existing: Collection[str]) -> None:
    unknown = sorted(set(wanted).difference(existing))
    if unknown:
        raise RegistrationError(
            name, f"{', '.join(unknown)} is unknown; choose of {', '.join(sorted(existing))}"
        )


def _redirect_uris(uris: tuple[str, ...]) -> None:
    if not 1 <= len(uris) <= REDIRECT_URIS_MAX or len(set(uris)) < len(uris):
        raise RegistrationError("redirect URI", f"give 1 to {REDIRECT_URIS_MAX}, each once")
    for uri in uris:
        fault = _uri_fault(uri)
        if fault is not None:
            raise RegistrationError("redirect URI", f"{uri!r} {fault}")


def _event_endpoint(uri: str, reach: Reach | None) -> None:
    fault = _uri_fault(uri)
    if fault is None and reach is not None:
        found = reach.of(urlsplit(uri).hostname or "")
        fault = f"{found}: let the app poll instead" if isinstance(found, str) else None
    if fault is not None:
        raise RegistrationError("event endpoint", f"{uri!r} {fault}")


def _uri_fault(uri: str) -> str | None:
    """Why nobody may be sent to `uri` (RFC 6749 3.1.2, FAPI 2.0 5.3.2.2-8)."""
    if len(uri) > URI_MAX or not _URI.fullmatch(uri):
        return "has characters that no URI has, or is too long"
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        return "is not a URI"
    if "#" in uri:
        return "has a fragment"
    if parts.username is not None or parts.password is not None or not parts.hostname:
        return "needs a host, and no user name"
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts)):
        return "must be https (http only on localhost, 127.0.0.1 or [::1])"
    return None


def _is_loopback(parts: SplitResult) -> bool:
    if parts.hostname == "localhost":
        return True
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
