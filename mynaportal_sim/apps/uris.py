"""Which addresses an app may name: where people are sent, and what is fetched or shown."""

import re
from collections.abc import Collection
from ipaddress import ip_address
from urllib.parse import SplitResult, urlsplit

from mynaportal_sim.apps.errors import RegistrationError

URI_MAX = 1000

# RFC 3986 2: unreserved, reserved, percent-encoded.
_URI = re.compile(r"(?:[A-Za-z0-9._~:/?#\[\]@!$&'()*+,;=-]|%[0-9A-Fa-f]{2})+")
_HOST = re.compile(
    r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?(?:\.[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?)*\.?"
)
# `localhost` is not meant: it can lead elsewhere (RFC 8252 8.3).
_ON_THIS_MACHINE = re.compile(
    r"http://(127\.0\.0\.1|\[::1\])(?::[0-9]{1,5})?(/[^#]*)?", re.ASCII
)

_DEFAULT_PORTS = {"https": 443, "http": 80}


def is_among(uri: str, registered: Collection[str]) -> bool:
    """Whether a URI is one of those, character for character.

    A program on the person's own machine gets its port as it starts, so of an address on
    loopback the port may be any (RFC 8252 7.3).
    """
    if uri in registered:
        return True
    parts = _but_for_the_port(uri)
    return parts is not None and any(_but_for_the_port(one) == parts for one in registered)


def _but_for_the_port(uri: str) -> tuple[str | None, ...] | None:
    found = _ON_THIS_MACHINE.fullmatch(uri)
    return None if found is None else found.groups()


def origin(uri: str) -> str:
    """The origin of a plausible address as browsers write it, without the usual port."""
    parts = urlsplit(uri)
    host = parts.netloc.lower().removesuffix(f":{_DEFAULT_PORTS[parts.scheme]}")
    return f"{parts.scheme}://{host}"


def plausible(field: str, uri: str) -> None:
    """Raise RegistrationError for what is no such address (RFC 6749 3.1.2, FAPI 2.0 5.3.2.2-8).

    It is https, or http on this machine, without a fragment or a user's name.
    """
    if len(uri) > URI_MAX or not _URI.fullmatch(uri):
        raise RegistrationError(
            field, "“%(uri)s” has characters that no URI has, or is too long", uri=_short(uri)
        )
    try:
        parts = urlsplit(uri)
        _ = parts.port
    except ValueError:
        raise RegistrationError(field, "“%(uri)s” is not a URI", uri=_short(uri)) from None
    if "#" in uri:
        raise RegistrationError(field, "“%(uri)s” has a fragment (#); leave it out", uri=uri)
    if parts.username is not None or parts.password is not None or not parts.hostname:
        raise RegistrationError(field, "“%(uri)s” needs a host, and no user name", uri=uri)
    if not _is_host(parts) or parts.port == 0:
        raise RegistrationError(
            field,
            "“%(uri)s” names no host that there can be, or the port 0",
            uri=uri,
        )
    if parts.scheme != "https" and not (parts.scheme == "http" and _is_loopback(parts)):
        raise RegistrationError(
            field,
            "“%(uri)s” must be https (http only on localhost, 127.0.0.1 or [::1])",
            uri=uri,
        )


def _is_host(parts: SplitResult) -> bool:
    """Whether it is a DNS name or an address: other characters have a meaning in headers."""
    name = parts.hostname or ""
    if "[" not in parts.netloc and _HOST.fullmatch(name):
        return True
    try:
        return "%" not in name and bool(ip_address(name))
    except ValueError:
        return False


def _short(text: str) -> str:
    """The beginning of what may be anything, written so that a terminal takes no harm."""
    return ascii(text[:100])[1:-1]


def _is_loopback(parts: SplitResult) -> bool:
    if parts.hostname == "localhost":
        return True
    try:
        return ip_address(parts.hostname or "").is_loopback
    except ValueError:
        return False
