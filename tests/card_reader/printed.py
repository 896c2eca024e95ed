"""What an issuer of cards would put on one: files to test terminals with, and to forge.

The layouts are those of myna-card; signatures are made as `card_reader.client` says.
"""

from dataclasses import dataclass, field, replace
from hashlib import sha256
from typing import Self

from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import NoDigestInfo

from card_reader.emulator.contents import (
    Contents,
    RegisterContents,
    TextContents,
    VisualContents,
)
from card_reader.spec.register import RootTag
from card_reader.spec.text import TextEF, TextTag
from card_reader.spec.verifiable import Tag
from card_reader.spec.visual import VisualEF, VisualTag
from card_reader.statement import digest_info, digest_info_of
from card_reader.tlv import encode

NUMBER = "123456789010"
TEXT_PIN = "4321"
NUMBER_B = "55021720352285"
BIRTH_KEY = "550217"
REGISTER_PIN = "8765"
BORN, EXPIRES, MUNICIPALITY = b"19800217", b"20350217", b"13221"
SERIAL = b"400000012719843"
RECORD = b"\x01\x1c" + SERIAL + MUNICIPALITY + EXPIRES
JUKI_RECORD = b"6000024/001".ljust(16, b"\0")


def public(key: RSAPrivateKey) -> bytes:
    numbers = key.public_key().public_numbers()
    exponent = encode(Tag.EXPONENT, numbers.e.to_bytes(3, "big"))
    return exponent + encode(Tag.MODULUS, numbers.n.to_bytes(256, "big"))


def signature(key: RSAPrivateKey, info: bytes) -> bytes:
    return key.sign(info, PKCS1v15(), NoDigestInfo())


@dataclass(frozen=True)
class Issuer:
    """The three keys behind a card: `card` is its own, `signer` signs its records."""

    root: RSAPrivateKey = field(repr=False)
    signer: RSAPrivateKey = field(repr=False)
    card: RSAPrivateKey = field(repr=False)

    @classmethod
    def of(cls, keys: list[RSAPrivateKey]) -> Self:
        signer, card, root = keys
        return cls(root, signer, card)

    def sign(self, *objects: bytes) -> bytes:
        return signature(self.signer, digest_info(b"".join(objects)))

    def certificate(self) -> bytes:
        ids = b"6000023/001".ljust(16, b"\0") + b"1322121/000".ljust(16, b"\0")
        body = ids + public(self.signer)
        signed = signature(self.root, digest_info(body))
        return encode(Tag.CERTIFICATE, encode(Tag.BODY, body) + encode(Tag.SIGNATURE, signed))


@dataclass(frozen=True)
class Printed:
    """What is printed on the card; images are not drawn here, nobody looks at them."""

    name: str = "佐藤\u3000花子"
    address: str = "東京都清瀬市中里５丁目８４２番地"
    name_image: bytes = b"\x89PNG name"
    address_image: bytes = b"\x89PNG address"
    portrait: bytes = b"\x00\x00\x00\x0cjP  \r\n\x87\n" + bytes(range(256)) * 3
    security_code_image: bytes = b"\x89PNG code"
    born: bytes = BORN
    sex: bytes = b"2"
    my_number_image: bytes = b"\x89PNG number"


def contents(issuer: Issuer, printed: Printed | None = None) -> Contents:
    """All that lies beside JPKI on a card."""
    printed = printed or Printed()
    return Contents(
        TextContents(text_files(issuer, printed), issuer.card, TEXT_PIN, NUMBER, NUMBER_B),
        VisualContents(visual_files(issuer, printed), issuer.card, BIRTH_KEY, NUMBER, NUMBER_B),
        RegisterContents(JUKI_RECORD, RECORD, issuer.card, REGISTER_PIN),
        data_objects(issuer),
    )


def forged(genuine: Contents, text: dict[int, bytes], visual: dict[int, bytes]) -> Contents:
    """The same with other files."""
    return replace(
        genuine,
        text=replace(genuine.text, files=genuine.text.files | text),
        visual=replace(genuine.visual, files=genuine.visual.files | visual),
    )


def text_files(issuer: Issuer, printed: Printed) -> dict[int, bytes]:
    number = encode(TextTag.MY_NUMBER, NUMBER.encode()) + b"\xff\xff"
    attributes = b"".join(
        (
            encode(TextTag.NAME, printed.name.encode()),
            encode(TextTag.ADDRESS, printed.address.encode()),
            encode(TextTag.BORN, printed.born),
            encode(TextTag.SEX, printed.sex),
        )
    )
    digests = encode(TextTag.NUMBER_DIGEST, sha256(number).digest()) + encode(
        TextTag.ATTRIBUTES_DIGEST, sha256(attributes).digest()
    )
    key = encode(TextTag.KEY, public(issuer.card))
    return {
        TextEF.MY_NUMBER: number,
        TextEF.ATTRIBUTES: encode(
            TextTag.ATTRIBUTES, encode(TextTag.OFFSETS, bytes(8)) + attributes
        ),
        TextEF.INTEGRITY: encode(
            TextTag.INTEGRITY,
            digests + encode(TextTag.INTEGRITY_SIGNATURE, issuer.sign(digests)),
        ),
        TextEF.CERTIFICATE: issuer.certificate(),
        TextEF.BASIC_INFORMATION: encode(
            TextTag.INFORMATION,
            encode(TextTag.INFORMATION_VERSION, bytes.fromhex("01030E01"))
            + encode(TextTag.INFORMATION_KEY_ID, JUKI_RECORD)
            + encode(TextTag.INFORMATION_REST, bytes(128)),
        ),
        TextEF.SESSION_KEY: encode(TextTag.SESSION_KEY, public(issuer.card)),
        TextEF.SIGNED_KEY: encode(
            TextTag.SIGNED_KEY, key + encode(TextTag.KEY_SIGNATURE, issuer.sign(key))
        ),
        TextEF.RESERVED: b"\xff" * 16,
    }


def visual_files(issuer: Issuer, printed: Printed) -> dict[int, bytes]:
    born = (
        encode(VisualTag.BIRTH, printed.born),
        encode(VisualTag.BIRTH_PUBLIC_KEY, public(issuer.card)),
    )
    image = (
        encode(VisualTag.MY_NUMBER_IMAGE, printed.my_number_image),
        encode(VisualTag.MY_NUMBER_PUBLIC_KEY, public(issuer.card)),
    )
    return {
        VisualEF.BIRTH: encode(
            VisualTag.BIRTH_RECORD,
            b"".join((*born, encode(VisualTag.BIRTH_SIGNATURE, issuer.sign(*born)))),
        ),
        VisualEF.FACE: _face(issuer, printed),
        VisualEF.BASIC_INFORMATION: encode(
            VisualTag.INFORMATION,
            encode(VisualTag.INFORMATION_VERSION, bytes(4))
            + encode(VisualTag.INFORMATION_KEY_ID, JUKI_RECORD)
            + encode(VisualTag.SURFACE_VERSION, b"\0")
            + encode(VisualTag.MUNICIPALITY, MUNICIPALITY)
            + encode(VisualTag.INFORMATION_REST, bytes(272)),
        ),
        VisualEF.CERTIFICATE: issuer.certificate(),
        VisualEF.MY_NUMBER_IMAGE: encode(
            VisualTag.MY_NUMBER,
            b"".join((*image, encode(VisualTag.MY_NUMBER_SIGNATURE, issuer.sign(*image)))),
        ),
        VisualEF.RESERVED: b"\xff" * 16,
    }


def _face(issuer: Issuer, printed: Printed) -> bytes:
    first = (
        encode(VisualTag.BORN, printed.born)
        + encode(VisualTag.SEX, printed.sex)
        + encode(VisualTag.PUBLIC_KEY, public(issuer.card))
    )
    second = encode(VisualTag.NAME_IMAGE, printed.name_image) + encode(
        VisualTag.ADDRESS_IMAGE, printed.address_image
    )
    third = encode(VisualTag.PORTRAIT, printed.portrait)
    digests = b"".join(sha256(part).digest() for part in (first, second, third))
    signed = signature(issuer.signer, digest_info_of(digests))
    return encode(
        VisualTag.FACE,
        encode(VisualTag.OFFSETS, bytes(18))
        + first
        + second
        + third
        + encode(VisualTag.SIGNATURE, signed)
        + encode(VisualTag.EXPIRES, EXPIRES)
        + encode(VisualTag.SECURITY_CODE_IMAGE, printed.security_code_image),
    )


def data_objects(issuer: Issuer) -> dict[int, bytes]:
    """As the card gives them: bare, without tag and length."""
    return {
        RootTag.ISSUER: JUKI_RECORD,
        RootTag.CARD: SERIAL,
        RootTag.RECOGNITION: bytes.fromhex("730906072A864886FC6B01"),
        RootTag.MUNICIPALITY: MUNICIPALITY,
        RootTag.EXPIRES: EXPIRES,
        RootTag.CERTIFICATES: issuer.certificate()[5:],
        RootTag.CONTACT_ATR: bytes.fromhex("E000FF8131FE4514"),
    }
