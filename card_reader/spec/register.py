"""住基AP and 共通カードAP, and what the card tells while no application is selected.

From myna-card juki.rs, common.rs and mf.rs.
"""

from enum import IntEnum, unique


@unique
class JukiEF(IntEnum):
    """Files of 住基AP."""

    RECORD = 0x0002
    PIN = 0x001C


@unique
class CommonEF(IntEnum):
    """Files of 共通カードAP. AUTHENTICATION_KEY answers INTERNAL AUTHENTICATE without a PIN."""

    RECORD = 0x0001
    KEY_REFERENCE = 0x0002
    AUTHENTICATION_KEY = 0x0019
    PIN = 0x001C


CARD_RECORD_TAG = 0x01
SERIAL_LENGTH, MUNICIPALITY_LENGTH, EXPIRY_LENGTH = 15, 5, 8
"""The 28 digits of record 1 of CommonEF.RECORD, one after the other."""
MANUFACTURE_NUMBER = slice(2, 15)
"""Of the record's value: what Mynaportal's login calls 製造番号 (jpki/myna)."""


@unique
class RootTag(IntEnum):
    """Tags of GET DATA at the master file."""

    ISSUER = 0x0042
    CARD = 0x0045
    RECOGNITION = 0x0066
    MUNICIPALITY = 0x00F0
    EXPIRES = 0x00F2
    CERTIFICATES = 0x00F8
    CERTIFICATE = 0x7F21
    CONTACT_ATR = 0x5F51
