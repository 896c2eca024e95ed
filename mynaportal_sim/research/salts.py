"""Salts from base64url to bytes, many at a time: there are a dozen to an entry."""

from typing import Any

import numpy as np
import pyarrow as pa

from consent.ledger.entry import SALT_LENGTH
from mynaportal_sim.research.columns import SALT

TEXT_LENGTH = 22  # characters of a salt in unpadded base64url

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
_NEITHER = 1 << 12  # beyond what two characters can stand for


def _pairs() -> Any:
    """What two characters stand for, 12 bits, by the number that their bytes make here."""
    six_bits = np.full(256, _NEITHER, dtype=np.uint16)
    six_bits[np.frombuffer(_ALPHABET, np.uint8)] = np.arange(64)
    first, second = np.arange(1 << 16, dtype=np.uint16).view(np.uint8).reshape(-1, 2).T
    known = (six_bits[first] < _NEITHER) & (six_bits[second] < _NEITHER)
    return np.where(known, six_bits[first] << 6 | six_bits[second], _NEITHER).astype(np.uint16)


_PAIRS = _pairs()


def decoded(texts: Any) -> list[pa.Array]:
    """Columns of salts as 16 bytes each, from fields x rows x 22 characters of base64url.

    Raises:
        ValueError: one of them is no salt in its canonical form.
    """
    pairs = _PAIRS[np.ascontiguousarray(texts).view(np.uint16)]
    if pairs.max(initial=0) >= _NEITHER or np.any(pairs[:, :, -1] & 15):
        raise ValueError("a salt is no canonical base64url")
    fields, rows, _ = pairs.shape
    salts = np.empty((fields, rows, SALT_LENGTH), dtype=np.uint8)
    left, right = pairs[:, :, 0::2], pairs[:, :, 1::2]
    salts[:, :, 0::3] = left >> 4
    salts[:, :, 1::3] = (left[:, :, :-1] & 15) << 4 | right >> 8
    salts[:, :, 2::3] = right & 255
    return [
        pa.FixedSizeBinaryArray.from_buffers(SALT, rows, [None, pa.py_buffer(column)])
        for column in salts
    ]
