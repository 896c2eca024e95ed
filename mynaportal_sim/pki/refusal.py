"""Why a certificate is refused. The codes are the ones a login answers with."""

from dataclasses import dataclass
from enum import StrEnum, unique


@unique
class Code(StrEnum):
    """One code for each kind of check, in the order in which the checks run."""

    CERT_MALFORMED = "cert_malformed"
    CERT_KEY_UNSUPPORTED = "cert_key_unsupported"
    CERT_UNTRUSTED = "cert_untrusted"
    CERT_EXPIRED = "cert_expired"
    CERT_NOT_YET_VALID = "cert_not_yet_valid"
    CERT_WRONG_PURPOSE = "cert_wrong_purpose"
    CERT_REVOKED = "cert_revoked"
    REVOCATION_UNKNOWN = "revocation_unknown"
    REVOCATION_UNAVAILABLE = "revocation_unavailable"


@dataclass(frozen=True, slots=True)
class Refusal:
    """A certificate is not accepted; `detail` is for developers, not for the person."""

    code: Code
    detail: str
