"""EF 0006 of 公的個人認証AP: a CK_TOKEN_INFO (PKCS #11 v2.40, 3.2) as myna-card read it.

Texts are padded, numbers are big-endian in four bytes, and nothing stands around it.
"""

from enum import IntFlag
from struct import Struct

TOKEN_INFO = Struct(">32s32s16s16s11I2s2s16s")
"""label, manufacturerID, model, serialNumber; flags, maximum and number of sessions, the same
of those that write, longest and shortest PIN, four sizes of memory; versions of hardware and
firmware; utcTime."""
UNAVAILABLE = 0xFFFFFFFF
"""CK_UNAVAILABLE_INFORMATION, where a number is not told."""
VERSIONS = b"03", b"01"
"""Of hardware and firmware on real cards: digits, where PKCS #11 has two numbers."""


class TokenFlag(IntFlag):
    """CKF_ of a token; a bit without a name is kept."""

    RNG = 0x1
    WRITE_PROTECTED = 0x2
    LOGIN_REQUIRED = 0x4
    USER_PIN_INITIALIZED = 0x8
    RESTORE_KEY_NOT_NEEDED = 0x20
    CLOCK_ON_TOKEN = 0x40
    PROTECTED_AUTHENTICATION_PATH = 0x100
    DUAL_CRYPTO_OPERATIONS = 0x200
    TOKEN_INITIALIZED = 0x400
    SECONDARY_AUTHENTICATION = 0x800
    USER_PIN_COUNT_LOW = 0x10000
    USER_PIN_FINAL_TRY = 0x20000
    USER_PIN_LOCKED = 0x40000
    USER_PIN_TO_BE_CHANGED = 0x80000
    SO_PIN_COUNT_LOW = 0x100000
    SO_PIN_FINAL_TRY = 0x200000
    SO_PIN_LOCKED = 0x400000
    SO_PIN_TO_BE_CHANGED = 0x800000
    ERROR_STATE = 0x1000000


CARD_FLAGS = (
    TokenFlag.RNG
    | TokenFlag.LOGIN_REQUIRED
    | TokenFlag.USER_PIN_INITIALIZED
    | TokenFlag.TOKEN_INITIALIZED
)
"""Those of real cards (myna-card jpki.rs)."""
