"""Card-verifiable certificates and bare public keys, as the surface applications hold them."""

from dataclasses import dataclass, field
from typing import Self

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey, RSAPublicNumbers

from card_reader.client.files import wanted
from card_reader.errors import MalformedDataError
from card_reader.spec import RSA_BITS, UNREADABLE, is_marked
from card_reader.spec.verifiable import KEY_ID_LENGTH, Tag
from card_reader.statement import digest_info
from card_reader.tlv import Element, by_tag, elements, first, refuse_another


@dataclass(frozen=True, slots=True)
class VerifiableCertificate:
    """One key's certificate; `body` is what its issuer has signed."""

    issuer_key_id: bytes
    subject_key_id: bytes
    key: RSAPublicKey = field(repr=False)
    body: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Read a file, or what GET DATA gives, which has no 7F21 around it (myna-card).

        Raises MalformedDataError.
        """
        found, rest = first(content, Tag.BODY)
        signature, behind = first(rest, Tag.SIGNATURE)
        for tag in (Tag.BODY, Tag.SIGNATURE):
            refuse_another(behind, tag)
        body = found.value
        if len(body) < 2 * KEY_ID_LENGTH or Element.parse(rest) != signature:
            raise MalformedDataError("There is no card-verifiable certificate.")
        return cls(
            body[:KEY_ID_LENGTH],
            body[KEY_ID_LENGTH : 2 * KEY_ID_LENGTH],
            public_key(body[2 * KEY_ID_LENGTH :]),
            body,
            signature.value,
        )

    def is_issued_by(self, issuer: RSAPublicKey) -> bool:
        """Whether `issuer` signed `body`: by RSASSA-PKCS1-v1_5 with SHA-256, our choice."""
        return signs(issuer, self.signature, digest_info(self.body))


@dataclass(frozen=True, slots=True)
class SignedRecord:
    """What a record's issuer signs, as DigestInfo, and the card's key inside the record."""

    key: RSAPublicKey = field(repr=False)
    digest_info: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    @classmethod
    def of(cls, found: dict[int, Element], *signed: int, signature: int) -> Self:
        """Of objects, by their tags: the signed ones as they are encoded, the key last.

        Raises MalformedDataError.
        """
        objects = [wanted(found, tag) for tag in signed]
        return cls(
            public_key(objects[-1].value),
            digest_info(b"".join(map(bytes, objects))),
            wanted(found, signature).value,
        )


def public_key(value: bytes) -> RSAPublicKey:
    """The RSA key in the objects 90 (exponent) and 91 (modulus). Raises MalformedDataError."""
    found = by_tag(elements(value))
    exponent, modulus = (
        int.from_bytes(found[tag].value if tag in found else b"", "big")
        for tag in (Tag.EXPONENT, Tag.MODULUS)
    )
    try:
        key = RSAPublicNumbers(exponent, modulus).public_key()
    except ValueError:
        key = None
    if key is None or key.key_size != RSA_BITS:
        raise MalformedDataError("There is no RSA-2048 public key where one belongs.")
    return key


def issuer_key(certificate: bytes) -> RSAPublicKey:
    """The key of the card issuer's root, from its X.509 certificate as DER.

    Raises MalformedDataError if it is none with an RSA key, or lacks the simulation mark.
    """
    try:
        key = x509.load_der_x509_certificate(certificate).public_key()
    except UNREADABLE:
        key = None
    if not isinstance(key, RSAPublicKey) or not is_marked(certificate):
        raise MalformedDataError("This is no certificate of a simulated issuer of cards.")
    return key


def signs(key: RSAPublicKey, signature: bytes, info: bytes) -> bool:
    """Whether `signature` is that of `key` over the DigestInfo `info` (RFC 8017, 8.2.2)."""
    try:
        return key.recover_data_from_signature(signature, PKCS1v15(), None) == info
    except InvalidSignature:
        return False
