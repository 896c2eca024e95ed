"""Reading CMS SignedData beside its document (RFC 5652), in DER and of one signer."""

import hashlib
from datetime import datetime
from functools import partial
from typing import Any

import asn1crypto.tsp  # noqa: F401  teaches `cms` the attribute signingCertificateV2
from asn1crypto import algos, cms

from card_reader.algorithm import Algorithm
from card_reader.document.cms import DIGESTS
from card_reader.document.format import Format
from mynaportal_sim.documents.der import demand_der
from mynaportal_sim.documents.errors import Fault, SignatureFileError
from mynaportal_sim.documents.reading import SignatureFile
from mynaportal_sim.pki.suites import certifies

_SET = b"\x31"
_ALGORITHMS = {
    ("sha256", "rsassa_pkcs1v15"): Algorithm.RS256,  # as RFC 3370, 3.2 names it
    ("sha256", "sha256_rsa"): Algorithm.RS256,
    ("sha384", "sha384_ecdsa"): Algorithm.ES384,
}
_VERSIONS = {"issuer_and_serial_number": ("v1", "v1"), "subject_key_identifier": ("v3", "v3")}
"""Of the structure and of its signer, by how that is named (RFC 5652, 5.1 and 5.3)."""
_REQUIRED = ("content_type", "message_digest")
_ONCE = (*_REQUIRED, "signing_time", "signing_certificate_v2")
_HASHES = {"sha256", "sha384", "sha512"}


# Any, here and below: asn1crypto has no types.
def read_cms(data: bytes, document: bytes) -> SignatureFile:
    """The parts of a CMS file. Raises SignatureFileError."""
    demand_der(data)
    try:
        return _read(data, document)
    except (ValueError, TypeError, KeyError, AttributeError, OverflowError) as error:
        fault = Fault.SIGNATURE_MALFORMED
        raise SignatureFileError(fault, "this is no SignedData of CMS") from error


def _read(data: bytes, document: bytes) -> SignatureFile:
    whole = cms.ContentInfo.load(data, strict=True)
    if whole["content_type"].native != "signed_data":
        raise SignatureFileError(Fault.SIGNATURE_MALFORMED, "it holds no SignedData")
    signed = whole["content"]
    signer = _signer(signed)
    said = _attributes(signer)
    algorithm = _algorithm(signer)
    _, digest = DIGESTS[algorithm]
    certificate = _certificate(signed, signer)
    attributes = signer["signed_attrs"].dump()
    return SignatureFile(
        form=Format.CMS,
        certificate=certificate,
        algorithm=algorithm,
        signed_at=_signed_at(said),
        of_document=said["message_digest"].native == digest(document).digest(),
        of_certificate=_of_certificate(said, certificate),
        is_by=partial(
            certifies, signature=signer["signature"].native, data=_SET + attributes[1:]
        ),
    )


def _signer(signed: Any) -> Any:
    content = signed["encap_content_info"]
    if content["content_type"].native != "data" or content["content"].native is not None:
        raise SignatureFileError(Fault.NOT_DETACHED, "it holds a document of its own")
    if len(signed["signer_infos"]) != 1:
        detail = f"it has {len(signed['signer_infos'])} signers, not one"
        raise SignatureFileError(Fault.SEVERAL_SIGNERS, detail)
    [signer] = signed["signer_infos"]
    versions = signed["version"].native, signer["version"].native
    if versions != _VERSIONS[signer["sid"].name]:
        raise SignatureFileError(Fault.SIGNATURE_MALFORMED, "its versions are other ones")
    if [each.dump() for each in signed["digest_algorithms"]] != [
        signer["digest_algorithm"].dump()
    ]:
        raise SignatureFileError(Fault.ALG_NOT_ALLOWED, "it names more than one hash")
    if signed["crls"].native is not None or signer["unsigned_attrs"].native is not None:
        raise SignatureFileError(Fault.UNSIGNED_PARTS, "parts of it are signed by nobody")
    return signer


def _attributes(signer: Any) -> dict[str, Any]:
    """The one value of each signed attribute, by its name."""
    encoded = [each.dump() for each in signer["signed_attrs"]]
    if encoded != sorted(encoded):
        raise SignatureFileError(Fault.NOT_DER, "its attributes are not in their order")
    said: dict[str, Any] = {}
    for each in signer["signed_attrs"]:
        name = each["type"].native
        if name in said or (name in _ONCE and len(each["values"]) != 1):
            raise SignatureFileError(Fault.ATTRIBUTE_TWICE, f"{name} is given twice")
        said[name] = each["values"][0]
    lacking = [name for name in _REQUIRED if name not in said]
    if lacking:
        raise SignatureFileError(Fault.ATTRIBUTE_MISSING, f"it lacks {', '.join(lacking)}")
    if said["content_type"].native != "data":
        raise SignatureFileError(Fault.SIGNATURE_MALFORMED, "it is of something else than data")
    return said


def _algorithm(signer: Any) -> Algorithm:
    wished = signer["digest_algorithm"], signer["signature_algorithm"]
    names = tuple(one["algorithm"].native for one in wished)
    for known, algorithm in _ALGORITHMS.items():
        # A hash may have NULL for parameters or none (RFC 5754, 2); else there is one form.
        digest, signature = algos.DigestAlgorithm({"algorithm": known[0]}), known[1]
        plain = algos.SignedDigestAlgorithm({"algorithm": signature})
        bare = algos.AlgorithmIdentifier({"algorithm": digest["algorithm"].dotted})
        if (
            wished[0].dump() in (digest.dump(), bare.dump())
            and wished[1].dump() == plain.dump()
        ):
            return algorithm
    detail = f"it is signed by {' and '.join(map(str, names))}"
    raise SignatureFileError(Fault.ALG_NOT_ALLOWED, detail)


def _certificate(signed: Any, signer: Any) -> bytes:
    """The certificate that the signer is named by, in DER."""
    named = signer["sid"].native
    for held in signed["certificates"]:
        if held.name != "certificate":
            continue
        certificate = held.chosen
        known = {
            "issuer": certificate.issuer.native,
            "serial_number": certificate.serial_number,
        }
        if named in (known, certificate.key_identifier):
            return bytes(certificate.dump())
    raise SignatureFileError(Fault.CERTIFICATE_MISSING, "it has no certificate of its signer")


def _signed_at(said: dict[str, Any]) -> datetime | None:
    found: datetime | None = said["signing_time"].native if "signing_time" in said else None
    return found


def _of_certificate(said: dict[str, Any], certificate: bytes) -> bool | None:
    if "signing_certificate_v2" not in said:
        return None
    named = said["signing_certificate_v2"]["certs"][0]
    name = named["hash_algorithm"]["algorithm"].native
    if name not in _HASHES:
        return False
    return bool(named["cert_hash"].native == hashlib.new(name, certificate).digest())
