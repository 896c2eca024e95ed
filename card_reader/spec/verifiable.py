"""Certificates, bare keys and AP基本情報 as both surface APs hold them (myna-card)."""

from enum import IntEnum, unique


@unique
class Tag(IntEnum):
    """Tags inside a card-verifiable certificate, and of a public key."""

    CERTIFICATE = 0x7F21
    BODY = 0x5F4E
    SIGNATURE = 0x5F37
    EXPONENT = 0x90
    MODULUS = 0x91


KEY_ID_LENGTH = 16
"""BODY is the issuer's key id and the subject's, so long each, then EXPONENT and MODULUS."""
VERSION_LENGTH = 4
"""Of what AP基本情報 begins with: the layout of an application."""
