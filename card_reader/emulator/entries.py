"""Reading the entries of a card file; each raises CardDataError for one that is not that."""

import base64
import binascii
from collections.abc import Mapping

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from card_reader.emulator.keys import CardKey, from_pem
from card_reader.errors import CardDataError

Entries = Mapping[str, object]


def text(entries: Entries, name: str) -> str:
    """A text."""
    value = entries.get(name)
    if not isinstance(value, str):
        raise CardDataError(f"The entry {name!r} is missing or no text.")
    return value


def octets(entries: Entries, name: str) -> bytes:
    """Bytes, which are kept in base64."""
    try:
        return base64.b64decode(text(entries, name), validate=True)
    except (binascii.Error, ValueError):
        raise CardDataError(f"The entry {name!r} is not base64.") from None


def base64_of(value: bytes) -> str:
    """What `octets` reads."""
    return base64.b64encode(value).decode()


def key(entries: Entries, name: str) -> CardKey:
    """A private key in PEM."""
    return from_pem(text(entries, name))


def rsa_key(entries: Entries, name: str) -> RSAPrivateKey:
    """A private RSA key in PEM."""
    found = key(entries, name)
    if not isinstance(found, RSAPrivateKey):
        raise CardDataError(f"The entry {name!r} is no RSA key.")
    return found


def entries(parent: Entries, name: str) -> Entries:
    """Entries within an entry."""
    value = parent.get(name)
    if not isinstance(value, dict):
        raise CardDataError(f"The entry {name!r} is missing or no object.")
    return value


def numbered(parent: Entries, name: str) -> dict[int, bytes]:
    """Bytes by a number, which is kept in four hexadecimal digits."""
    within = entries(parent, name)
    try:
        return {int(number, 16): octets(within, number) for number in within}
    except ValueError:
        raise CardDataError(f"The entry {name!r} has a name that is no number.") from None


def numbered_of(values: Mapping[int, bytes]) -> dict[str, str]:
    """What `numbered` reads."""
    return {f"{number:04X}": base64_of(value) for number, value in values.items()}
