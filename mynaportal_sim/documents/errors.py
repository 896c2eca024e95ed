"""What can go wrong with documents and signatures beside them.

PortalError
├── SignatureFileError               the bytes are no signature beside a document; has .fault
└── LoginRefusedError
    └── DocumentNotSignedError       the public face of a Refusal of a signature
"""

from enum import StrEnum, unique

from mynaportal_sim.errors import PortalError
from mynaportal_sim.login.errors import LoginRefusedError


@unique
class Fault(StrEnum):
    """What can be wrong with a signature of a document, but for its certificate."""

    SIGNATURE_MALFORMED = "signature_malformed"
    NOT_DER = "not_der"
    TRAILING_BYTES = "trailing_bytes"
    NOT_DETACHED = "not_detached"
    SEVERAL_SIGNERS = "several_signers"
    ATTRIBUTE_TWICE = "attribute_twice"
    ATTRIBUTE_MISSING = "attribute_missing"
    UNSIGNED_PARTS = "unsigned_parts"
    ALG_NOT_ALLOWED = "alg_not_allowed"
    CERTIFICATE_MISSING = "certificate_missing"
    DOCUMENT_DIFFERS = "document_differs"
    OTHER_CERTIFICATE = "other_certificate"
    SIGNATURE_INVALID = "signature_invalid"
    TIME_AHEAD = "time_ahead"


class DocumentNotSignedError(LoginRefusedError):
    """A signature of a document was refused; the document waits for another."""

    text = "the signature was refused, and the document is not signed"


class SignatureFileError(PortalError):
    """The bytes are no signature that lies beside its document."""

    def __init__(self, fault: Fault, detail: str) -> None:
        super().__init__(detail)
        self.fault = fault
