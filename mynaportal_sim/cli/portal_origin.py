"""The origin of a portal's address, as it is signed."""

from urllib.parse import urlsplit

from mynaportal_sim.cli.failures import CommandError

_LOOPBACK = frozenset({"localhost", "127.0.0.1", "[::1]", "::1"})
_OWN_PORTS = {"http": ":80", "https": ":443"}


def origin_of(url: str) -> str:
    """The origin (RFC 6454) of `url`, as browsers write it; what is signed is for it alone.

    Raises:
        CommandError: it is none, or would be reached without TLS over a network.
    """
    try:
        parts = urlsplit(url.lower())
        host = parts.hostname or ""
        _ = parts.port  # raises for what is no port
    except ValueError:
        parts, host = urlsplit(""), ""
    if parts.scheme not in _OWN_PORTS or not host:
        raise CommandError("--portal is no address such as http://localhost:8400")
    if parts.scheme == "http" and host not in _LOOPBACK:
        raise CommandError(f"{host} is another machine: only https:// is used for it")
    return f"{parts.scheme}://{parts.netloc.removesuffix(_OWN_PORTS[parts.scheme])}"
