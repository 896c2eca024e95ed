"""共通カードAP as a terminal uses it: the card as the thing that was issued."""

from dataclasses import dataclass, field
from typing import Self

from card_reader.apdu import Command
from card_reader.client import files
from card_reader.client.pin import Reference
from card_reader.client.session import Session
from card_reader.spec import COMMON_AID, RESIDENT_PIN
from card_reader.spec.register import (
    CARD_RECORD_TAG,
    EXPIRY_LENGTH,
    MANUFACTURE_NUMBER,
    MUNICIPALITY_LENGTH,
    SERIAL_LENGTH,
    CommonEF,
)
from card_reader.tlv import only

_RECORD_LENGTH = SERIAL_LENGTH + MUNICIPALITY_LENGTH + EXPIRY_LENGTH


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
