"""A certificate as commands describe it."""

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding

from consent.instants import rfc3339


def described(der: bytes) -> dict[str, str]:
    """What is in a certificate, as programs and people want to see it."""
    certificate = x509.load_der_x509_certificate(der)
    return {
        "subject": certificate.subject.rfc4514_string(),
        "issuer": certificate.issuer.rfc4514_string(),
        "serial": f"{certificate.serial_number:08X}",
        "not_before": rfc3339(certificate.not_valid_before_utc),
        "not_after": rfc3339(certificate.not_valid_after_utc),
        "sha256": certificate.fingerprint(SHA256()).hex(),
        "pem": certificate.public_bytes(Encoding.PEM).decode(),
    }
