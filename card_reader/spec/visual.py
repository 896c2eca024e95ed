"""券面事項確認AP: the face of the card as data and images (myna-card, jpki/myna).

All objects are BER-TLV; the names below are tags in hexadecimal as on the card.
"""

from enum import IntEnum, unique


@unique
class VisualEF(IntEnum):
    """Files of the application. Its references stand in another order than the text AP's."""

    BIRTH = 0x0001
    FACE = 0x0002
    BASIC_INFORMATION = 0x0003
    CERTIFICATE = 0x0004
    MY_NUMBER_IMAGE = 0x0005
    RESERVED = 0x0006
    BIRTH_KEY = 0x0011
    NUMBER_B = 0x0012
    NUMBER_A = 0x0013


@unique
class VisualTag(IntEnum):
    """Tags of its objects."""

    BIRTH_RECORD = 0xFF10
    BIRTH = 0xDF11
    BIRTH_PUBLIC_KEY = 0xDF12
    BIRTH_SIGNATURE = 0xDF13
    FACE = 0xFF20
    OFFSETS = 0xDF21
    BORN = 0xDF22
    SEX = 0xDF23
    PUBLIC_KEY = 0xDF24
    NAME_IMAGE = 0xDF25
    ADDRESS_IMAGE = 0xDF26
    PORTRAIT = 0xDF27
    SIGNATURE = 0xDF28
    EXPIRES = 0xDF29
    SECURITY_CODE_IMAGE = 0xDF2A
    INFORMATION = 0xFF30
    INFORMATION_VERSION = 0xDF31
    INFORMATION_KEY_ID = 0xDF32
    SURFACE_VERSION = 0xDF33
    MUNICIPALITY = 0xDF34
    INFORMATION_REST = 0xDF35
    MY_NUMBER = 0xFF40
    MY_NUMBER_IMAGE = 0xDF41
    MY_NUMBER_PUBLIC_KEY = 0xDF42
    MY_NUMBER_SIGNATURE = 0xDF43


SECURITY_CODE_LENGTH = 4
"""Digits of the code on the face, which end 照合番号B."""
MY_NUMBER_IMAGE_SIZE = (72, 12)
"""Width and height in pixels of the PNG in DF41."""
SECURITY_CODE_IMAGE_SIZE = (24, 12)
"""Those of the PNG in DF2A."""
