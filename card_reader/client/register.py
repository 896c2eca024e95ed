"""住基AP, 共通カードAP and the card manager: the card as the thing that was issued."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Self, TypeVar

from card_reader.apdu import Command
from card_reader.client import files
from card_reader.client.pin import Reference
from card_reader.client.session import FILE_MAX, Session
from card_reader.client.verifiable import VerifiableCertificate
from card_reader.errors import MalformedDataError, StatusError
from card_reader.spec import CARD_MANAGER_AID, COMMON_AID, JUKI_AID, RESIDENT_PIN
from card_reader.spec.register import (
    CARD_RECORD_TAG,
    EXPIRY_LENGTH,
    MANUFACTURE_NUMBER,
    MUNICIPALITY_LENGTH,
    SERIAL_LENGTH,
    CommonEF,
    JukiEF,
    RootTag,
)
from card_reader.spec.verifiable import KEY_ID_LENGTH
from card_reader.status import SW
from card_reader.tlv import Head, only

T = TypeVar("T")

_RECORD_LENGTH = SERIAL_LENGTH + MUNICIPALITY_LENGTH + EXPIRY_LENGTH
_SEVERAL_TYPES = {SW.INCOMPATIBLE_FILE, SW.FUNCTION_NOT_SUPPORTED}
_ABSENT = {SW.REFERENCE_DATA_NOT_FOUND, SW.FILE_NOT_FOUND}


@dataclass(frozen=True, slots=True)
class CardRecord:
    """The card's serial number, the code of the municipality, and expiry as YYYYMMDD."""

    serial: str = field(repr=False)
    municipality: str
    expires: str
    manufacture_number: str = field(repr=False)
    """製造番号: what Mynaportal's login has of the record."""

    @classmethod
    def parse(cls, record: bytes) -> Self:
        """Read record 1 of EF 0001. Raises MalformedDataError."""
        digits = files.digits(only(record, CARD_RECORD_TAG).value, _RECORD_LENGTH)
        municipality = SERIAL_LENGTH + MUNICIPALITY_LENGTH
        return cls(
            digits[:SERIAL_LENGTH],
            digits[SERIAL_LENGTH:municipality],
            digits[municipality:],
            digits[MANUFACTURE_NUMBER],
        )


class Common:
    """共通カードAP, selected. Raises NoSuchFileError if the card has none: a phone."""

    def __init__(self, session: Session) -> None:
        self._session = session
        session.select(COMMON_AID)
        self.pin = Reference(session, CommonEF.PIN, RESIDENT_PIN, Command.change_key)
        """One of the two places of the PIN for the resident register."""

    def record(self) -> CardRecord:
        """What the card says of itself: free. Raises MalformedDataError, StatusError."""
        record = self._session.read_record(1, CommonEF.RECORD)
        with files.naming(f"EF {CommonEF.RECORD:04X} of 共通カードAP"):
            return CardRecord.parse(record)


@dataclass(frozen=True, slots=True)
class JukiRecord:
    """The id of a key, whose use is not known (myna-card)."""

    key_id: bytes

    @classmethod
    def parse(cls, record: bytes) -> Self:
        """Read record 1 of EF 0002, bare or as an object. Raises MalformedDataError."""
        bare = len(record) == KEY_ID_LENGTH
        key_id = record if bare else only(record, CARD_RECORD_TAG).value
        return cls(files.octets(key_id, KEY_ID_LENGTH))


class Juki:
    """住基AP, selected. Raises NoSuchFileError if the card has none: a phone."""

    def __init__(self, session: Session) -> None:
        self._session = session
        session.select(JUKI_AID)
        self.pin = Reference(session, JukiEF.PIN, RESIDENT_PIN, Command.change_key)
        """The other place; each counts for itself."""

    def record(self) -> JukiRecord:
        """What the application tells: free. Raises MalformedDataError, StatusError."""
        record = self._content()
        with files.naming(f"EF {JukiEF.RECORD:04X} of 住基AP"):
            return JukiRecord.parse(record)

    def _content(self) -> bytes:
        try:
            return self._session.read_record(1, JukiEF.RECORD)
        except StatusError as error:
            if error.sw not in _SEVERAL_TYPES:
                raise
        return self._session.read_file(JukiEF.RECORD, FILE_MAX)


@dataclass(frozen=True, slots=True)
class CardObjects:
    """What the card tells by GET DATA; None for what it has not."""

    issuer: bytes | None = field(repr=False)
    card: str | None = field(repr=False)
    recognition: bytes | None
    municipality: str | None
    expires: str | None
    certificates: tuple[VerifiableCertificate, ...]
    """From the root downwards; what certifies the card itself is not known (myna-card)."""
    contact_atr: bytes | None

    @classmethod
    def read(cls, session: Session) -> Self:
        """Ask for each object at the card manager, which this selects.

        Raises MalformedDataError, StatusError.
        """
        session.select(CARD_MANAGER_AID)

        def asked(tag: RootTag, parse: Callable[[bytes], T]) -> T | None:
            value = _data_object(session, tag)
            if value is None:
                return None
            with files.naming(f"Data object {tag:04X}"):
                return parse(value)

        certificates = (
            asked(tag, VerifiableCertificate.parse)
            for tag in (RootTag.CERTIFICATES, RootTag.CERTIFICATE)
        )
        return cls(
            asked(RootTag.ISSUER, bytes),
            asked(RootTag.CARD, files.text),
            asked(RootTag.RECOGNITION, bytes),
            asked(RootTag.MUNICIPALITY, lambda it: files.digits(it, MUNICIPALITY_LENGTH)),
            asked(RootTag.EXPIRES, lambda it: files.digits(it, EXPIRY_LENGTH)),
            tuple(it for it in certificates if it),
            asked(RootTag.CONTACT_ATR, bytes),
        )


def _data_object(session: Session, tag: int) -> bytes | None:
    """The object's value, whether the card gives it bare or with its tag and length."""
    try:
        data = session.get_data(tag)
    except StatusError as error:
        if error.sw in _ABSENT:
            return None
        raise
    try:
        head = Head.parse(data)
    except MalformedDataError:
        return data
    whole = (head.tag, head.whole_length) == (tag, len(data))
    return data[head.header_length :] if whole else data
