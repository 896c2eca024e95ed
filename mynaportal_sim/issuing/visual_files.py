"""The files of 券面事項確認AP (forms: myna-card surface.rs, jpki/myna)."""

from hashlib import sha256

from card_reader import tlv
from card_reader.spec.visual import (
    MY_NUMBER_IMAGE_SIZE,
    SECURITY_CODE_IMAGE_SIZE,
    VisualEF,
    VisualTag,
)
from card_reader.statement import digest_info_of
from mynaportal_sim.issuing.objects import RESERVED, signed, simulation, with_offsets
from mynaportal_sim.issuing.particulars import Particulars
from mynaportal_sim.issuing.pictures import digits, lines_of
from mynaportal_sim.issuing.portrait import portrait
from mynaportal_sim.pki.card_issuer import CardIssuer

_VERSION, _SURFACE_VERSION = bytes.fromhex("01030E01"), b"\x01"
_REST_LENGTH = 272


def visual_files(card: Particulars, issuer: CardIssuer, public_key: bytes) -> dict[int, bytes]:
    """Each file by its EF; `public_key` is the card's, as objects."""
    birth = tlv.encode(VisualTag.BIRTH, card.born.encode()) + tlv.encode(
        VisualTag.BIRTH_PUBLIC_KEY, public_key
    )
    number = digits(card.number_a, MY_NUMBER_IMAGE_SIZE)
    image = tlv.encode(VisualTag.MY_NUMBER_IMAGE, number) + tlv.encode(
        VisualTag.MY_NUMBER_PUBLIC_KEY, public_key
    )
    return {
        VisualEF.BIRTH: signed(
            VisualTag.BIRTH_RECORD, birth, VisualTag.BIRTH_SIGNATURE, issuer
        ),
        VisualEF.FACE: _face(card, issuer, public_key),
        VisualEF.BASIC_INFORMATION: tlv.encode(
            VisualTag.INFORMATION, _information(card, issuer)
        ),
        VisualEF.CERTIFICATE: issuer.verifiable_certificate,
        VisualEF.MY_NUMBER_IMAGE: signed(
            VisualTag.MY_NUMBER, image, VisualTag.MY_NUMBER_SIGNATURE, issuer
        ),
        VisualEF.RESERVED: RESERVED,
    }


def _face(card: Particulars, issuer: CardIssuer, public_key: bytes) -> bytes:
    person = [
        tlv.encode(VisualTag.BORN, card.born.encode()),
        tlv.encode(VisualTag.SEX, card.sex.encode()),
        tlv.encode(VisualTag.PUBLIC_KEY, public_key),
    ]
    texts = [
        tlv.encode(VisualTag.NAME_IMAGE, lines_of(card.name_on_face)),
        tlv.encode(VisualTag.ADDRESS_IMAGE, lines_of(card.address_on_face)),
    ]
    photograph = [tlv.encode(VisualTag.PORTRAIT, portrait(card.resident.id.bytes))]
    signature = issuer.sign_digest_info(_digest_info(person, texts, photograph))
    code = digits(card.numbers.security_code, SECURITY_CODE_IMAGE_SIZE)
    rest = [
        tlv.encode(VisualTag.SIGNATURE, signature),
        tlv.encode(VisualTag.EXPIRES, f"{card.expires:%Y%m%d}".encode()),
        tlv.encode(VisualTag.SECURITY_CODE_IMAGE, code),
    ]
    return with_offsets(
        VisualTag.FACE, VisualTag.OFFSETS, [*person, *texts, *photograph, *rest]
    )


def _digest_info(*groups: list[bytes]) -> bytes:
    """DigestInfo of SHA-256 whose octets are the hash of each group (myna-card surface.rs)."""
    digests = b"".join(sha256(b"".join(group)).digest() for group in groups)
    return digest_info_of(digests)


def _information(card: Particulars, issuer: CardIssuer) -> bytes:
    return (
        tlv.encode(VisualTag.INFORMATION_VERSION, _VERSION)
        + tlv.encode(VisualTag.INFORMATION_KEY_ID, issuer.signer_id)
        + tlv.encode(VisualTag.SURFACE_VERSION, _SURFACE_VERSION)
        + tlv.encode(VisualTag.MUNICIPALITY, card.resident.municipality.code.encode())
        + tlv.encode(VisualTag.INFORMATION_REST, simulation(_REST_LENGTH))
    )
