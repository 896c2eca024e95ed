"""Why a certificate of erasure is not taken; each says what to mend."""

from dataclasses import dataclass
from enum import StrEnum, unique

TYPE = "erasure-certificate+jwt"


@unique
class Fault(StrEnum):
    """Why a certificate is not taken."""

    MALFORMED = "malformed"
    WRONG_CLAIMS = "wrong_claims"
    UNKNOWN_KEY = "unknown_key"
    WRONG_SIGNATURE = "wrong_signature"
    OTHER_APP = "other_app"
    OTHER_RECIPIENT = "other_recipient"
    OTHER_PORTAL = "other_portal"
    OTHER_CASE = "other_case"
    BEFORE_THE_END = "before_the_end"
    IN_THE_FUTURE = "in_the_future"
    OTHER_CATEGORIES = "other_categories"
    NOT_AGREED = "not_agreed"
    SILENT_ON_RECIPIENTS = "silent_on_recipients"
    NAMED_TWICE = "named_twice"
    NO_KEYS = "no_keys"
    CONTRADICTED = "contradicted"
    NO_LAW = "no_law"

    @property
    def sentence(self) -> str:
        """What to mend, for the app's developer."""
        return _SENTENCES[self]


_SENTENCES = {
    Fault.MALFORMED: f"this is no compact JWS of typ {TYPE}",
    Fault.WRONG_CLAIMS: (
        "a claim is missing, not known here, of the wrong type, or has a control or direction"
        " character"
    ),
    Fault.UNKNOWN_KEY: "the header names none of the signer's registered keys (kid)",
    Fault.WRONG_SIGNATURE: "the signature does not fit, or its alg is not accepted",
    Fault.OTHER_APP: "iss must be the client_id",
    Fault.OTHER_RECIPIENT: "iss must be the name in passed_on, as it was registered",
    Fault.OTHER_PORTAL: "aud must be the issuer",
    Fault.OTHER_CASE: "arrangement or consent_version are those of another erasure",
    Fault.BEFORE_THE_END: "a time lies before the consent ended",
    Fault.IN_THE_FUTURE: "iat or a time of erasure lies ahead",
    Fault.OTHER_CATEGORIES: "counts must name each category that was given, and no other",
    Fault.NOT_AGREED: "method or derived is not what the consent says happens at its end",
    Fault.SILENT_ON_RECIPIENTS: (
        "passed_on must name everybody the consent let it pass data to, and say erased_at of"
        " those who have no registered keys"
    ),
    Fault.NAMED_TWICE: "passed_on must name nobody twice",
    Fault.NO_KEYS: "no keys are registered for this recipient: leave its certificate out",
    Fault.CONTRADICTED: "erased_at in passed_on is not what the recipient certifies",
    Fault.NO_LAW: "with retained_by_law, and only then, law and until are given, until ahead",
}


@dataclass(frozen=True, slots=True)
class Refusal:
    """A fault, and the recipient in whose certificate, or of whom, it is; none for the app."""

    fault: Fault
    recipient: str = ""

    @property
    def sentence(self) -> str:
        """What to mend, and in whose certificate, but no name: an error's text is ASCII."""
        where = "of a recipient: " if self.recipient else ""
        return f"{where}{self.fault.sentence}"
