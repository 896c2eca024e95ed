"""Reading a compact JWS beside its document (RFC 7515, appendix F) with its certificate."""

from base64 import b64decode, b64encode
from datetime import UTC, datetime
from functools import partial
from hashlib import sha256

from card_reader.algorithm import Algorithm
from card_reader.document.format import Format
from mynaportal_sim.documents.errors import Fault, SignatureFileError
from mynaportal_sim.documents.reading import SignatureFile
from mynaportal_sim.jose import JoseError, Json, b64url, strict_json, unb64url
from mynaportal_sim.pki.suites import has_signed

_NOT_LOOKED_AT = frozenset({"crit", "b64", "jku", "jwk", "x5u"})
_CHAIN_MAX = 4


def read_jws(data: bytes, document: bytes) -> SignatureFile:
    """The parts of such a JWS. Raises SignatureFileError."""
    try:
        text = data.decode("ascii")
        if text != text.strip():
            raise SignatureFileError(Fault.TRAILING_BYTES, "something surrounds the JWS")
        encoded, payload, signature = text.split(".")
        header = strict_json(unb64url(encoded))
    except (ValueError, JoseError) as error:
        fault = Fault.SIGNATURE_MALFORMED
        raise SignatureFileError(fault, "this is neither CMS nor a compact JWS") from error
    if payload:
        raise SignatureFileError(Fault.NOT_DETACHED, "it holds a document of its own")
    if not isinstance(header, dict) or not _NOT_LOOKED_AT.isdisjoint(header):
        fault = Fault.SIGNATURE_MALFORMED
        raise SignatureFileError(fault, "its header has what is not looked at here")
    return _read(header, encoded, signature, document)


def _read(
    header: dict[str, Json], encoded: str, signature: str, document: bytes
) -> SignatureFile:
    named = header.get("alg")
    if named not in set(Algorithm):
        raise SignatureFileError(Fault.ALG_NOT_ALLOWED, f"it is signed by {named}")
    certificate = _certificate(header.get("x5c"))
    thumbprint = header.get("x5t#S256")
    fits = thumbprint == b64url(sha256(certificate).digest())
    to_be_signed = f"{encoded}.{b64url(document)}".encode()
    try:
        made = unb64url(signature)
        signed_at = _signed_at(header.get("iat"))
    except (JoseError, ValueError, OverflowError, OSError) as error:
        raise SignatureFileError(Fault.SIGNATURE_MALFORMED, "not as JWS is written") from error
    return SignatureFile(
        form=Format.JWS,
        certificate=certificate,
        algorithm=Algorithm(str(named)),
        signed_at=signed_at,
        of_document=True,  # it has no hash of the document: the signature alone is over it
        of_certificate=None if thumbprint is None else fits,
        is_by=partial(has_signed, signature=made, data=to_be_signed),
    )


def _certificate(chain: Json) -> bytes:
    if not isinstance(chain, list) or not 1 <= len(chain) <= _CHAIN_MAX:
        raise SignatureFileError(Fault.CERTIFICATE_MISSING, "it has no certificate in x5c")
    [first, *_] = chain
    try:
        certificate = b64decode(str(first), validate=True)
    except ValueError:
        certificate = b""
    if not certificate or b64encode(certificate).decode() != first:
        raise SignatureFileError(Fault.SIGNATURE_MALFORMED, "x5c is not base64")
    return certificate


def _signed_at(at: Json) -> datetime | None:
    if at is None:
        return None
    if not isinstance(at, int) or isinstance(at, bool):
        raise ValueError("iat is no whole number")  # noqa: TRY004  of a stranger's file
    return datetime.fromtimestamp(at, UTC)
