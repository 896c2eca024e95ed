"""A compact JWS beside its document (RFC 7515, appendix F), with the certificate in `x5c`."""

import json
from base64 import b64encode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from card_reader.algorithm import Algorithm, algorithm_of

TYPE = "JOSE"
"""That it is a compact one (RFC 7515, 4.1.9)."""


@dataclass(frozen=True, slots=True)
class JwsDraft:
    """A signature of a document that lacks only what the card makes.

    Its input begins with `eyJ`, the base64url of a JSON object, and has one dot in it, so that
    it is no statement of a login or a consent.
    """

    certificate: bytes
    to_be_signed: bytes = field(repr=False)
    algorithm: Algorithm

    @classmethod
    def of(cls, document: bytes, certificate: bytes, now: datetime) -> "JwsDraft":
        """The signature of `document` by the key of `certificate` (DER), said to be of `now`.

        Raises MalformedDataError for a certificate whose key no card has.
        """
        algorithm = algorithm_of(certificate)
        header = {
            "alg": algorithm.value,
            "typ": TYPE,
            "iat": int(now.timestamp()),  # as JAdES 1.2.1 (ETSI TS 119 182-1, 5.1.11) has it
            "x5c": [b64encode(certificate).decode()],
            "x5t#S256": _b64url(sha256(certificate).digest()).decode(),
        }
        encoded = _b64url(json.dumps(header, separators=(",", ":")).encode())
        return cls(certificate, encoded + b"." + _b64url(document), algorithm)

    def assembled(self, signature: bytes) -> bytes:
        """The file, in ASCII, around the card's `signature` of `to_be_signed`."""
        header, _, _ = self.to_be_signed.partition(b".")
        return header + b".." + _b64url(signature)


def _b64url(data: bytes) -> bytes:
    return urlsafe_b64encode(data).rstrip(b"=")
