"""An HTTP client for which `localhost` is this machine, also where no resolver says so."""

import httpx


class _Transport(httpx.HTTPTransport):
    """Connects to 127.0.0.1 for `localhost` (RFC 6761 6.3); the Host header stays as it was."""

    def handle_request(self, request: httpx.Request) -> httpx.Response:
        if request.url.scheme == "http" and request.url.host == "localhost":
            request = httpx.Request(
                request.method,
                request.url.copy_with(host="127.0.0.1"),
                headers=request.headers,
                stream=request.stream,
                extensions=request.extensions,
            )
        return super().handle_request(request)


def client() -> httpx.Client:
    """A client that keeps cookies and follows no redirect."""
    return httpx.Client(transport=_Transport(), timeout=30)
