"""券面事項入力補助AP: my number and the four attributes as text (myna-card text.rs).

All objects are BER-TLV; the names below are tags in hexadecimal as on the card.
"""

from enum import IntEnum, unique


@unique
class TextEF(IntEnum):
    """Files of the application."""

    MY_NUMBER = 0x0001
    ATTRIBUTES = 0x0002
    INTEGRITY = 0x0003
    CERTIFICATE = 0x0004
    BASIC_INFORMATION = 0x0005
    SESSION_KEY = 0x0006
    SIGNED_KEY = 0x0007
    RESERVED = 0x0008
    PIN = 0x0011
    BLOCKED = 0x0012
    AUTHENTICATION_KEY = 0x0013
    NUMBER_A = 0x0014
    NUMBER_B = 0x0015


@unique
class TextTag(IntEnum):
    """Tags of its objects."""

    MY_NUMBER = 0xFF10
    ATTRIBUTES = 0xFF20
    OFFSETS = 0xDF21
    NAME = 0xDF22
    ADDRESS = 0xDF23
    BORN = 0xDF24
    SEX = 0xDF25
    INTEGRITY = 0xFF30
    NUMBER_DIGEST = 0xDF31
    ATTRIBUTES_DIGEST = 0xDF32
    INTEGRITY_SIGNATURE = 0xDF33
    INFORMATION = 0xFF40
    INFORMATION_VERSION = 0xDF41
    INFORMATION_KEY_ID = 0xDF42
    INFORMATION_REST = 0xDF43
    SIGNED_KEY = 0xFF50
    KEY = 0xDF51
    KEY_SIGNATURE = 0xDF52
    SESSION_KEY = 0xA1


MY_NUMBER_FILE_LENGTH = 17
"""EF 0001 is longer than its object by two bytes of filler; EF 0003 has the digest of all."""
