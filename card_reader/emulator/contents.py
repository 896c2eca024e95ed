"""What the applications beside JPKI hold: files as the issuer of cards delivers them.

Files are whole as they lie on the card, filler included. Keys sign without a PIN.
"""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey


@dataclass(frozen=True, slots=True)
class TextContents:
    """券面事項入力補助AP: files by their EF, its key, and what opens them.

    `number_a` is None on a card that has none of the individual number.
    """

    files: dict[int, bytes] = field(repr=False)
    key: RSAPrivateKey = field(repr=False)
    pin: str = field(repr=False)
    number_a: str | None = field(repr=False)
    number_b: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class VisualContents:
    """券面事項確認AP: files by their EF, its key, and what opens them."""

    files: dict[int, bytes] = field(repr=False)
    key: RSAPrivateKey = field(repr=False)
    birth: str = field(repr=False)
    number_a: str | None = field(repr=False)
    number_b: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class RegisterContents:
    """住基AP and 共通カードAP: one record each, the key of the second, and the PIN of both."""

    juki_record: bytes = field(repr=False)
    common_record: bytes = field(repr=False)
    key: RSAPrivateKey = field(repr=False)
    pin: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Contents:
    """All applications beside JPKI, and the data objects of the master file by their tag."""

    text: TextContents
    visual: VisualContents
    register: RegisterContents
    data_objects: dict[int, bytes] = field(repr=False)
