"""Distinguished names of the simulated JPKI: its forms, with SIMULATION in every issuer's.

Each attribute is an RDN of its own; C is a PrintableString, the rest UTF8String.
"""

from cryptography import x509
from cryptography.x509.oid import NameOID

from card_reader.spec import Kind
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.pki.model import Family, Holder

ORGANIZATION = "JPKI-SIM"
OPERATOR = "SIMULATION, not issued by any authority of Japan"
_UNITS = {
    Kind.USER_AUTHENTICATION: "JPKI for user authentication",
    Kind.SIGNING: "JPKI for digital signature",
}
_OF_FAMILY = {
    Family.CARD: "SIMULATION of {}",
    Family.PHONE: "SIMULATION of {} on mobile devices",
    Family.NEXT: "SIMULATION of a hypothetical next {}",
}
_ORGANIZATION_JA = "公的個人認証サービス(シミュレーション)"
_UNITS_JA = {
    Kind.USER_AUTHENTICATION: "公的個人認証サービス利用者証明用",
    Kind.SIGNING: "公的個人認証サービス署名用",
}
_OF_FAMILY_JA = {
    Family.CARD: "{}(シミュレーション)",
    Family.PHONE: "移動端末設備用{}(シミュレーション)",
    Family.NEXT: "架空の次期{}(シミュレーション)",
}
_OPERATOR_JA = "模擬認証局(実在の機関ではありません)"
_COUNTRY = (NameOID.COUNTRY_NAME, "JP")
_ALPHABET = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"
_ID_LENGTH = 14
_CODE_LENGTH = 5


def issuer(family: Family, kind: Kind) -> x509.Name:
    """The DN of the authority of a family for certificates of `kind`, the same for ever."""
    return _name(
        _COUNTRY,
        (NameOID.ORGANIZATION_NAME, ORGANIZATION),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, _unit(family, kind)),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, OPERATOR),
    )


def issuer_ja(family: Family, kind: Kind) -> x509.DirectoryName:
    """The same authority's name in Japanese, an alternative name in every certificate."""
    return x509.DirectoryName(
        _name(
            _COUNTRY,
            (NameOID.ORGANIZATION_NAME, _ORGANIZATION_JA),
            (NameOID.ORGANIZATIONAL_UNIT_NAME, _OF_FAMILY_JA[family].format(_UNITS_JA[kind])),
            (NameOID.ORGANIZATIONAL_UNIT_NAME, _OPERATOR_JA),
        )
    )


def card_issuer(unit: str) -> x509.Name:
    """The DN of the issuer of cards, for its unit that does this."""
    return _name(
        _COUNTRY,
        (NameOID.ORGANIZATION_NAME, "CARD-SIM"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, f"SIMULATION of the issuer of cards, {unit}"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, OPERATOR),
    )


def responder(family: Family, kind: Kind) -> x509.Name:
    """The DN under which an authority answers questions about its certificates."""
    return _name(
        _COUNTRY,
        (NameOID.ORGANIZATION_NAME, ORGANIZATION),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, _unit(family, kind)),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, OPERATOR),
        (NameOID.COMMON_NAME, "OCSP responder"),
    )


def subject(kind: Kind, holder: Holder, randomness: Randomness) -> x509.Name:
    """The DN of a person: no name, but an id made for this certificate.

    The id is 14 characters, the municipality's code, three digits and `A`; a signing
    certificate's DN has the prefecture and the city before it.
    """
    drawn = "".join(_ALPHABET[byte % len(_ALPHABET)] for byte in randomness(_ID_LENGTH))
    counter = randomness(1)[0]
    place = {
        Kind.USER_AUTHENTICATION: (),
        Kind.SIGNING: (
            (NameOID.LOCALITY_NAME, holder.prefecture),
            (NameOID.LOCALITY_NAME, holder.city),
        ),
    }
    common_name = f"{drawn}{holder.municipality_code}{counter:03}A"
    return _name(_COUNTRY, *place[kind], (NameOID.COMMON_NAME, common_name))


def crl_point(family: Family, kind: Kind, holder: Holder) -> x509.Name:
    """The directory entry that a certificate names as its CRL distribution point."""
    return _name(
        _COUNTRY,
        (NameOID.ORGANIZATION_NAME, ORGANIZATION),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, _unit(family, kind)),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, "CRL Distribution Points"),
        (NameOID.ORGANIZATIONAL_UNIT_NAME, holder.prefecture),
        (NameOID.COMMON_NAME, f"{holder.city} CRLDP"),
    )


def municipality(subject: x509.Name) -> str:
    """The code of the municipality that stands in a person's DN."""
    [common_name] = subject.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(common_name.value)[_ID_LENGTH : _ID_LENGTH + _CODE_LENGTH]


def _unit(family: Family, kind: Kind) -> str:
    return _OF_FAMILY[family].format(_UNITS[kind])


def _name(*attributes: tuple[x509.ObjectIdentifier, str]) -> x509.Name:
    return x509.Name([x509.NameAttribute(oid, value) for oid, value in attributes])
