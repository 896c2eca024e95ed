"""住基AP as a terminal uses it: little of it is known."""

from dataclasses import dataclass
from typing import Self

from card_reader.apdu import Command
from card_reader.client import files
from card_reader.client.pin import Reference
from card_reader.client.session import FILE_MAX, Session
from card_reader.errors import StatusError
from card_reader.spec import JUKI_AID, RESIDENT_PIN
from card_reader.spec.register import CARD_RECORD_TAG, JukiEF
from card_reader.spec.verifiable import KEY_ID_LENGTH
from card_reader.status import SW
from card_reader.tlv import only

_SEVERAL_TYPES = {SW.INCOMPATIBLE_FILE, SW.FUNCTION_NOT_SUPPORTED}


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
        """The other place of the PIN for the resident register; each counts for itself."""

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
