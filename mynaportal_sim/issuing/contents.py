"""What the issuer of cards puts on a resident's card beside JPKI's keys and certificates."""

from dataclasses import replace

from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from card_reader import tlv
from card_reader.emulator.contents import (
    Contents,
    RegisterContents,
    TextContents,
    VisualContents,
)
from card_reader.spec import RESIDENT_PIN, TEXT_PIN
from card_reader.spec.register import CARD_RECORD_TAG, SERIAL_LENGTH, RootTag
from card_reader.spec.visual import SECURITY_CODE_LENGTH
from mynaportal_sim.issuing.objects import simulation
from mynaportal_sim.issuing.particulars import CardNumbers, Particulars
from mynaportal_sim.issuing.text_files import text_files
from mynaportal_sim.issuing.visual_files import visual_files
from mynaportal_sim.pki.card_issuer import CardIssuer, public_key

_KEY_REFERENCE_LENGTH = 16
_ISSUER = b"SIMULATION"
_CONTACT_ATR = bytes.fromhex("E000FF8131FE4514")
"""The contact card's that OpenSC knows, without its first byte."""
_OID, _RECOGNITION_DATA = 0x06, 0x73
_GLOBALPLATFORM = bytes.fromhex("2A864886FC6B")


def contents_of(
    card: Particulars, issuer: CardIssuer, key: RSAPrivateKey, pin: str
) -> Contents:
    """All of it, signed by `issuer`; `key` is the card's own, one for all applications.

    `pin` is that of every application with four digits; where it is empty, none was ever set.
    """
    own_key, digits = public_key(key.public_key()), _record(card).encode()
    return Contents(
        TextContents(
            files=text_files(card, issuer, own_key),
            key=key,
            pin=pin,
            number_a=card.number_a,
            number_b=card.number_b,
            pin_tries=TEXT_PIN.tries if pin else 0,
        ),
        VisualContents(
            files=visual_files(card, issuer, own_key),
            key=key,
            birth=card.birth_key,
            number_a=card.number_a,
            number_b=card.number_b,
        ),
        RegisterContents(
            juki_record=tlv.encode(CARD_RECORD_TAG, simulation(_KEY_REFERENCE_LENGTH)),
            common_record=tlv.encode(CARD_RECORD_TAG, digits),
            key=key,
            pin=pin,
            juki_tries=RESIDENT_PIN.tries if pin else 0,
            common_tries=RESIDENT_PIN.tries if pin else 0,
        ),
        data_objects=_data_objects(card, issuer),
    )


def retold(old: Contents, card: Particulars, issuer: CardIssuer) -> Contents:
    """The same card, saying `card` from now on: its keys, PINs and tries are the old ones."""
    new = contents_of(card, issuer, old.text.key, old.text.pin)
    text = replace(old.text, files=new.text.files, number_b=new.text.number_b)
    visual = replace(old.visual, files=new.visual.files, number_b=new.visual.number_b)
    register = replace(old.register, common_record=new.register.common_record)
    return Contents(text, visual, register, data_objects=new.data_objects)


def numbers_of(contents: Contents) -> CardNumbers:
    """The numbers of a card that was made before."""
    record = tlv.only(contents.register.common_record, CARD_RECORD_TAG).value.decode()
    return CardNumbers(record[:SERIAL_LENGTH], contents.text.number_b[-SECURITY_CODE_LENGTH:])


def _record(card: Particulars) -> str:
    """The 28 digits of 共通カードAP: serial, municipality, day of expiry."""
    code = card.resident.municipality.code
    return f"{card.numbers.serial}{code}{card.expires:%Y%m%d}"


def _data_objects(card: Particulars, issuer: CardIssuer) -> dict[int, bytes]:
    """What GET DATA answers, each with its tag, as GlobalPlatform has it (Card 2.3.1, 11.3).

    Which certificates lie under which tag, no source tells: the root's, and below it the
    document signer's.
    """
    values = {
        RootTag.ISSUER: _ISSUER,
        RootTag.CARD: card.numbers.serial.encode(),
        RootTag.RECOGNITION: _recognition(),
        RootTag.MUNICIPALITY: card.resident.municipality.code.encode(),
        RootTag.EXPIRES: f"{card.expires:%Y%m%d}".encode(),
        RootTag.CERTIFICATES: issuer.root_certificate,
        RootTag.CONTACT_ATR: _CONTACT_ATR,
    }
    objects = {int(tag): tlv.encode(tag, value) for tag, value in values.items()}
    return {**objects, RootTag.CERTIFICATE: issuer.verifiable_certificate}


def _recognition() -> bytes:
    """Card Recognition Data (GlobalPlatform Card 2.3.1, H.2): GP 2.2.1, SCP02 option 15."""
    facts = {0x60: "02020201", 0x63: "03", 0x64: "040215"}
    return tlv.encode(
        _RECOGNITION_DATA,
        _identifier("01") + b"".join(tlv.encode(t, _identifier(s)) for t, s in facts.items()),
    )


def _identifier(below_globalplatform: str) -> bytes:
    return tlv.encode(_OID, _GLOBALPLATFORM + bytes.fromhex(below_globalplatform))
