"""The checks an app passes before it is registered; each says what to change."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from urllib.parse import urlsplit

from consent.model import DeclaredPurpose, Recipient, Relation, is_country
from mynaportal_sim.apps import uris
from mynaportal_sim.apps.about import SAYS_NOTHING, About
from mynaportal_sim.apps.errors import PrivateKeyGivenError, RegistrationError
from mynaportal_sim.apps.model import App, Profile
from mynaportal_sim.apps.texts import concrete, named
from mynaportal_sim.delivery.reach import Reach
from mynaportal_sim.jose import JoseError, PrivateKeyError, PublicKey, parse_jwk, strict_json
from mynaportal_sim.opaque import Randomness

REDIRECT_URIS_MAX = 20
RECIPIENTS_MAX = 20
KEYS_MAX = 20
CLIENT_ID_LENGTH = 12
SIGNED_BY = ("ES256",)
"""By which algorithms this portal can sign what it tells an app."""
DEFAULT_PURPOSE = "self-care"
DEFAULT_SCOPES = ("openid", "patient/Observation.rs", "patient/MedicationDispense.rs")


@dataclass(frozen=True, slots=True)
class Registration:
    """What a developer declares of an app.

    `jwks` is JSON (RFC 7517 5); with a `jwks_uri`, what was read there. A `public` client has
    no keys.
    """

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
    jwks_uri: str = ""
    about: About = SAYS_NOTHING
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str = ""
    userinfo_signed_response_alg: str = ""
    devices: bool = False
    public: bool = False
    verifier: bool = False


NOTHING = Registration("", "", (), "", (), "", "", "", "")


def completed(wanted: Registration, labels: Mapping[str, str]) -> Registration:
    """`wanted` with what need not be said filled in; `labels` are those of the purposes."""
    organisation = wanted.organisation or wanted.name
    purpose = wanted.purpose or DEFAULT_PURPOSE
    return replace(
        wanted,
        organisation=organisation,
        supervisor=wanted.supervisor or organisation,
        scopes=wanted.scopes or DEFAULT_SCOPES,
        purpose=purpose,
        purpose_text=wanted.purpose_text or labels.get(purpose, purpose),
    )


def check(
    wanted: Registration,
    client_id: str,
    scopes: Collection[str],
    purposes: Collection[str],
    now: datetime,
    reach: Reach | None = None,
) -> App:
    """The app that `wanted` becomes.

    `scopes` and `purposes` are those that exist; the hosts of its endpoints must be within
    `reach`, if one is given. Whether public clients are let in is for the caller to ask.

    Raises:
        RegistrationError: for the first check that fails.
    """
    for holds in _checks(wanted, scopes, purposes, reach):
        holds()
    return _app(wanted, client_id, now)


def faults(
    wanted: Registration,
    scopes: Collection[str],
    purposes: Collection[str],
    reach: Reach | None = None,
) -> list[RegistrationError]:
    """All that `check` would refuse, for whoever corrects it at once."""
    found: list[RegistrationError] = []
    for holds in _checks(wanted, scopes, purposes, reach):
        try:
            holds()
        except RegistrationError as error:
            found.append(error)
    return found


def _checks(
    wanted: Registration,
    scopes: Collection[str],
    purposes: Collection[str],
    reach: Reach | None,
) -> Iterator[Callable[[], object]]:
    """Each thing that is looked at; what does not hold raises RegistrationError."""
    for name in ("name", "organisation", "supervisor"):
        yield partial(named, name, getattr(wanted, name))
    for name in ("authority", "ethics_approval"):
        if getattr(wanted, name):
            yield partial(named, name.replace("_", " "), getattr(wanted, name))
    yield partial(concrete, wanted.purpose_text)
    yield partial(_recipients, wanted)
    yield from _addresses(wanted, reach)
    yield partial(_scopes, wanted.scopes, scopes)
    yield partial(known, "profile", (wanted.profile,), tuple(Profile))
    yield partial(known, "purpose", (wanted.purpose,), purposes)
    if wanted.userinfo_signed_response_alg:
        algorithm = (wanted.userinfo_signed_response_alg,)
        yield partial(known, "userinfo_signed_response_alg", algorithm, SIGNED_BY)
    yield partial(_devices, wanted)
    yield partial(_verifier, wanted)
    if wanted.jwks_uri:
        yield partial(uris.plausible, "jwks_uri", wanted.jwks_uri)
    yield wanted.about.check
    yield partial(_public if wanted.public else _keys, wanted)


def _app(wanted: Registration, client_id: str, now: datetime) -> App:
    return App(
        client_id=client_id,
        name=wanted.name,
        organisation=wanted.organisation,
        redirect_uris=wanted.redirect_uris,
        jwks=wanted.jwks,
        keys=() if wanted.public else parse_jwks(wanted.jwks),
        scopes=frozenset(wanted.scopes),
        profile=Profile(wanted.profile),
        supervisor=wanted.supervisor,
        purpose=DeclaredPurpose(wanted.purpose, wanted.purpose_text),
        registered_at=now.replace(microsecond=0),
        recipients=wanted.recipients,
        authority=wanted.authority,
        ethics_approval=wanted.ethics_approval,
        event_endpoint=wanted.event_endpoint,
        jwks_uri=wanted.jwks_uri,
        about=wanted.about,
        post_logout_redirect_uris=wanted.post_logout_redirect_uris,
        backchannel_logout_uri=wanted.backchannel_logout_uri,
        userinfo_signed_response_alg=wanted.userinfo_signed_response_alg,
        devices=wanted.devices,
        verifier=wanted.verifier,
    )


def let_public_in(wanted: Registration, *, policy: bool) -> None:
    """Raise RegistrationError for a public client where the portal's policy lets none in."""
    if wanted.public and not policy:
        raise RegistrationError(
            "public",
            "anybody can pose as an app without keys, so that this portal lets none in: give"
            " its keys, or set MYNASIM_PUBLIC_CLIENTS=true for it and for the portal",
        )


def _public(wanted: Registration) -> None:
    if wanted.jwks or wanted.jwks_uri:
        raise RegistrationError(
            "jwks", "a public client has no keys: give keys or --public, not both"
        )
    if wanted.profile != Profile.SMART:
        raise RegistrationError("profile", "a public client is of the profile smart alone")
    own = sorted(one for one in wanted.scopes if one.startswith("system/"))
    if own:
        raise RegistrationError(
            "scope", "%(scope)s takes a key, which a public client lacks", scope=own[0]
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
            "“%(text)s” is not NAME[,COUNTRY[,RELATION]]; a relation is %(relations)s",
            text=text,
            relations=", ".join(Relation),
        )
    return Recipient(name, country, Relation(relation))


def new_client_id(randomness: Randomness) -> str:
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
            raise RegistrationError(
                "jwks", 'give {"keys": […]} with 1 to %(most)s keys', most=KEYS_MAX
            )
        keys = tuple(parse_jwk(member) for member in members)
    except PrivateKeyError:
        raise PrivateKeyGivenError(
            "jwks",
            "this key set holds a PRIVATE key. Nothing was stored. Treat that key as leaked: "
            "make a new pair and register only its public half",
        ) from None
    except (JoseError, UnicodeEncodeError) as error:
        raise RegistrationError(
            "jwks", "cannot be read as keys: %(why)s", why=str(error)
        ) from None
    given = [key.kid for key in keys if key.kid is not None]
    if len(set(given)) < len(given) or len({key.thumbprint for key in keys}) < len(keys):
        raise RegistrationError("jwks", "two keys have the same kid, or are the same key")
    if len(keys) > 1 and len(given) < len(keys):
        raise RegistrationError("jwks", "with several keys, each needs a kid")
    return keys


def _recipients(wanted: Registration) -> None:
    if len(wanted.recipients) > RECIPIENTS_MAX:
        raise RegistrationError("recipient", "give at most %(most)s", most=RECIPIENTS_MAX)
    names = [wanted.organisation, *(one.name for one in wanted.recipients)]
    if len(set(names)) < len(names):
        raise RegistrationError("recipient", "give each once, and not the organisation")
    for one in wanted.recipients:
        named("recipient", one.name)
        if not is_country(one.country):
            raise RegistrationError(
                "recipient", "“%(country)s” is no country of ISO 3166-1", country=one.country
            )


def known(name: str, wanted: Iterable[str], existing: Collection[str]) -> None:
    """Raise RegistrationError for what there is not."""
    unknown = sorted(set(wanted).difference(existing))
    if unknown:
        raise RegistrationError(
            name,
            "%(unknown)s is unknown; choose of %(existing)s",
            unknown=", ".join(unknown),
            existing=", ".join(sorted(existing)),
        )


def _addresses(wanted: Registration, reach: Reach | None) -> Iterator[Callable[[], object]]:
    """Where the portal will send something, and where it will send people."""
    if wanted.event_endpoint:
        yield partial(_event_endpoint, wanted.event_endpoint, reach)
    if wanted.backchannel_logout_uri:
        yield partial(_logout_endpoint, wanted.backchannel_logout_uri, reach)
    yield partial(_redirect_uris, "redirect URI", wanted.redirect_uris)
    if wanted.post_logout_redirect_uris:
        afterwards = wanted.post_logout_redirect_uris
        yield partial(_redirect_uris, "post-logout redirect URI", afterwards)


def _redirect_uris(name: str, given: tuple[str, ...]) -> None:
    if not 1 <= len(given) <= REDIRECT_URIS_MAX or len(set(given)) < len(given):
        raise RegistrationError(name, "give 1 to %(most)s, each once", most=REDIRECT_URIS_MAX)
    for uri in given:
        uris.plausible(name, uri)


def _devices(wanted: Registration) -> None:
    if wanted.devices and wanted.profile in {Profile.FAPI2, Profile.SMART}:
        raise RegistrationError("devices", "this profile has none; register them under oidc")


def _verifier(wanted: Registration) -> None:
    if wanted.verifier and wanted.public:
        raise RegistrationError(
            "verifier", "an app without keys cannot prove who it is: give its keys"
        )


def _scopes(wanted: tuple[str, ...], existing: Collection[str]) -> None:
    if not wanted:
        raise RegistrationError("scope", "give at least one")
    known("scope", wanted, existing)


def _keys(wanted: Registration) -> None:
    if not wanted.jwks:
        raise RegistrationError("jwks", "give the app's public keys, or where they stand")
    keys, algorithm = parse_jwks(wanted.jwks), wanted.about.signing_alg
    if algorithm and not any(algorithm in key.algorithms for key in keys):
        raise RegistrationError(
            "signing algorithm", "no key of the set is for %(algorithm)s", algorithm=algorithm
        )


def _event_endpoint(uri: str, reach: Reach | None) -> None:
    name = "event endpoint"
    if why := _out_of_reach(name, uri, reach):
        raise RegistrationError(
            name, "“%(uri)s” %(why)s: let the app poll instead", uri=uri, why=why
        )


def _logout_endpoint(uri: str, reach: Reach | None) -> None:
    name = "back-channel logout URI"
    if why := _out_of_reach(name, uri, reach):
        raise RegistrationError(name, "“%(uri)s” %(why)s", uri=uri, why=why)


def _out_of_reach(name: str, uri: str, reach: Reach | None) -> str:
    """Why the portal will not send anything to a plausible place; empty if it will."""
    uris.plausible(name, uri)
    found = None if reach is None else reach.of(urlsplit(uri).hostname or "")
    return found if isinstance(found, str) else ""
