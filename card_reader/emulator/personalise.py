"""What a card is made from, and the card file that holds it."""

import base64
import binascii
from dataclasses import dataclass, field
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

from card_reader.emulator import store
from card_reader.emulator.store import Document
from card_reader.errors import CardDataError
from card_reader.spec import (
    AUTHENTICATION_PIN,
    EF,
    RSA_BITS,
    SIGNING_PASSWORD,
    PinRule,
    is_marked,
)

_KIND = "jpki"


@dataclass(frozen=True, slots=True)
class CardData:
    """Everything that is put on a card: RSA-2048 keys, certificates as DER, PINs, tries left.

    A card of a child under 15 has neither signing key, certificate nor password, but the
    signing CA's certificate. Tries below the rule's make a card that was mistyped before; 0 is
    blocked.
    """

    label: str
    auth_key: RSAPrivateKey = field(repr=False)
    auth_certificate: bytes = field(repr=False)
    auth_ca: bytes = field(repr=False)
    signing_ca: bytes = field(repr=False)
    pin: str = field(repr=False)
    signing_key: RSAPrivateKey | None = field(default=None, repr=False)
    signing_certificate: bytes | None = field(default=None, repr=False)
    password: str | None = field(default=None, repr=False)
    pin_tries: int = AUTHENTICATION_PIN.tries
    password_tries: int = SIGNING_PASSWORD.tries


def write_card(path: Path, data: CardData) -> None:
    """Make `path` the card that `data` describes, in place of any card that it held.

    Raises CardDataError if a PIN has the wrong form, a certificate is not its key's or lacks
    the simulation mark, or the signing parts are incomplete; CardFileError if the file cannot
    be written.
    """
    _check(data)
    store.write(path.resolve(), _document(data))


def read_card(path: Path) -> CardData:
    """What the card in `path` was made from. Raises CardFileError if it is not a sound card."""
    document = store.read(path)
    if document.get("simulation") is not True or document.get("kind") != _KIND:
        raise store.damaged(path, "it does not say that it is a simulated JPKI card")
    try:
        data = _data(document, path)
        _check(data)
    except CardDataError as error:
        raise store.damaged(path, error.problem.rstrip(".")) from error
    return data


def _check(data: CardData) -> None:
    _check_pin(AUTHENTICATION_PIN, data.pin, data.pin_tries)
    _check_pair("authentication", data.auth_key, data.auth_certificate)
    _certificate("authentication CA", data.auth_ca)
    _certificate("signing CA", data.signing_ca)
    if data.signing_key and data.signing_certificate and data.password is not None:
        _check_pin(SIGNING_PASSWORD, data.password, data.password_tries)
        _check_pair("signing", data.signing_key, data.signing_certificate)
    elif data.signing_key or data.signing_certificate or data.password is not None:
        raise CardDataError("A signing key, its certificate and its password belong together.")


def _check_pin(rule: PinRule, value: str, tries: int) -> None:
    if not rule.accepts(value):
        raise CardDataError(f"The {rule.name} must have {rule.description}.")
    if not 0 <= tries <= rule.tries:
        raise CardDataError(f"The {rule.name} can have 0 to {rule.tries} tries left.")


def _check_pair(name: str, key: RSAPrivateKey, der: bytes) -> None:
    if key.key_size != RSA_BITS:
        raise CardDataError(f"The {name} key has {key.key_size} bits instead of {RSA_BITS}.")
    if _certificate(name, der).public_key() != key.public_key():
        raise CardDataError(f"The {name} certificate is not that of the {name} key.")
    if not is_marked(der):
        raise CardDataError(f"The {name} certificate does not carry the simulation mark.")


def _certificate(name: str, der: bytes) -> x509.Certificate:
    try:
        return x509.load_der_x509_certificate(der)
    except ValueError:
        raise CardDataError(f"The {name} certificate is not DER.") from None


def _document(data: CardData) -> Document:
    return {
        "simulation": True,
        "kind": _KIND,
        "label": data.label,
        "auth_key": _pem(data.auth_key),
        "auth_certificate": _base64(data.auth_certificate),
        "auth_ca": _base64(data.auth_ca),
        "signing_ca": _base64(data.signing_ca),
        "pin": data.pin,
        "signing_key": data.signing_key and _pem(data.signing_key),
        "signing_certificate": data.signing_certificate and _base64(data.signing_certificate),
        "password": data.password,
        "tries": store.document_tries(
            {
                EF.AUTHENTICATION_PIN: data.pin_tries,
                EF.SIGNING_PASSWORD: data.password_tries if data.password else 0,
            }
        ),
    }


def _data(document: Document, path: Path) -> CardData:
    has_signing = document.get("signing_key") is not None
    return CardData(
        label=_text(document, "label"),
        auth_key=_key(document, "auth_key"),
        auth_certificate=_bytes(document, "auth_certificate"),
        auth_ca=_bytes(document, "auth_ca"),
        signing_ca=_bytes(document, "signing_ca"),
        pin=_text(document, "pin"),
        signing_key=_key(document, "signing_key") if has_signing else None,
        signing_certificate=_bytes(document, "signing_certificate") if has_signing else None,
        password=_text(document, "password") if has_signing else None,
        pin_tries=store.tries(path, EF.AUTHENTICATION_PIN),
        password_tries=store.tries(path, EF.SIGNING_PASSWORD),
    )


def _text(document: Document, name: str) -> str:
    value = document.get(name)
    if not isinstance(value, str):
        raise CardDataError(f"The entry {name!r} is missing or no text.")
    return value


def _bytes(document: Document, name: str) -> bytes:
    try:
        return base64.b64decode(_text(document, name), validate=True)
    except (binascii.Error, ValueError):
        raise CardDataError(f"The entry {name!r} is not base64.") from None


def _key(document: Document, name: str) -> RSAPrivateKey:
    try:
        key = serialization.load_pem_private_key(
            _text(document, name).encode(), None, unsafe_skip_rsa_key_validation=True
        )
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, RSAPrivateKey):
        raise CardDataError(f"The entry {name!r} is no unencrypted RSA key in PEM.")
    return key


def _pem(key: RSAPrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()


def _base64(value: bytes) -> str:
    return base64.b64encode(value).decode()
