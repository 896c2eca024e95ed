"""The form by which a developer registers an app: what was typed, and what is wrong with it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple, Self
from urllib.parse import parse_qsl

from mynaportal_sim.apps import registration
from mynaportal_sim.apps.about import About
from mynaportal_sim.apps.errors import PrivateKeyGivenError, RegistrationError
from mynaportal_sim.apps.invites import InvitationStatus, Invite
from mynaportal_sim.apps.model import Profile
from mynaportal_sim.apps.registration import Registration
from mynaportal_sim.oauth.errors import InvalidRequestError
from mynaportal_sim.web.language import marked as _
from mynaportal_sim.web.render import Page

FIELDS_MAX = 60
TOKEN = "token"  # noqa: S105  a field's name
TEXTS = (
    TOKEN,
    "name",
    "organisation",
    "supervisor",
    "redirect_uris",
    "purpose",
    "purpose_text",
    "profile",
    "devices",
    "jwks",
    "jwks_uri",
    "policy_uri",
    "tos_uri",
)
_FIELDS = {  # what a registration calls it -> the field of the form, where they differ
    "redirect URI": "redirect_uris",
    "purpose text": "purpose_text",
}
INVITATION = {
    None: _("this code was never given; take all that stands behind # in your link"),
    InvitationStatus.USED_UP: _("this code is used up; ask for a new link"),
    InvitationStatus.EXPIRED: _("this code has run out; ask for a new link"),
    InvitationStatus.REVOKED: _("this code was revoked; ask for a new link"),
}
PROFILES = {
    Profile.OIDC: (
        _("OpenID Connect"),
        _(
            "OAuth 2.1 with PKCE. A token is good for whoever holds it. The simplest to begin "
            "with, and what every library can do."
        ),
    ),
    Profile.FAPI2: (
        _("FAPI 2.0 Security Profile"),
        _(
            "Requests are pushed first (PAR), and a token is good only with the app's key "
            "(DPoP). For apps that will handle health records in earnest."
        ),
    ),
    Profile.SMART: (
        _("SMART App Launch 2.2"),
        _(
            "Data are asked for by SMART scopes, which can name codes and days. For apps and "
            "libraries that launch against any FHIR server."
        ),
    ),
    Profile.LENIENT: (
        _("Lenient"),
        _(
            "Lets harmless mistakes of older clients pass and tells of each in a Warning "
            "header. On portals for development alone."
        ),
    ),
}
SCOPES = {
    "openid": _("Who the person is, by a name that only this app knows"),
    "offline_access": _(
        "Refresh tokens (smart needs this for them; other profiles have them anyway)"
    ),
    "launch/patient": _("The app is told which record is the person's (SMART)"),
    "fhirUser": _("The ID token names the person's record (SMART)"),
    "patient/Patient.rs": _("Name, address, date of birth and sex"),
    "patient/Observation.rs": _("Each result by itself"),
    "patient/DiagnosticReport.rs": _("Whole reports"),
    "patient/MedicationDispense.rs": _("Each medicine that was dispensed"),
}
"""What each scope is in plain words; one that has none stands for itself."""


@dataclass(frozen=True, slots=True)
class Filled:
    """A form as it was sent."""

    values: Mapping[str, str] = field(repr=False)
    scopes: tuple[str, ...] = ()

    @classmethod
    def read(cls, body: bytes) -> Self:
        """What stands in a form's body. Raises InvalidRequestError: it is no form."""
        try:
            pairs = parse_qsl(
                body.decode("ascii"),
                keep_blank_values=True,
                errors="strict",
                max_num_fields=FIELDS_MAX,
            )
        except ValueError:
            raise InvalidRequestError("the form cannot be read") from None
        given = dict(pairs)
        values = {name: given.get(name, "").strip() for name in TEXTS}
        return cls(values, tuple(value for name, value in pairs if name == "scope"))

    def wanted(self, invite: Invite | None) -> Registration:
        """What it declares; who is invited for an organisation need not name it."""
        said = self.values
        bound = invite.organisation if invite is not None else ""
        organisation = said["organisation"] or bound or said["name"]
        return replace(
            registration.NOTHING,
            name=said["name"],
            organisation=organisation,
            supervisor=said["supervisor"] or organisation,
            redirect_uris=tuple(said["redirect_uris"].split()),
            jwks=said["jwks"],
            jwks_uri=said["jwks_uri"],
            scopes=self.scopes,
            profile=said["profile"],
            devices=bool(said["devices"]),
            purpose=said["purpose"],
            purpose_text=said["purpose_text"],
            about=About(policy_uri=said["policy_uri"], tos_uri=said["tos_uri"]),
        )

    def of_its_own(self, found: Iterable[RegistrationError]) -> list[RegistrationError]:
        """`found` but for what is wrong with a name only since it was taken from another."""
        taken = {name for name in ("organisation", "supervisor") if not self.values[name]}
        return [one for one in found if one.field not in taken]

    def without_secrets(self, found: Iterable[RegistrationError]) -> Self:
        """The same to be shown again, but for a private key, which goes no further."""
        leaked = any(isinstance(one, PrivateKeyGivenError) for one in found)
        return replace(self, values={**self.values, "jwks": ""}) if leaked else self


EMPTY = Filled(
    dict.fromkeys(TEXTS, "") | {"profile": Profile.OIDC.value}, registration.DEFAULT_SCOPES
)


class Beside(NamedTuple):
    """What is wrong with a field; why, as a program says it, where that stands apart."""

    sentence: str
    why: str = ""


def faults_beside(found: Sequence[RegistrationError], page: Page) -> dict[str, Beside]:
    """What is wrong with each field, in the reader's words; the first fault of each.

    Why something was not read or reached there is English alone: a part of an English
    sentence, and apart from a Japanese one.
    """
    beside: dict[str, Beside] = {}
    for one in found:
        if page.language == "ja":
            why = str(one.values.get("why", ""))
            told = Beside(page.text(one.fault, **{**one.values, "why": ""}), why)
        else:
            said = page.text(one.fault, **one.values)
            told = Beside(f"{said[:1].upper()}{said[1:]}.")
        beside.setdefault(_FIELDS.get(one.field, one.field), told)
    return beside


def of_invitation(
    wanted: Registration, invite: Invite | None, standing: InvitationStatus | None
) -> list[RegistrationError]:
    """What is wrong with the invitation that a form bears, or with whom it is for."""
    if invite is None or standing is not InvitationStatus.LIVE:
        return [RegistrationError(TOKEN, INVITATION[standing])]
    if invite.organisation not in {"", wanted.organisation}:
        return [
            RegistrationError(
                "organisation",
                "this invitation is for apps of “%(organisation)s” alone",
                organisation=invite.organisation,
            )
        ]
    return []
