"""券面事項確認AP as a terminal uses it: the face of the card, its images and signatures."""

from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256
from typing import Self

from card_reader.client import files
from card_reader.client.files import objects, wanted
from card_reader.client.pin import Reference
from card_reader.client.session import Session
from card_reader.client.verifiable import SignedRecord, VerifiableCertificate, public_key
from card_reader.spec import BIRTH_KEY, NUMBER_A, NUMBER_B, VISUAL_AID
from card_reader.spec.person import BIRTH_LENGTH, Sex
from card_reader.spec.register import EXPIRY_LENGTH, MUNICIPALITY_LENGTH
from card_reader.spec.verifiable import KEY_ID_LENGTH, VERSION_LENGTH
from card_reader.spec.visual import VisualEF, VisualTag
from card_reader.statement import digest_info_of

_NAME = "券面事項確認AP"


@dataclass(frozen=True, slots=True)
class Birth:
    """The record that proves an age: the day of birth as YYYYMMDD."""

    born: str = field(repr=False)
    record: SignedRecord

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Read EF 0001. Raises MalformedDataError."""
        found = objects(content, VisualTag.BIRTH_RECORD)
        born = wanted(found, VisualTag.BIRTH).value
        key, signature = VisualTag.BIRTH_PUBLIC_KEY, VisualTag.BIRTH_SIGNATURE
        record = SignedRecord.of(found, VisualTag.BIRTH, key, signature=signature)
        return cls(files.digits(born, BIRTH_LENGTH), record)


@dataclass(frozen=True, slots=True)
class Face:
    """The face of the card: images are PNG, the portrait is JPEG 2000 (JP2).

    `born` is YYYYMMDD. `expires`, likewise, and the security code are not covered by the
    signature of `record` (myna-card).
    """

    born: str = field(repr=False)
    sex: Sex = field(repr=False)
    name_image: bytes = field(repr=False)
    address_image: bytes = field(repr=False)
    portrait: bytes = field(repr=False)
    expires: str
    security_code_image: bytes = field(repr=False)
    record: SignedRecord

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Read EF 0002. Raises MalformedDataError."""
        found = objects(content, VisualTag.FACE)
        signed = b"".join(
            sha256(b"".join(bytes(wanted(found, tag)) for tag in part)).digest()
            for part in _SIGNED_OF_FACE
        )
        record = SignedRecord(
            public_key(wanted(found, VisualTag.PUBLIC_KEY).value),
            digest_info_of(signed),
            wanted(found, VisualTag.SIGNATURE).value,
        )
        return cls(
            files.digits(wanted(found, VisualTag.BORN).value, BIRTH_LENGTH),
            Sex.of(wanted(found, VisualTag.SEX).value),
            wanted(found, VisualTag.NAME_IMAGE).value,
            wanted(found, VisualTag.ADDRESS_IMAGE).value,
            wanted(found, VisualTag.PORTRAIT).value,
            files.digits(wanted(found, VisualTag.EXPIRES).value, EXPIRY_LENGTH),
            wanted(found, VisualTag.SECURITY_CODE_IMAGE).value,
            record,
        )


_SIGNED_OF_FACE = (
    (VisualTag.BORN, VisualTag.SEX, VisualTag.PUBLIC_KEY),
    (VisualTag.NAME_IMAGE, VisualTag.ADDRESS_IMAGE),
    (VisualTag.PORTRAIT,),
)
"""Each part is hashed for itself; what is signed is a DigestInfo of the hashes in a row."""


@dataclass(frozen=True, slots=True)
class MyNumberImage:
    """個人番号 as it is printed: a PNG."""

    image: bytes = field(repr=False)
    record: SignedRecord

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Read EF 0005. Raises MalformedDataError."""
        found = objects(content, VisualTag.MY_NUMBER)
        image = wanted(found, VisualTag.MY_NUMBER_IMAGE).value
        key, signature = VisualTag.MY_NUMBER_PUBLIC_KEY, VisualTag.MY_NUMBER_SIGNATURE
        record = SignedRecord.of(found, VisualTag.MY_NUMBER_IMAGE, key, signature=signature)
        return cls(image, record)


@dataclass(frozen=True, slots=True)
class VisualInformation:
    """AP基本情報: layout and version, the id of a key, nobody knows whose; the municipality."""

    version: bytes
    key_id: bytes
    surface_version: int
    municipality: str

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Read EF 0003. Raises MalformedDataError."""
        found = objects(content, VisualTag.INFORMATION)
        return cls(
            files.octets(wanted(found, VisualTag.INFORMATION_VERSION).value, VERSION_LENGTH),
            files.octets(wanted(found, VisualTag.INFORMATION_KEY_ID).value, KEY_ID_LENGTH),
            files.octets(wanted(found, VisualTag.SURFACE_VERSION).value, 1)[0],
            files.digits(wanted(found, VisualTag.MUNICIPALITY).value, MUNICIPALITY_LENGTH),
        )


class Visual:
    """The selected application. Selecting it forgets PINs verified before.

    Each file raises NotVerifiedError before what opens it, MalformedDataError if it is not what
    its format says. Raises NoSuchFileError if the card has no such application: a phone.
    """

    def __init__(self, session: Session) -> None:
        self._session = session
        session.select(VISUAL_AID)
        self._read = partial(files.read_object, session, _NAME)
        self.birth_key = Reference(session, VisualEF.BIRTH_KEY, BIRTH_KEY)
        """Opens the birth record."""
        self.number_a = Reference(session, VisualEF.NUMBER_A, NUMBER_A)
        """Opens the face and the image of the individual number."""
        self.number_b = Reference(session, VisualEF.NUMBER_B, NUMBER_B)
        """Opens the face."""

    def birth(self) -> Birth:
        """The day of birth: by its own digits."""
        return self._read(VisualEF.BIRTH, Birth.parse)

    def face(self) -> Face:
        """The face of the card: by number A or B."""
        return self._read(VisualEF.FACE, Face.parse)

    def information(self) -> VisualInformation:
        """AP基本情報: free."""
        return self._read(VisualEF.BASIC_INFORMATION, VisualInformation.parse)

    def certificate(self) -> VerifiableCertificate:
        """That of whoever signed the records: free."""
        return self._read(VisualEF.CERTIFICATE, VerifiableCertificate.parse)

    def my_number_image(self) -> MyNumberImage:
        """The individual number as an image: by number A."""
        return self._read(VisualEF.MY_NUMBER_IMAGE, MyNumberImage.parse)

    def sign(self, digest_info: bytes) -> bytes:
        """PKCS#1 v1.5 signature of the application over a DigestInfo; needs no PIN."""
        return self._session.sign_by_application(digest_info)
