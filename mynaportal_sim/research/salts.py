"""Salts from base64url to bytes, many at a time: there are a dozen to an entry."""

from typing import Any

import numpy as np
import pyarrow as pa

from consent.ledger.entry import SALT_LENGTH
from mynaportal_sim.research.columns import SALT

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_GROUPS = 6  # of four characters or three bytes; the last is two characters or one byte

_SIX_BITS = np.full(256, 255, dtype=np.uint8)
_SIX_BITS[np.frombuffer(_ALPHABET, dtype=np.uint8)] = np.arange(64, dtype=np.uint8)


def decoded(texts: Any) -> list[pa.Array]:
    """Columns of salts as 16 bytes each, from fields x rows x 22 characters of base64url.

    Raises:
        ValueError: one of them is no salt in its canonical form.
    """
    fields, rows, length = texts.shape
    bits = np.zeros((fields * rows, 4 * _GROUPS), dtype=np.uint8)
    bits[:, :length] = _SIX_BITS[texts].reshape(-1, length)
    if bits.max(initial=0) > 63 or np.any(bits[:, length - 1] & 15):
        raise ValueError("a salt is no canonical base64url")
    first, second, third, fourth = (bits[:, place::4] for place in range(4))
    groups = np.empty((fields * rows, _GROUPS, 3), dtype=np.uint8)
    groups[:, :, 0] = first << 2 | second >> 4
    groups[:, :, 1] = second << 4 | third >> 2
    groups[:, :, 2] = third << 6 | fourth
    salts = np.ascontiguousarray(groups.reshape(fields, rows, -1)[:, :, :SALT_LENGTH])
    return [
        pa.FixedSizeBinaryArray.from_buffers(SALT, rows, [None, pa.py_buffer(column)])
        for column in salts
    ]
