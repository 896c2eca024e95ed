"""The issuer of cards: its root, and the document signer that vouches for what is on them.

Both are a certificate and key in one file of the data directory. Terminals trust the root by
its certificate alone, `card-issuer.pem`. That a document signer is the root's, a
card-verifiable certificate says (form: myna-card text.rs). What no source tells is our choice,
and said to be.
"""

from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from card_reader import tlv
from card_reader.spec import RSA_BITS
from card_reader.spec.verifiable import KEY_ID_LENGTH, Tag
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.pki import pair, profiles
from mynaportal_sim.pki.errors import AuthorityFileError
from mynaportal_sim.pki.model import key_hash
from mynaportal_sim.pki.pair import Pair

CERTIFICATE_FILE = "card-issuer.pem"
ROOT_FILE = "card-issuer-root.pem"
SIGNER_FILE = "card-document-signer.pem"


@dataclass(frozen=True)
class CardIssuer:
    """Who vouches for the contents of cards."""

    root: x509.Certificate
    root_key: rsa.RSAPrivateKey = field(repr=False)
    signer: x509.Certificate
    signer_key: rsa.RSAPrivateKey = field(repr=False)

    @property
    def pem(self) -> bytes:
        """The root's certificate as terminals are given it."""
        return self.root.public_bytes(Encoding.PEM)

    @cached_property
    def signer_id(self) -> bytes:
        """The 16 bytes that name the document signer's key."""
        return key_id(self.signer)

    @cached_property
    def root_certificate(self) -> bytes:
        """The object 7F21 of the root's key under its own signature."""
        return self._verifiable(self.root, self.root_key.public_key())

    @cached_property
    def verifiable_certificate(self) -> bytes:
        """The object 7F21 of the document signer's key under the root's signature."""
        return self._verifiable(self.signer, self.signer_key.public_key())

    def _verifiable(self, subject: x509.Certificate, key: rsa.RSAPublicKey) -> bytes:
        """RSASSA-PKCS1-v1_5 with SHA-256 over the value of 5F4E, which is our choice."""
        body = key_id(self.root) + key_id(subject) + public_key(key)
        signature = self.root_key.sign(body, PKCS1v15(), SHA256())
        return tlv.encode(
            Tag.CERTIFICATE, tlv.encode(Tag.BODY, body) + tlv.encode(Tag.SIGNATURE, signature)
        )

    def sign(self, data: bytes) -> bytes:
        """The document signer's RSASSA-PKCS1-v1_5 signature of `data`, with SHA-256."""
        return self.signer_key.sign(data, PKCS1v15(), SHA256())

    def sign_digest_info(self, digest_info: bytes) -> bytes:
        """Its signature of a DigestInfo that is ready, of up to 245 bytes."""
        return self.signer_key.sign(digest_info, PKCS1v15(), NoDigestInfo())


def key_id(certificate: x509.Certificate) -> bytes:
    """What a card-verifiable certificate names a key by: SHA-256 of it, cut, as we choose."""
    return key_hash(certificate)[:KEY_ID_LENGTH]


def public_key(key: rsa.RSAPublicKey) -> bytes:
    """An RSA-2048 key as a card's records hold it: exponent, then modulus, as objects."""
    numbers = key.public_numbers()
    return tlv.encode(Tag.EXPONENT, numbers.e.to_bytes(3, "big")) + tlv.encode(
        Tag.MODULUS, numbers.n.to_bytes(RSA_BITS // 8, "big")
    )


def create(now: datetime, randomness: Randomness) -> CardIssuer:
    """A new issuer, good for ten years. Its keys come from the system's generator."""
    root = _make_root(now, randomness)
    return _issuer(root, _make_signer(root, now, randomness))


def ensure(directory: Path, now: datetime, randomness: Randomness) -> CardIssuer:
    """The issuer of cards in `directory`; what is missing is made. Safe to call twice.

    Raises:
        AuthorityFileError: a file is damaged, or the document signer is not the root's.
    """
    root = pair.ensure(directory / ROOT_FILE, lambda: _make_root(now, randomness))
    path = directory / SIGNER_FILE
    signer = pair.ensure(path, lambda: _make_signer(root, now, randomness))
    try:
        signer.certificate.verify_directly_issued_by(root.certificate)
        issuer = _issuer(root, signer)
    except (ValueError, TypeError, InvalidSignature):
        raise AuthorityFileError(path, f"it is not what {ROOT_FILE} signed") from None
    if not (directory / CERTIFICATE_FILE).exists():
        pair.write_once(directory / CERTIFICATE_FILE, issuer.pem)
    return issuer


def _issuer(root: Pair, signer: Pair) -> CardIssuer:
    if not isinstance(root.key, rsa.RSAPrivateKey) or not isinstance(
        signer.key, rsa.RSAPrivateKey
    ):
        raise TypeError("an issuer of cards has RSA keys")
    return CardIssuer(root.certificate, root.key, signer.certificate, signer.key)


def _make_root(now: datetime, randomness: Randomness) -> Pair:
    key = rsa.generate_private_key(profiles.PUBLIC_EXPONENT, RSA_BITS)
    builder = profiles.card_issuer(key.public_key(), now, randomness)
    return Pair(builder.sign(key, SHA256()), key)


def _make_signer(root: Pair, now: datetime, randomness: Randomness) -> Pair:
    key = rsa.generate_private_key(profiles.PUBLIC_EXPONENT, RSA_BITS)
    builder = profiles.document_signer(key.public_key(), root.certificate, now, randomness)
    return Pair(builder.sign(root.key, SHA256()), key)
