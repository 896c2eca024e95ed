"""What the portal knows of a private app."""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum, unique

from consent.instants import rfc3339
from consent.model import DeclaredPurpose, Recipient, Supervision
from mynaportal_sim.apps.about import SAYS_NOTHING, About
from mynaportal_sim.jose import PublicKey


@unique
class Profile(StrEnum):
    """The security profile an app has agreed to; `oauth.profiles` says what each demands."""

    OIDC = "oidc"
    FAPI2 = "fapi2"
    SMART = "smart"
    LENIENT = "lenient"


@dataclass(frozen=True, slots=True)
class RecipientKeys:
    """The public keys of one of an app's recipients, and the JSON in which they were given."""

    name: str
    jwks: str = field(repr=False)
    keys: tuple[PublicKey, ...] = field(repr=False)


@dataclass(frozen=True, slots=True)
class DeclaredVersion:
    """One declaration of an app: what it wants, why, since when, and who has looked at that.

    An instant is None where it was not kept: declarations after the first, and reviews, from
    before all of them were.
    """

    purpose: DeclaredPurpose
    scopes: frozenset[str]
    declared_at: datetime | None
    reviewer: str = ""
    reviewed_at: datetime | None = None

    @property
    def plain(self) -> dict[str, object]:
        """The same for programs."""
        return {
            "version": self.purpose.version,
            "code": self.purpose.code,
            "text": self.purpose.text,
            "text_sha256": self.purpose.text_sha256,
            "scope": " ".join(sorted(self.scopes)),
            "declared_at": self.declared_at and rfc3339(self.declared_at),
            "reviewer": self.reviewer or None,
            "reviewed_at": self.reviewed_at and rfc3339(self.reviewed_at),
        }


@dataclass(frozen=True, slots=True)
class App:
    """A registered app (OAuth 2.0: a client, confidential unless it has no keys).

    `jwks` is the JSON of its public keys as registered, or as they stood at its `jwks_uri` when
    that was last read; `keys` is the same, parsed. A public client has none, and proves nothing
    by what it sends. `organisation` answers for the app, `supervisor` is the person or body
    that watches over its use of data, under an `authority` and an `ethics_approval` where there
    are. `recipients` are those beside the organisation to whom it may ask to pass data; those
    in `recipient_keys` certify themselves what they have erased. Events are pushed to
    `event_endpoint`, or wait until the app polls for them where it has none. Whoever logs out
    by the app can be sent to one of `post_logout_redirect_uris`; that a session of the portal's
    has ended is told at `backchannel_logout_uri`. What it wants, the `scopes`, and why, the
    `purpose`, are its newest declaration; a `reviewer` has looked at that, or nobody has. With
    `devices`, it runs on some that have no browser and ask by a code (RFC 8628). A `verifier`
    (署名検証者等) may ask the authority about people's certificates.
    """

    client_id: str
    name: str
    organisation: str
    redirect_uris: tuple[str, ...]
    jwks: str = field(repr=False)
    keys: tuple[PublicKey, ...] = field(repr=False)
    scopes: frozenset[str]
    profile: Profile
    supervisor: str
    purpose: DeclaredPurpose
    registered_at: datetime
    recipients: tuple[Recipient, ...] = ()
    recipient_keys: tuple[RecipientKeys, ...] = ()
    authority: str = ""
    ethics_approval: str = ""
    event_endpoint: str = ""
    reviewer: str = ""
    jwks_uri: str = ""
    about: About = SAYS_NOTHING
    post_logout_redirect_uris: tuple[str, ...] = ()
    backchannel_logout_uri: str = ""
    userinfo_signed_response_alg: str = ""
    devices: bool = False
    verifier: bool = False

    @property
    def public(self) -> bool:
        """Whether it can keep no key, so that anybody may pose as it (RFC 6749 2.1)."""
        return not self.keys

    @property
    def addresses(self) -> dict[str, str | list[str]]:
        """Where people are sent, what the app is told, and where its keys are read."""
        return {
            "redirect_uris": list(self.redirect_uris),
            "event_endpoint": self.event_endpoint,
            "post_logout_redirect_uris": list(self.post_logout_redirect_uris),
            "backchannel_logout_uri": self.backchannel_logout_uri,
            "jwks_uri": self.jwks_uri,
        }

    @property
    def keys_of_recipients(self) -> dict[str, tuple[PublicKey, ...]]:
        """The keys of those recipients that have some, by name."""
        return {one.name: one.keys for one in self.recipient_keys}

    @property
    def supervision(self) -> Supervision:
        return Supervision(self.supervisor, self.authority, self.ethics_approval, self.reviewer)
