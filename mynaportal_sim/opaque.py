"""Secrets that say nothing: session ids, codes, tokens. Only a hash of one is ever stored."""

from collections.abc import Callable
from hashlib import sha256

from jwt.utils import base64url_encode

Randomness = Callable[[int], bytes]
"""Answers with as many random bytes as it is asked for."""

_LENGTH = 32


def new(randomness: Randomness) -> str:
    """A secret of 256 random bits, in 43 characters of base64url."""
    return base64url_encode(randomness(_LENGTH)).decode()


def digest(secret: str) -> bytes:
    """As what a secret is stored, and looked up again when somebody brings it.

    It needs no salt and no stretching: nobody tries 2^128 values. Any text may be brought.
    """
    return sha256(secret.encode(errors="surrogatepass")).digest()
