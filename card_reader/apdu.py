"""Command and response APDUs, short and extended (ISO/IEC 7816-4, 5.2)."""

from dataclasses import dataclass, field, replace
from enum import IntEnum, unique

from card_reader.errors import MalformedApduError
from card_reader.status import SW

HEADER_LENGTH = 4
SHORT_DATA_MAX = 0xFF
SHORT_LE_MAX = 0x100
EXTENDED_DATA_MAX = 0xFFFF
EXTENDED_LE_MAX = 0x10000

INTERINDUSTRY = 0x00
PROPRIETARY = 0x80

SELECT_CURRENT_DF = 0x00
SELECT_EF = 0x02
SELECT_BY_NAME = 0x04
EF_ID_LENGTH = 2
NO_FCI = 0x0C
CURRENT_EF = 0x80
"""P2 of VERIFY and COMPUTE DIGITAL SIGNATURE; the low five bits name another EF instead."""
SHORT_EF_MASK = 0x1F
DEFAULT_KEY = 0x00
"""P2 of COMPUTE DIGITAL SIGNATURE: the application's own key."""
NEW_VALUE_ONLY = 0x01
"""P1 of CHANGE REFERENCE DATA: the data field does not hold the old value."""
BY_SHORT_EF = 0x80
"""P1 of READ BINARY: the low five bits name an EF, and P2 is the whole offset."""
ONE_RECORD = 0x04
"""Low bits of P2 of READ RECORD: the record whose number P1 is."""
_RECORD_SHORT_EF_SHIFT = 3


@unique
class Ins(IntEnum):
    """Instructions that this package sends, answers or refuses to pass on."""

    VERIFY = 0x20
    CHANGE_REFERENCE_DATA = 0x24
    COMPUTE_SIGNATURE = 0x2A
    RESET_RETRY_COUNTER = 0x2C
    CHANGE_KEY = 0x32
    GET_CHALLENGE = 0x84
    INTERNAL_AUTHENTICATE = 0x88
    SELECT = 0xA4
    SET_SESSION_KEY = 0xAE
    READ_BINARY = 0xB0
    READ_RECORD = 0xB2
    GET_RESPONSE = 0xC0
    GET_DATA = 0xCA


CARRIES_PIN = frozenset(
    {Ins.VERIFY, Ins.CHANGE_REFERENCE_DATA, Ins.RESET_RETRY_COUNTER, Ins.CHANGE_KEY}
)

HARMLESS = frozenset({Ins.SELECT, Ins.READ_BINARY, Ins.READ_RECORD, Ins.GET_CHALLENGE})
"""What neither spends a try nor uses a key, whatever the card."""


@dataclass(frozen=True, slots=True)
class Command:
    """One command APDU. `le` is the answer length wanted (1 to 65536), None for none."""

    ins: int
    p1: int = 0
    p2: int = 0
    data: bytes = field(default=b"", repr=False)
    le: int | None = None
    cla: int = INTERINDUSTRY

    @classmethod
    def select(cls, aid: bytes) -> "Command":
        """Choose an application by its whole name."""
        return cls(Ins.SELECT, SELECT_BY_NAME, NO_FCI, aid)

    @classmethod
    def select_ef(cls, ef: int) -> "Command":
        """Choose a file of the selected application."""
        return cls(Ins.SELECT, SELECT_EF, NO_FCI, ef.to_bytes(EF_ID_LENGTH, "big"))

    @classmethod
    def read_binary(cls, offset: int, length: int) -> "Command":
        """Read up to `length` (1 to 256) bytes of the selected file from `offset` (< 32768)."""
        return cls(Ins.READ_BINARY, offset >> 8, offset & 0xFF, le=length)

    @classmethod
    def verify(cls, pin: bytes = b"") -> "Command":
        """Offer `pin` to the selected EF; without one, only ask how many tries are left."""
        return cls(Ins.VERIFY, p2=CURRENT_EF, data=pin)

    @classmethod
    def sign(cls, digest_info: bytes) -> "Command":
        """Sign `digest_info` (1 to 245 bytes) with the selected key."""
        return cls(
            Ins.COMPUTE_SIGNATURE, 0, CURRENT_EF, digest_info, le=SHORT_LE_MAX, cla=PROPRIETARY
        )

    @classmethod
    def sign_by_application(cls, digest_info: bytes) -> "Command":
        """Sign `digest_info` with the one key that the application has for it; no PIN."""
        return replace(cls.sign(digest_info), p2=DEFAULT_KEY)

    @classmethod
    def change_pin(cls, new: bytes) -> "Command":
        """Give the selected PIN, just verified, another value."""
        return cls(Ins.CHANGE_REFERENCE_DATA, NEW_VALUE_ONLY, CURRENT_EF, new)

    @classmethod
    def change_key(cls, new: bytes) -> "Command":
        """The same as JICSAP has it, for the PINs of the resident register."""
        return cls(Ins.CHANGE_KEY, 0, CURRENT_EF, new, cla=PROPRIETARY)

    @classmethod
    def read_record(cls, number: int, short_ef: int = 0) -> "Command":
        """Read a record of the selected file, or of the one that `short_ef` (1 to 30) names."""
        p2 = short_ef << _RECORD_SHORT_EF_SHIFT | ONE_RECORD
        return cls(Ins.READ_RECORD, number, p2, le=SHORT_LE_MAX)

    @classmethod
    def get_data(cls, tag: int, le: int = SHORT_LE_MAX) -> "Command":
        """Fetch a data object (tag of one or two bytes) of what is selected."""
        return cls(Ins.GET_DATA, tag >> 8, tag & 0xFF, le=le)

    @classmethod
    def get_response(cls, length: int) -> "Command":
        """Fetch `length` (1 to 256) bytes that a 61xx announced."""
        return cls(Ins.GET_RESPONSE, le=length)

    @property
    def short_ef(self) -> int | None:
        """The file that a READ names itself; None if it reads the selected one."""
        if self.ins == Ins.READ_BINARY and self.p1 & BY_SHORT_EF:
            return self.p1 & SHORT_EF_MASK
        if self.ins == Ins.READ_RECORD and self.p2 >> _RECORD_SHORT_EF_SHIFT:
            return self.p2 >> _RECORD_SHORT_EF_SHIFT
        return None

    def wanting(self, le: int) -> "Command":
        """The same command with another Le."""
        return replace(self, le=le)

    @classmethod
    def parse(cls, apdu: bytes) -> "Command":
        """Read a command APDU of any case, short or extended.

        Raises MalformedApduError if the lengths in it and the length of it disagree.
        """
        if len(apdu) < HEADER_LENGTH:
            raise MalformedApduError(f"A command APDU has at least 4 bytes, not {len(apdu)}.")
        cla, ins, p1, p2 = apdu[:HEADER_LENGTH]
        body = apdu[HEADER_LENGTH:]
        data, le = _extended_body(body) if _is_extended(body) else _short_body(body)
        return cls(ins, p1, p2, data, le, cla)

    def __bytes__(self) -> bytes:
        """The APDU, short if it fits.

        Raises MalformedApduError if data or `le` exceed even the extended form.
        """
        le = self.le or 0
        if len(self.data) > EXTENDED_DATA_MAX or le > EXTENDED_LE_MAX:
            raise MalformedApduError("Data or Le are too long for an APDU.")
        head = bytes((self.cla, self.ins, self.p1, self.p2))
        if len(self.data) <= SHORT_DATA_MAX and le <= SHORT_LE_MAX:
            lc = bytes((len(self.data),)) if self.data else b""
            tail = b"" if self.le is None else bytes((le % SHORT_LE_MAX,))
            return head + lc + self.data + tail
        lc = len(self.data).to_bytes(2, "big") if self.data else b""
        tail = b"" if self.le is None else (le % EXTENDED_LE_MAX).to_bytes(2, "big")
        return head + b"\x00" + lc + self.data + tail


def _is_extended(body: bytes) -> bool:
    return len(body) >= 3 and body[0] == 0


def _short_body(body: bytes) -> tuple[bytes, int | None]:
    if not body:
        return b"", None
    if len(body) == 1:
        return b"", body[0] or SHORT_LE_MAX
    end = 1 + body[0]
    return body[1:end], _le(body[end:], 1, end > 1 and len(body) >= end)


def _extended_body(body: bytes) -> tuple[bytes, int | None]:
    length = int.from_bytes(body[1:3], "big")
    if len(body) == 3:
        return b"", length or EXTENDED_LE_MAX
    end = 3 + length
    return body[3:end], _le(body[end:], 2, length > 0 and len(body) >= end)


def _le(tail: bytes, width: int, has_data: bool) -> int | None:
    """What follows the data field: nothing, or an Le of `width` bytes."""
    if not has_data or len(tail) not in {0, width}:
        raise MalformedApduError("Lc does not fit the length of the APDU.")
    return (int.from_bytes(tail, "big") or 0x100**width) if tail else None


@dataclass(frozen=True, slots=True)
class Response:
    """One response APDU."""

    data: bytes = field(repr=False)
    sw: int

    @classmethod
    def parse(cls, apdu: bytes) -> "Response":
        """Split data and status word. Raises MalformedApduError for fewer than two bytes."""
        if len(apdu) < 2:
            raise MalformedApduError(f"A response APDU has at least 2 bytes, not {len(apdu)}.")
        return cls(apdu[:-2], int.from_bytes(apdu[-2:], "big"))

    @classmethod
    def ok(cls, data: bytes = b"") -> "Response":
        """The answer to a command that was carried out."""
        return cls(data, SW.OK)

    @classmethod
    def status(cls, sw: int) -> "Response":
        """An answer without data."""
        return cls(b"", sw)

    def __bytes__(self) -> bytes:
        return self.data + self.sw.to_bytes(2, "big")


def masked(apdu: bytes) -> bytes:
    """`apdu` for a trace: where a PIN travels, its bytes are replaced by asterisks."""
    if len(apdu) <= HEADER_LENGTH or apdu[1] not in CARRIES_PIN:
        return apdu
    try:
        Command.parse(apdu)
    except MalformedApduError:
        shown = HEADER_LENGTH
    else:
        shown = HEADER_LENGTH + 1
    return apdu[:shown] + b"*" * (len(apdu) - shown)
