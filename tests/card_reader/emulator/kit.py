"""Commands in hexadecimal, and a conversation with a card."""

from card_reader.emulator.card import Card
from card_reader.spec import (
    CARD_MANAGER_AID,
    COMMON_AID,
    JPKI_AID,
    JUKI_AID,
    TEXT_AID,
    VISUAL_AID,
)


def say(card: Card, *commands: str) -> tuple[bytes, str]:
    """Send hexadecimal commands; the last answer as data and status word."""
    answer = b""
    for command in commands:
        answer = card.transmit(bytes.fromhex(command))
    return answer[:-2], answer[-2:].hex().upper()


def _select(aid: bytes) -> str:
    return f"00A4040C{len(aid):02X}{aid.hex()}"


JPKI, TEXT, VISUAL, JUKI, COMMON, ROOT = map(
    _select, (JPKI_AID, TEXT_AID, VISUAL_AID, JUKI_AID, COMMON_AID, CARD_MANAGER_AID)
)


def verify(ef: int, value: str) -> str:
    """VERIFY by short EF identifier."""
    return f"002000{0x80 | ef:02X}{len(value):02X}{value.encode().hex()}"


def count(ef: int) -> str:
    """VERIFY without data: how many tries are left."""
    return f"002000{0x80 | ef:02X}"


def read(ef: int) -> str:
    """READ BINARY by short EF identifier, from the beginning."""
    return f"00B0{0x80 | ef:02X}0000"
