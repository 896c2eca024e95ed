"""A signature beside a document, in whichever format, read with no benefit of the doubt."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from card_reader.algorithm import Algorithm
from card_reader.document.format import Format
from mynaportal_sim.pki.model import PublicKey

SIGNATURE_MAX = 65_536
"""Longest file, in bytes; one of ours has about 2,500."""


@dataclass(frozen=True, slots=True)
class SignatureFile:
    """What such a file says; nothing of it is verified.

    `certificate` is the signer's, in DER. `of_document` is whether the file names the document
    that it was read with, `of_certificate` whether it names that certificate, None where it
    names none. `is_by` tells whether a key has made the signature.
    """

    form: Format
    certificate: bytes
    algorithm: Algorithm
    signed_at: datetime | None
    of_document: bool
    of_certificate: bool | None
    is_by: Callable[[PublicKey], bool] = field(repr=False)
