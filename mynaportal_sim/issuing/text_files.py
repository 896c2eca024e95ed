"""The files of 券面事項入力補助AP (forms: myna-card text.rs, jpki/myna)."""

from hashlib import sha256

from card_reader import tlv
from card_reader.spec.text import MY_NUMBER_FILE_LENGTH, TextEF, TextTag
from mynaportal_sim.issuing.objects import RESERVED, signed, simulation, with_offsets
from mynaportal_sim.issuing.particulars import Particulars
from mynaportal_sim.pki.card_issuer import CardIssuer

_VERSION = bytes.fromhex("01030E01")
_REST_LENGTH = 128


def text_files(card: Particulars, issuer: CardIssuer, public_key: bytes) -> dict[int, bytes]:
    """Each file by its EF.

    The key of the card, as objects, stands for both of the application's: that of its
    signatures, and that of sessions, which no emulated card offers.
    """
    number = tlv.encode(TextTag.MY_NUMBER, card.number_a.encode())
    number = number.ljust(MY_NUMBER_FILE_LENGTH, b"\xff")
    attributes = [
        tlv.encode(TextTag.NAME, card.name.encode()),
        tlv.encode(TextTag.ADDRESS, card.address.encode()),
        tlv.encode(TextTag.BORN, card.born.encode()),
        tlv.encode(TextTag.SEX, card.sex.encode()),
    ]
    digests = tlv.encode(TextTag.NUMBER_DIGEST, sha256(number).digest()) + tlv.encode(
        TextTag.ATTRIBUTES_DIGEST, sha256(b"".join(attributes)).digest()
    )
    key = tlv.encode(TextTag.KEY, public_key)
    return {
        TextEF.MY_NUMBER: number,
        TextEF.ATTRIBUTES: with_offsets(TextTag.ATTRIBUTES, TextTag.OFFSETS, attributes),
        TextEF.INTEGRITY: signed(
            TextTag.INTEGRITY, digests, TextTag.INTEGRITY_SIGNATURE, issuer
        ),
        TextEF.CERTIFICATE: issuer.verifiable_certificate,
        TextEF.BASIC_INFORMATION: tlv.encode(TextTag.INFORMATION, _information(issuer)),
        TextEF.SESSION_KEY: tlv.encode(TextTag.SESSION_KEY, public_key),
        TextEF.SIGNED_KEY: signed(TextTag.SIGNED_KEY, key, TextTag.KEY_SIGNATURE, issuer),
        TextEF.RESERVED: RESERVED,
    }


def _information(issuer: CardIssuer) -> bytes:
    return (
        tlv.encode(TextTag.INFORMATION_VERSION, _VERSION)
        + tlv.encode(TextTag.INFORMATION_KEY_ID, issuer.signer_id)
        + tlv.encode(TextTag.INFORMATION_REST, simulation(_REST_LENGTH))
    )
