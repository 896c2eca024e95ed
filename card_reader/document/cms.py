"""CMS SignedData beside its document (RFC 5652), with the attributes of CAdES-B-B.

They are contentType, messageDigest, signingTime and ESS signingCertificateV2 (RFC 5035), which
ties the signature to one certificate where several have the key.
"""

from dataclasses import dataclass, field
from datetime import UTC, datetime
from hashlib import sha256, sha384
from typing import Any

import asn1crypto.tsp  # noqa: F401  teaches `cms` the attribute signingCertificateV2
from asn1crypto import algos, cms, x509
from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

from card_reader.algorithm import Algorithm, algorithm_of
from card_reader.spec import COORDINATE_LENGTH

DIGESTS = {Algorithm.RS256: ("sha256", sha256), Algorithm.ES384: ("sha384", sha384)}
"""The hash of an algorithm, by its name in asn1crypto."""
_SIGNATURES = {Algorithm.RS256: "rsassa_pkcs1v15", Algorithm.ES384: "sha384_ecdsa"}
_UTC_TIME_ENDS = 2050  # RFC 5652, 11.3


@dataclass(frozen=True, slots=True)
class CmsDraft:
    """A signature of a document that lacks only what the card makes."""

    certificate: bytes
    to_be_signed: bytes = field(repr=False)
    algorithm: Algorithm

    @classmethod
    def of(cls, document: bytes, certificate: bytes, now: datetime) -> "CmsDraft":
        """The signature of `document` by the key of `certificate` (DER), said to be of `now`.

        Raises MalformedDataError for a certificate whose key no card has.
        """
        algorithm = algorithm_of(certificate)
        attributes = _attributes(document, certificate, algorithm, now)
        return cls(certificate, attributes.dump(), algorithm)

    def assembled(self, signature: bytes) -> bytes:
        """The file, in DER, around the card's `signature` of `to_be_signed`."""
        name, _ = DIGESTS[self.algorithm]
        digest = algos.DigestAlgorithm({"algorithm": name})
        held = x509.Certificate.load(self.certificate)
        signer = cms.SignerInfo(
            {
                "version": "v1",
                "sid": _named(held),
                "digest_algorithm": digest,
                "signed_attrs": cms.CMSAttributes.load(self.to_be_signed),
                "signature_algorithm": {"algorithm": _SIGNATURES[self.algorithm]},
                "signature": _as_cms_has_it(signature, self.algorithm),
            }
        )
        signed = cms.SignedData(
            {
                "version": "v1",
                "digest_algorithms": [digest],
                "encap_content_info": {"content_type": "data"},
                "certificates": [held],
                "signer_infos": [signer],
            }
        )
        whole = cms.ContentInfo({"content_type": "signed_data", "content": signed})
        return bytes(whole.dump())


def _attributes(
    document: bytes, certificate: bytes, algorithm: Algorithm, now: datetime
) -> cms.CMSAttributes:
    _, digest = DIGESTS[algorithm]
    issued = x509.Certificate.load(certificate)
    named = {
        "cert_hash": sha256(certificate).digest(),
        "issuer_serial": {
            "issuer": [x509.GeneralName("directory_name", issued.issuer)],
            "serial_number": issued.serial_number,
        },
    }
    said: dict[str, object] = {
        "content_type": "data",
        "message_digest": digest(document).digest(),
        "signing_time": _time(now),
        "signing_certificate_v2": {"certs": [named]},
    }
    return cms.CMSAttributes([{"type": name, "values": [one]} for name, one in said.items()])


def _time(now: datetime) -> cms.Time:
    whole = now.astimezone(UTC).replace(microsecond=0)
    return cms.Time("utc_time" if whole.year < _UTC_TIME_ENDS else "generalized_time", whole)


def _named(certificate: Any) -> cms.SignerIdentifier:
    known = {"issuer": certificate.issuer, "serial_number": certificate.serial_number}
    return cms.SignerIdentifier("issuer_and_serial_number", known)


def _as_cms_has_it(signature: bytes, algorithm: Algorithm) -> bytes:
    """A card's signature; that of ECDSA is in DER here (RFC 5753, 2.1.1)."""
    if algorithm is Algorithm.RS256:
        return signature
    r, s = signature[:COORDINATE_LENGTH], signature[COORDINATE_LENGTH:]
    return encode_dss_signature(int.from_bytes(r, "big"), int.from_bytes(s, "big"))
