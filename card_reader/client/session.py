"""Commands to a card, one method each; a status word other than 9000 is an error here."""

from collections.abc import Callable

from card_reader.apdu import (
    EXTENDED_DATA_MAX,
    EXTENDED_LE_MAX,
    SHORT_LE_MAX,
    Command,
    Response,
    masked,
)
from card_reader.errors import MalformedApduError, StatusError, TransportError
from card_reader.status import SW, bytes_waiting, correct_le, tries_left
from card_reader.transport import Transport

FILE_MAX = 0x8000
"""Bytes of a file that READ BINARY reaches (offset of 15 bits)."""

Trace = Callable[[bytes, bytes], None]
"""Sees each command and response APDU as bytes; PINs are masked before it does."""


class Session:
    """A conversation with the card behind `transport`."""

    def __init__(self, transport: Transport, trace: Trace | None = None) -> None:
        self._transport = transport
        self._trace = trace

    def exchange(self, command: bytes) -> Response:
        """Send one APDU as it is and return what comes back, whatever the status word.

        Raises TransportError if the answer is no response APDU.
        """
        answer = self._transport.transmit(command)
        if self._trace:
            self._trace(masked(command), answer)
        try:
            return Response.parse(answer)
        except MalformedApduError as error:
            raise TransportError(error.problem) from error

    def send(self, command: Command) -> bytes:
        """Send `command` and return all data of the answer (6Cxx: again; 61xx: the rest too).

        Raises StatusError for any other status word than 9000 and 6282.
        """
        response = self.exchange(bytes(command))
        le = correct_le(response.sw)
        if command.le is not None and le not in {None, command.le}:
            response = self.exchange(bytes(command.wanting(le)))
        data = response.data
        while (waiting := bytes_waiting(response.sw)) is not None:
            response = self.exchange(bytes(Command.get_response(waiting)))
            data += response.data
            if not response.data or len(data) > EXTENDED_DATA_MAX:
                raise TransportError("The card announces data without end.")
        if response.sw not in {SW.OK, SW.END_OF_FILE}:
            raise StatusError.of(response.sw)
        return data

    def select(self, aid: bytes) -> None:
        """Choose an application; its PINs then count as not verified."""
        self.send(Command.select(aid))

    def read_file(self, ef: int, length: int) -> bytes:
        """The first `length` bytes of a file, or all of it if it is shorter."""
        self.send(Command.select_ef(ef))
        content = b""
        while len(content) < length:
            part = self._read(len(content), min(length - len(content), SHORT_LE_MAX))
            content += part
            if not part:
                break
        return content

    def _read(self, offset: int, length: int) -> bytes:
        """Empty at the end of the file, when a card only tells it by 6B00."""
        try:
            return self.send(Command.read_binary(offset, length))
        except StatusError as error:
            if error.sw == SW.WRONG_OFFSET and offset:
                return b""
            raise

    def tries(self, pin_ef: int) -> int:
        """How many tries a PIN has left, asked without spending one; 0 is blocked.

        Raises StatusError if the card does not say.
        """
        self.send(Command.select_ef(pin_ef))
        sw = self.exchange(bytes(Command.verify())).sw
        left = tries_left(sw)
        if left is not None:
            return left
        if sw in {SW.AUTHENTICATION_BLOCKED, SW.REFERENCE_DATA_UNUSABLE}:
            return 0
        raise StatusError.of(sw)

    def verify(self, pin_ef: int, pin: bytes) -> None:
        """Offer a PIN (1 to 16 bytes).

        Raises WrongPinError, which tells how many tries are left, or PinBlockedError.
        """
        self.send(Command.select_ef(pin_ef))
        self.send(Command.verify(pin))

    def read_record(self, number: int, ef: int) -> bytes:
        """A record (1 to 254) of a file that has records.

        Cards are asked by short EF identifier; one that does not know the form (6A86, 6A81), by
        selecting the file first. Raises StatusError: 6A83 if there is no such record.
        """
        try:
            return self.send(Command.read_record(number, ef))
        except StatusError as error:
            if error.sw not in {SW.WRONG_P1P2, SW.FUNCTION_NOT_SUPPORTED}:
                raise
        self.send(Command.select_ef(ef))
        return self.send(Command.read_record(number))

    def get_data(self, tag: int) -> bytes:
        """A data object of what is selected; after a reset, of the card as a whole.

        Asked again in the extended form where the short one does not hold it (6700).
        Raises StatusError: 6A88 if there is none.
        """
        try:
            return self.send(Command.get_data(tag))
        except StatusError as error:
            if error.sw != SW.WRONG_LENGTH:
                raise
        return self.send(Command.get_data(tag, EXTENDED_LE_MAX))

    def sign_by_application(self, digest_info: bytes) -> bytes:
        """Signature by the key of the selected application, which needs no PIN."""
        return self.send(Command.sign_by_application(digest_info))

    def sign(self, key_ef: int, digest_info: bytes) -> bytes:
        """Signature over what the key takes, as `Jpki.sign` says. Raises NotVerifiedError."""
        self.send(Command.select_ef(key_ef))
        return self.send(Command.sign(digest_info))
