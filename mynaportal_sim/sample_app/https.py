"""How a server here speaks TLS."""

import ssl
from pathlib import Path

CIPHERS = "ECDHE+AESGCM"
"""What RFC 9325 4.2, and FAPI 2.0 after it, leave of TLS 1.2; all of TLS 1.3 is good."""


def server_context(certificate: Path) -> ssl.SSLContext:
    """TLS 1.2 and 1.3 with the certificate and key in a file; clients need not show one.

    Raises:
        OSError: there is no such file, or it holds no certificate with its key.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.set_ciphers(CIPHERS)
    context.set_alpn_protocols(["http/1.1"])
    context.load_cert_chain(certificate)
    return context
