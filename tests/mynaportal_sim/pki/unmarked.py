"""Cards as a real authority's are: of their form, and without our mark."""

from dataclasses import dataclass

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from card_reader.apdu import Command, Ins
from card_reader.spec import EF, SIMULATION_OID, Kind
from card_reader.transport import Powered
from mynaportal_sim.pki.authority import Authority
from mynaportal_sim.pki.profiles import JPKI_POLICIES

_MARK = x509.ObjectIdentifier(SIMULATION_OID)
_PRACTICE = "http://www.jpki.go.jp/cps.html"


def unmarked(marked: x509.Certificate, authority: Authority) -> bytes:
    """The same certificate, signed anew by the authority's key; its policies are JPKI's."""
    assert isinstance(authority.key, RSAPrivateKey)
    builder = (
        x509.CertificateBuilder()
        .serial_number(marked.serial_number)
        .issuer_name(marked.issuer)
        .subject_name(marked.subject)
        .not_valid_before(marked.not_valid_before_utc)
        .not_valid_after(marked.not_valid_after_utc)
        .public_key(marked.public_key())
    )
    for each in marked.extensions:
        if isinstance(each.value, x509.CertificatePolicies):
            said = x509.PolicyInformation(JPKI_POLICIES[_kind_of(marked)], [_PRACTICE])
            builder = builder.add_extension(x509.CertificatePolicies([said]), each.critical)
        elif each.oid != _MARK:
            builder = builder.add_extension(each.value, each.critical)
    return builder.sign(authority.key, SHA256()).public_bytes(Encoding.DER)


def _kind_of(leaf: x509.Certificate) -> Kind:
    usage = leaf.extensions.get_extension_for_class(x509.KeyUsage).value
    return Kind.SIGNING if usage.content_commitment else Kind.USER_AUTHENTICATION


@dataclass
class Reissued:
    """A card with its keys and PINs, but another certificate for user authentication and CA."""

    card: Powered
    certificate: bytes
    ca: bytes
    _selected: bytes = b""

    def transmit(self, command: bytes) -> bytes:
        parsed, said = Command.parse(command), self.card.transmit(command)
        if parsed.ins == Ins.SELECT:
            self._selected = parsed.data
        whole = self._files.get(self._selected)
        if parsed.ins != Ins.READ_BINARY or whole is None:
            return said
        offset = parsed.p1 << 8 | parsed.p2
        return whole[offset : offset + (parsed.le or 256)] + b"\x90\x00"

    def reset(self) -> None:
        self.card.reset()

    @property
    def _files(self) -> dict[bytes, bytes]:
        of = {EF.AUTHENTICATION_CERTIFICATE: self.certificate, EF.AUTHENTICATION_CA: self.ca}
        return {ef.to_bytes(2, "big"): content for ef, content in of.items()}
