"""What is on the card: names, files, PIN rules, each beside where it is known from.

J-LIS publishes no APDU specification. The sources are open-source clients of the real card:
OpenSC `card-jpki.c`, jpki/myna and soltia48/myna-card (measured on real and test cards).
"""

import re
from dataclasses import dataclass
from enum import IntEnum, StrEnum, unique

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm

JPKI_AID = bytes.fromhex("D392F000260100000001")
"""公的個人認証AP (OpenSC, jpki/myna)."""
TEXT_AID = bytes.fromhex("D3921000310001010408")
"""券面事項入力補助AP (jpki/myna text.rs); its EF 0001 is the person's number."""
VISUAL_AID = bytes.fromhex("D3921000310001010402")
"""券面事項確認AP (jpki/myna visual.rs); its EF 0005 is an image of the number."""
JUKI_AID = bytes.fromhex("D3921000310001010401")
"""住基AP (myna-card juki.rs, measured; others take it and the next for each other)."""
COMMON_AID = bytes.fromhex("D3921000310001010100")
"""共通カードAP (myna-card common.rs)."""
CARD_MANAGER_AID = bytes.fromhex("A0000001510000")
"""GlobalPlatform's issuer security domain; selecting it leads where a reset does (mf.rs)."""

MY_NUMBER_FILES: dict[bytes, int] = {TEXT_AID: 0x0001, VISUAL_AID: 0x0005}
"""Application and EF of the two files that hold an individual number (個人番号)."""

SIMULATION_OID = "2.25.244316921270637829011468243546131470389"
"""Non-critical extension of every certificate made here; an arc of our own below a UUID."""
SIMULATION_VALUE = b"\x0c\x0aSIMULATION"
"""Its value: DER UTF8String `SIMULATION`."""


UNREADABLE = (
    ValueError,
    TypeError,  # for a name whose string is of a kind that its attribute may not have
    UnsupportedAlgorithm,
    x509.DuplicateExtension,
    x509.InvalidVersion,
    x509.UnsupportedGeneralNameType,
)
"""What reading a certificate, its extensions or its key raises for bytes that are none."""


def is_marked(certificate: bytes) -> bool:
    """Whether a DER certificate says that it is a simulation; an unreadable one does not."""
    try:
        extensions = x509.load_der_x509_certificate(certificate).extensions
        mark = extensions.get_extension_for_oid(x509.ObjectIdentifier(SIMULATION_OID)).value
    except (*UNREADABLE, x509.ExtensionNotFound):
        return False
    return isinstance(mark, x509.UnrecognizedExtension) and mark.value == SIMULATION_VALUE


@unique
class EF(IntEnum):
    """Files of the JPKI application; the low five bits are the short EF identifier."""

    SIGNING_CERTIFICATE = 0x0001
    SIGNING_CA = 0x0002
    TOKEN_INFO = 0x0006
    CERTIFICATES_PRESENT = 0x0008
    PROTECTED = 0x0009
    AUTHENTICATION_CERTIFICATE = 0x000A
    AUTHENTICATION_CA = 0x000B
    TERMINAL_KEY = 0x0016
    AUTHENTICATION_KEY = 0x0017
    AUTHENTICATION_PIN = 0x0018
    SIGNING_KEY = 0x001A
    SIGNING_PASSWORD = 0x001B


@dataclass(frozen=True, slots=True)
class PinRule:
    """What a PIN looks like and how often it may be wrong in a row."""

    tries: int
    form: re.Pattern[str]
    name: str
    name_ja: str
    description: str

    def normalised(self, entered: str) -> str:
        """What a person meant: cards compare raw bytes, and no PIN has lower-case letters."""
        return entered.upper() if entered.isascii() else entered

    def accepts(self, pin: str) -> bool:
        """Whether `pin` could be right by its form."""
        return self.form.fullmatch(pin) is not None


FOUR_DIGITS = re.compile(r"[0-9]{4}")

AUTHENTICATION_PIN = PinRule(
    tries=3,
    form=FOUR_DIGITS,
    name="PIN for user authentication",
    name_ja="利用者証明用電子証明書の暗証番号",
    description="4 digits",
)
"""OpenSC, jpki/myna; numbers of tries as municipalities publish them."""

SIGNING_PASSWORD = PinRule(
    tries=5,
    form=re.compile(r"(?=.*[A-Z])(?=.*[0-9])[A-Z0-9]{6,16}"),
    name="password for digital signature",
    name_ja="署名用電子証明書の暗証番号",
    description="6 to 16 letters A-Z and digits, at least one of each",
)
"""As above."""

TEXT_PIN = PinRule(
    tries=3,
    form=FOUR_DIGITS,
    name="PIN for the text on the card",
    name_ja="券面事項入力補助用の暗証番号",
    description="4 digits",
)
"""jpki/myna; opens all files of 券面事項入力補助AP."""

RESIDENT_PIN = PinRule(
    tries=3,
    form=FOUR_DIGITS,
    name="PIN for the resident register",
    name_ja="住民基本台帳用の暗証番号",
    description="4 digits",
)
"""myna-card; in 住基AP and 共通カードAP, a counter each."""

NUMBER_A = PinRule(
    tries=10,
    form=re.compile(r"[0-9]{12}"),
    name="verification number A",
    name_ja="照合番号A",
    description="the 12 digits of the individual number",
)
"""jpki/myna, myna-card; in 券面事項入力補助AP and 券面事項確認AP, a counter each."""

NUMBER_B = PinRule(
    tries=10,
    form=re.compile(r"[0-9]{14}"),
    name="verification number B",
    name_ja="照合番号B",
    description="14 digits: birth as YYMMDD of its era, year of expiry, security code",
)
"""As above; confirmed on cards by myna-card."""

BIRTH_KEY = PinRule(
    tries=10,
    form=re.compile(r"[0-9]{6}"),
    name="date of birth",
    name_ja="生年月日",
    description="6 digits: YYMMDD, the year being that of its era",
)
"""myna-card; no source tells how many tries it has, ten are those of its neighbours."""

PIN_MAX = 16
"""Longest data field of VERIFY (JICSAP 2.0); more is 6700 and costs no try."""

SIGNATURE_INPUT_MAX = 245
"""Longest DigestInfo that PKCS#1 v1.5 pads into an RSA-2048 block (RFC 8017, 7.2.1: k - 11)."""

RSA_BITS = 2048
SIGNATURE_LENGTH = RSA_BITS // 8

COORDINATE_LENGTH = 48
"""Of P-384: bytes of a SHA-384 digest, and of r and s each (hypothetical; CardKind.NEXT)."""


@unique
class Kind(StrEnum):
    """The two certificates of a card, each with its key and PIN."""

    USER_AUTHENTICATION = "user_authentication"
    SIGNING = "signing"


@dataclass(frozen=True, slots=True)
class Credential:
    """Where one certificate, its issuer's, its key and its PIN lie on the card."""

    certificate: EF
    ca: EF
    key: EF
    pin_ef: EF
    pin: PinRule


CREDENTIALS: dict[Kind, Credential] = {
    Kind.USER_AUTHENTICATION: Credential(
        EF.AUTHENTICATION_CERTIFICATE,
        EF.AUTHENTICATION_CA,
        EF.AUTHENTICATION_KEY,
        EF.AUTHENTICATION_PIN,
        AUTHENTICATION_PIN,
    ),
    Kind.SIGNING: Credential(
        EF.SIGNING_CERTIFICATE,
        EF.SIGNING_CA,
        EF.SIGNING_KEY,
        EF.SIGNING_PASSWORD,
        SIGNING_PASSWORD,
    ),
}

CERTIFICATE_PRESENT = 0x8F
"""EF 0008: byte 0 speaks of the signing certificate, byte 1 of the other; 8F is present."""


@unique
class CardKind(StrEnum):
    """What bears the JPKI application. A child's card is a CARD without its signing parts."""

    CARD = "card"
    PHONE = "phone"
    """移動端末設備用電子証明書: no other application, and no certificate without its PIN."""
    NO_PIN = "no_pin"
    """顔認証マイナンバーカード: no signing parts, and no PIN was ever set."""
    NEXT = "next"
    """次期個人番号カード as we suppose it: P-384 has been announced, its APDUs have not."""


TOKEN_LABELS: dict[CardKind, str] = {
    CardKind.CARD: "JPKIAPICCTOKEN2",
    CardKind.PHONE: "JPKIAPGPSETOKEN",
    CardKind.NO_PIN: "JPKIAPICCTOKEN2",
    CardKind.NEXT: "JPKISIMNEXTTOKEN",
}
"""CK_TOKEN_INFO.label; the last is ours."""
PHONE_LABELS = frozenset({TOKEN_LABELS[CardKind.PHONE], "JPKIAPIOSTOKEN"})
"""Those of an Android phone's GP-SE, and of an iPhone's wallet."""
TOKEN_LABEL_LENGTH = 32
