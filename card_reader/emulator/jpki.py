"""公的個人認証AP: two certificates, the keys they certify, and the PINs that guard them."""

from pathlib import Path

from card_reader.emulator.application import Application, Randomness
from card_reader.emulator.commands import (
    ALWAYS,
    AUTHENTICATE,
    CHANGE_REFERENCE_DATA,
    SIGN,
    refuse_session,
)
from card_reader.emulator.files import File, Key, Reserved, Transparent
from card_reader.emulator.personalise import CardData
from card_reader.emulator.pin import Pin
from card_reader.emulator.references import JPKI_PASSWORD, JPKI_PIN
from card_reader.emulator.schemes import schemes_of
from card_reader.spec import CERTIFICATE_PRESENT, EF, TOKEN_LABELS, CardKind
from card_reader.spec.token import CARD_FLAGS, TOKEN_INFO, UNAVAILABLE, VERSIONS
from card_reader.status import SW

_HANDLERS = {
    **ALWAYS,
    **SIGN,
    **AUTHENTICATE,
    **CHANGE_REFERENCE_DATA,
    **refuse_session(SW.SECURITY_STATUS_NOT_SATISFIED),
}
_UNKNOWN = bytes((0xFF,)) * 16


def jpki_application(data: CardData, path: Path, randomness: Randomness) -> Application:
    """The JPKI application of the card that `data` describes and `path` keeps.

    A phone shows the certificate for user authentication only after its PIN (jpki/myna).
    """
    pin, password = Pin(JPKI_PIN, path), Pin(JPKI_PASSWORD, path)
    for_certificate = (pin,) if data.kind is CardKind.PHONE else None
    files: dict[int, File] = {
        EF.SIGNING_CA: Transparent(data.signing_ca),
        EF.TOKEN_INFO: Transparent(_token_info(data.kind)),
        EF.CERTIFICATES_PRESENT: Transparent(_presence(data)),
        EF.PROTECTED: Transparent(_UNKNOWN, ()),
        EF.AUTHENTICATION_CERTIFICATE: Transparent(data.auth_certificate, for_certificate),
        EF.AUTHENTICATION_CA: Transparent(data.auth_ca),
        EF.TERMINAL_KEY: Reserved(),
        EF.AUTHENTICATION_KEY: Key(schemes_of(data.auth_key), pin),
        EF.AUTHENTICATION_PIN: pin,
        EF.SIGNING_PASSWORD: password,
    }
    if data.signing_key and data.signing_certificate:
        files[EF.SIGNING_CERTIFICATE] = Transparent(data.signing_certificate, (password,))
        files[EF.SIGNING_KEY] = Key(schemes_of(data.signing_key), password)
    return Application(files, _HANDLERS, randomness, has_sessions=True)


def _presence(data: CardData) -> bytes:
    return bytes(
        (CERTIFICATE_PRESENT if data.signing_certificate else 0, CERTIFICATE_PRESENT, 0)
    )


def _token_info(kind: CardKind) -> bytes:
    """EF 0006. Field values as myna-card read them, text padded with spaces.

    The label is that of the real card, since programs tell cards from phones by it; maker and
    model say that it is simulated.
    """
    texts = ((TOKEN_LABELS[kind], 32), ("SIMULATION", 32), ("mynaportal-sim", 16), ("", 16))
    sessions, pin_lengths = (1, 0, 1, 0), (16, 6)
    return TOKEN_INFO.pack(
        *(text.encode().ljust(length) for text, length in texts),
        CARD_FLAGS,
        *sessions,
        *pin_lengths,
        *[UNAVAILABLE] * 4,
        *VERSIONS,
        b"9" * 16,
    )
