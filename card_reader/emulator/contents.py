"""What the applications beside JPKI hold: files as the issuer of cards delivers them.

Files are whole as they lie on the card, filler included. Keys sign without a PIN. A PIN that is
empty was never set, and tries below the rule's were spent before; 0 is blocked.
"""

from dataclasses import dataclass, field

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from card_reader.emulator.keys import check_key
from card_reader.errors import CardDataError
from card_reader.spec import (
    BIRTH_KEY,
    NUMBER_A,
    NUMBER_B,
    RESIDENT_PIN,
    TEXT_PIN,
    CardKind,
)
from card_reader.spec.text import TextEF
from card_reader.spec.visual import VisualEF


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
    pin_tries: int = TEXT_PIN.tries
    number_a_tries: int = NUMBER_A.tries
    number_b_tries: int = NUMBER_B.tries


@dataclass(frozen=True, slots=True)
class VisualContents:
    """券面事項確認AP: files by their EF, its key, and what opens them."""

    files: dict[int, bytes] = field(repr=False)
    key: RSAPrivateKey = field(repr=False)
    birth: str = field(repr=False)
    number_a: str | None = field(repr=False)
    number_b: str = field(repr=False)
    birth_tries: int = BIRTH_KEY.tries
    number_a_tries: int = NUMBER_A.tries
    number_b_tries: int = NUMBER_B.tries


@dataclass(frozen=True, slots=True)
class RegisterContents:
    """住基AP and 共通カードAP: one record each, the key of the second, and the PIN of both.

    Each keeps its PIN for itself: `common_pin` is the second's if it was changed.
    """

    juki_record: bytes = field(repr=False)
    common_record: bytes = field(repr=False)
    key: RSAPrivateKey = field(repr=False)
    pin: str = field(repr=False)
    common_pin: str | None = field(default=None, repr=False)
    juki_tries: int = RESIDENT_PIN.tries
    common_tries: int = RESIDENT_PIN.tries


@dataclass(frozen=True, slots=True)
class Contents:
    """All applications beside JPKI, and the data objects of the master file by their tag."""

    text: TextContents
    visual: VisualContents
    register: RegisterContents
    data_objects: dict[int, bytes] = field(repr=False)


def check_contents(contents: Contents) -> None:
    """Raises CardDataError for a key that is not RSA-2048, or a file that has no place."""
    for name, part, places in (
        ("text", contents.text, _TEXT_FILES),
        ("visual", contents.visual, _VISUAL_FILES),
    ):
        check_key(f"{name} application's", CardKind.CARD, part.key)
        if strange := part.files.keys() - places:
            raise CardDataError(
                f"There is no file {min(strange):04X} in the {name} application."
            )
    check_key("common application's", CardKind.CARD, contents.register.key)


_TEXT_FILES = {ef for ef in TextEF if ef < TextEF.PIN}
_VISUAL_FILES = {ef for ef in VisualEF if ef < VisualEF.BIRTH_KEY}
