"""PINs typed on the reader's own keys, as bytes (PC/SC part 10, revision 2.02.09).

Never tried on such a reader: none was at hand.
"""

import struct
from collections.abc import Mapping
from enum import IntEnum, unique

from card_reader.apdu import CURRENT_EF, INTERINDUSTRY, Ins
from card_reader.errors import MalformedDataError

FEATURE_REQUEST = 3400
"""Function of CM_IOCTL_GET_FEATURE_REQUEST (2.2)."""


@unique
class Feature(IntEnum):
    """Tags of what a reader can do (2.3)."""

    VERIFY_PIN_DIRECT = 0x06
    MODIFY_PIN_DIRECT = 0x07


@unique
class Typed(IntEnum):
    """Status words of the reader itself (2.5.2): nothing reached the card."""

    TIMED_OUT = 0x6400
    CANCELLED = 0x6401
    LENGTH_WRONG = 0x6403


_TLV = struct.Struct(">BBI")
_VALUE_LENGTH = 4
# bTimeOut, bTimeOut2, bmFormatString, bmPINBlockString, bmPINLengthFormat, wPINMaxExtraDigit,
# bEntryValidationCondition, bNumberMessage, wLangId, bMsgIndex, bTeoPrologue, ulDataLength
_VERIFY = struct.Struct("<BBBBBHBBHB3sI")
_ASCII_LEFT_IN_BYTES = 0x82
_NO_LENGTH = 0x00
_BY_KEY = 0x02
_ONE_MESSAGE = 0x01
_JAPANESE = 0x0411  # USB LANGID
_TO_BE_TYPED = b"\xff"  # no digit: a reader that forgets to replace it offers no PIN


def features(answer: bytes) -> Mapping[int, int]:
    """The control code of each feature, from the answer to FEATURE_REQUEST.

    Raises MalformedDataError.
    """
    if len(answer) % _TLV.size:
        raise MalformedDataError("The reader's list of features ends in the middle of one.")
    found = {}
    for tag, length, code in _TLV.iter_unpack(answer):
        if length != _VALUE_LENGTH:
            raise MalformedDataError("The reader's list of features cannot be read.")
        found[tag] = code
    return found


def verify_structure(digits: int, within: float) -> bytes:
    """PIN_VERIFY_STRUCTURE for a PIN of so many digits to the selected EF, in `within` seconds.

    The reader puts the digits, in ASCII, where the APDU has FF.
    """
    head = bytes((INTERINDUSTRY, Ins.VERIFY, 0, CURRENT_EF, digits))
    apdu = head + digits * _TO_BE_TYPED
    seconds = min(int(within), 0xFF)
    parts = (
        seconds,
        seconds,
        _ASCII_LEFT_IN_BYTES,
        digits,  # bytes of the block that the PIN fills
        _NO_LENGTH,
        digits << 8 | digits,  # at least, at most
        _BY_KEY,
        _ONE_MESSAGE,
        _JAPANESE,
        0,
        bytes(3),
        len(apdu),
    )
    return _VERIFY.pack(*parts) + apdu
