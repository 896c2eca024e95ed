"""券面事項入力補助AP as a terminal uses it: what is printed on the card, as text."""

from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Self

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from card_reader.client import files
from card_reader.client.files import objects, wanted
from card_reader.client.pin import Reference
from card_reader.client.session import Session
from card_reader.client.verifiable import SignedRecord, VerifiableCertificate, public_key
from card_reader.spec import NUMBER_A, NUMBER_B, TEXT_AID, TEXT_PIN
from card_reader.spec.person import BIRTH_LENGTH, NUMBER_LENGTH, Sex
from card_reader.spec.text import MY_NUMBER_FILE_LENGTH, TextEF, TextTag
from card_reader.spec.verifiable import KEY_ID_LENGTH, VERSION_LENGTH
from card_reader.tlv import only

_NAME = "券面事項入力補助AP"


@dataclass(frozen=True, slots=True)
class MyNumber:
    """個人番号, and the digest of its whole file, filler included."""

    digits: str = field(repr=False)
    digest: bytes = field(repr=False)

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Read EF 0001. Raises MalformedDataError."""
        value = only(content, TextTag.MY_NUMBER).value
        digest = sha256(content[:MY_NUMBER_FILE_LENGTH]).digest()
        return cls(files.digits(value, NUMBER_LENGTH), digest)


@dataclass(frozen=True, slots=True)
class Attributes:
    """基本4情報. `born` is YYYYMMDD as the card has it: a day may be unknown, so it is no date.

    `digest` is that of the four objects behind the table of offsets, which nobody needs.
    """

    name: str = field(repr=False)
    address: str = field(repr=False)
    born: str = field(repr=False)
    sex: Sex = field(repr=False)
    digest: bytes = field(repr=False)

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Read EF 0002. Raises MalformedDataError."""
        found = objects(content, TextTag.ATTRIBUTES)
        digested = b"".join(bytes(it) for tag, it in found.items() if tag != TextTag.OFFSETS)
        return cls(
            files.text(wanted(found, TextTag.NAME).value),
            files.text(wanted(found, TextTag.ADDRESS).value),
            files.digits(wanted(found, TextTag.BORN).value, BIRTH_LENGTH),
            Sex.of(wanted(found, TextTag.SEX).value),
            sha256(digested).digest(),
        )


@dataclass(frozen=True, slots=True)
class Integrity:
    """The digests of the two files above, which the issuer of the card signs as `signed`."""

    number_digest: bytes = field(repr=False)
    attributes_digest: bytes = field(repr=False)
    signed: bytes = field(repr=False)
    signature: bytes = field(repr=False)

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Read EF 0003. Raises MalformedDataError."""
        found = objects(content, TextTag.INTEGRITY)
        number, attributes = (
            wanted(found, tag) for tag in (TextTag.NUMBER_DIGEST, TextTag.ATTRIBUTES_DIGEST)
        )
        return cls(
            number.value,
            attributes.value,
            bytes(number) + bytes(attributes),
            wanted(found, TextTag.INTEGRITY_SIGNATURE).value,
        )


@dataclass(frozen=True, slots=True)
class TextInformation:
    """AP基本情報: which layout the application has, and the id of a key, nobody knows whose."""

    version: bytes
    key_id: bytes

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Read EF 0005. Raises MalformedDataError."""
        found = objects(content, TextTag.INFORMATION)
        return cls(
            files.octets(wanted(found, TextTag.INFORMATION_VERSION).value, VERSION_LENGTH),
            files.octets(wanted(found, TextTag.INFORMATION_KEY_ID).value, KEY_ID_LENGTH),
        )


class Text:
    """The selected application. Selecting it forgets PINs verified before.

    Each file raises NotVerifiedError before what opens it, MalformedDataError if it is not what
    its format says. Raises NoSuchFileError if the card has no such application: a phone.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        session.select(TEXT_AID)
        self._read = partial(files.read_object, session, _NAME)
        self.pin = Reference(session, TextEF.PIN, TEXT_PIN)
        """Opens every file."""
        self.number_a = Reference(session, TextEF.NUMBER_A, NUMBER_A)
        """Opens every file but that of the four attributes."""
        self.number_b = Reference(session, TextEF.NUMBER_B, NUMBER_B)
        """Opens every file but that of the individual number."""

    def my_number(self) -> MyNumber:
        """個人番号: by PIN or number A."""
        return self._read(TextEF.MY_NUMBER, MyNumber.parse)

    def attributes(self) -> Attributes:
        """基本4情報: by PIN or number B."""
        return self._read(TextEF.ATTRIBUTES, Attributes.parse)

    def integrity(self) -> Integrity:
        """The digests of both: by any of the three."""
        return self._read(TextEF.INTEGRITY, Integrity.parse)

    def certificate(self) -> VerifiableCertificate:
        """That of whoever signed `integrity` and `signed_key`: free."""
        return self._read(TextEF.CERTIFICATE, VerifiableCertificate.parse)

    def information(self) -> TextInformation:
        """AP基本情報: free."""
        return self._read(TextEF.BASIC_INFORMATION, TextInformation.parse)

    def session_key(self) -> RSAPublicKey:
        """The key that a terminal would encrypt a session's key for: by any of the three."""
        return self._read(TextEF.SESSION_KEY, _session_key)

    def signed_key(self) -> SignedRecord:
        """The key that `sign` uses, by which the card proves that it is no copy: by any."""
        return self._read(TextEF.SIGNED_KEY, signed_key)

    def sign(self, digest_info: bytes) -> bytes:
        """PKCS#1 v1.5 signature of the application over a DigestInfo; needs no PIN."""
        return self._session.sign_by_application(digest_info)


def signed_key(content: bytes) -> SignedRecord:
    """Read EF 0007 of the text. Raises MalformedDataError."""
    found = objects(content, TextTag.SIGNED_KEY)
    return SignedRecord.of(found, TextTag.KEY, signature=TextTag.KEY_SIGNATURE)


def _session_key(content: bytes) -> RSAPublicKey:
    return public_key(only(content, TextTag.SESSION_KEY).value)
