"""That a person signed an answer with their card, and what proves it for years."""

import hmac
from dataclasses import dataclass, field, replace
from hashlib import sha256

from consent.model.version import Evidence


@dataclass(frozen=True, slots=True)
class Signature:
    """A signature over an agreement's text, with all that it takes to judge it alone.

    `kind` tells by which of the card's certificates. `challenge` is the JSON of the statement
    that was signed in place of the text itself, empty where there is none. `issuer` issued the
    certificate and signed `revocation`, its list of that day; the three are DER. `key` is
    random: under it the certificate has a name of its own in each consent.
    """

    kind: str
    text: str
    statement_sha256: str
    challenge: str
    value: bytes = field(repr=False)
    certificate: bytes = field(repr=False)
    issuer: bytes = field(repr=False)
    revocation: bytes = field(repr=False)
    key: bytes = field(repr=False)

    @property
    def certificate_mac(self) -> bytes:
        """What stands for the certificate where others read."""
        return certificate_mac(self.key, self.certificate)

    def onto(self, evidence: Evidence) -> Evidence:
        """How the person was known, and that they signed."""
        return replace(
            evidence,
            certificate_mac=self.certificate_mac,
            signed_with=self.kind,
            statement_sha256=self.statement_sha256,
            signature_sha256=sha256(self.value).hexdigest(),
        )


def certificate_mac(key: bytes, certificate: bytes) -> bytes:
    """HMAC-SHA-256 of a certificate under a consent's own key; nobody else can compare it."""
    return hmac.digest(key, certificate, sha256)
