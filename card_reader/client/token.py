"""What a card says of itself as a PKCS #11 token."""

from dataclasses import dataclass, field
from typing import Self

from card_reader.client import files
from card_reader.errors import MalformedDataError
from card_reader.spec.token import TOKEN_INFO, UNAVAILABLE, TokenFlag


@dataclass(frozen=True, slots=True)
class TokenInfo:
    """CK_TOKEN_INFO, without its sizes of memory. A number is None where the card tells none.

    `utc_time` is as it lies on the card, and has a meaning only with CLOCK_ON_TOKEN.
    """

    label: str
    manufacturer: str
    model: str
    serial: str = field(repr=False)
    flags: TokenFlag
    max_sessions: int | None
    sessions: int | None
    max_writing_sessions: int | None
    writing_sessions: int | None
    max_pin_length: int | None
    min_pin_length: int | None
    hardware_version: str
    firmware_version: str
    utc_time: str

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Read EF 0006, whatever filler follows. Raises MalformedDataError."""
        if len(content) < TOKEN_INFO.size:
            raise MalformedDataError(
                f"There are not the {TOKEN_INFO.size} bytes of a CK_TOKEN_INFO."
            )
        fields = TOKEN_INFO.unpack_from(content)
        label, manufacturer, model, serial = map(_text, fields[:4])
        max_all, now_all, max_writing, now_writing, longest, shortest = map(_told, fields[5:11])
        hardware, firmware, utc_time = fields[15:]
        return cls(
            label,
            manufacturer,
            model,
            serial,
            TokenFlag(fields[4]),
            max_all,
            now_all,
            max_writing,
            now_writing,
            longest,
            shortest,
            _version(hardware),
            _version(firmware),
            _text(utc_time),
        )


def _text(padded: bytes) -> str:
    return files.text(padded.rstrip(b" \0"))


def _told(number: int) -> int | None:
    return None if number == UNAVAILABLE else number


def _version(value: bytes) -> str:
    """Digits as real cards have them, else major and minor as PKCS #11 has them."""
    return value.decode() if value.isdigit() else "{}.{}".format(*value)
