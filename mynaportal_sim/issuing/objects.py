"""How objects lie in the files of a card's surface, in the forms that real cards have."""

from collections.abc import Sequence
from itertools import accumulate

from card_reader import tlv
from mynaportal_sim.pki.card_issuer import CardIssuer

RESERVED = b"\xff" * 16
"""A file of which only that it is there is known."""
_OFFSET_LENGTH = 2


def signed(tag: int, objects: bytes, signature_tag: int, issuer: CardIssuer) -> bytes:
    """The object `tag` of `objects` and the document signer's signature.

    It covers the objects as they are encoded, which no source tells and we choose.
    """
    return tlv.encode(tag, objects + tlv.encode(signature_tag, issuer.sign(objects)))


def with_offsets(tag: int, table_tag: int, objects: Sequence[bytes]) -> bytes:
    """The object `tag` of a table and `objects`: where in the file each of them begins.

    Two bytes, big-endian, for each.
    """
    table = bytes(_OFFSET_LENGTH * len(objects))
    value = tlv.encode(table_tag, table) + b"".join(objects)
    whole = tlv.encode(tag, value)
    first = len(whole) - sum(map(len, objects))
    starts = list(accumulate(map(len, objects), initial=first))[:-1]
    table = b"".join(start.to_bytes(_OFFSET_LENGTH, "big") for start in starts)
    return tlv.encode(tag, tlv.encode(table_tag, table) + b"".join(objects))


def simulation(length: int) -> bytes:
    """What stands where nobody knows what a real card has."""
    mark = b"SIMULATION "
    return (mark * (length // len(mark) + 1))[:length]
