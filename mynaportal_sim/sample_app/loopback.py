"""An HTTP client for which `localhost` is this machine, also where no resolver says so."""

from pathlib import Path

import httpx

UNTRUSTED = "CERTIFICATE_VERIFY_FAILED"
"""Stands in what is raised for a certificate that is not trusted (OpenSSL's word for it)."""
_NAME, _ADDRESS = "localhost", "127.0.0.1"


class _Transport(httpx.HTTPTransport):
    """Connects to 127.0.0.1 for `localhost` (RFC 6761 6.3).

    The Host header stays as it was, and so does the name that a certificate must be for.
    """

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.host == _NAME:
            request = httpx.Request(
                request.method,
                request.url.copy_with(host=_ADDRESS),
                headers=request.headers,
                stream=request.stream,
                extensions={**request.extensions, "sni_hostname": _NAME},
            )
        return super().handle_request(request)


def client(ca: Path | None = None) -> httpx.Client:
    """A client that keeps cookies and follows no redirect.

    Args:
        ca: a PEM file with a root that it trusts besides those that every client does.

    Raises:
        OSError: there is no such file, or it holds no certificate.
    """
    trusted = httpx.create_ssl_context()
    if ca is not None:
        trusted.load_verify_locations(ca)
    return httpx.Client(transport=_Transport(verify=trusted), timeout=30)
