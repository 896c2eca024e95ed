"""Where the portal may connect to because an app named the place, and nobody else."""

import socket
from collections.abc import Callable, Sequence
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address
from typing import NamedTuple

Address = IPv4Address | IPv6Address
Resolve = Callable[[str], Sequence[Address]]

# RFC 4291 2.4, IANA: the internet's unicast. Outside lie IPv4-mapped and NAT64 addresses, which
# can stand for a private one.
_UNICAST = IPv6Network("2000::/3")
_NO_HOSTS = (
    IPv4Network("192.88.99.0/24"),  # RFC 7526: once relays of 6to4
    IPv6Network("2002::/16"),  # RFC 3056: 6to4, which can stand for a private address as well
    IPv6Network("3fff::/20"),  # RFC 9637: documentation
)


class Reach(NamedTuple):
    """How the addresses of a host are found, and which may be connected to."""

    resolve: Resolve
    allows: Callable[[Address], bool]

    def of(self, host: str) -> Sequence[Address] | str:
        """The addresses of `host`, at least one; or why nothing may be sent there.

        One that is not allowed is enough to refuse, since who named the host chose them all.
        """
        found = self.resolve(host)
        for address in found:
            if not self.allows(address):
                return f"leads to {address}, which is no public address"
        return found or "has no address"


def resolved(host: str) -> Sequence[Address]:
    """All addresses of a host as the system knows them now, none if it knows none."""
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError):
        return ()
    return tuple(dict.fromkeys(ip_address(place[0]) for *_, place in found))


def is_public(address: Address) -> bool:
    """Whether an address is one host's on the internet, seen from anywhere."""
    if not address.is_global or any(address in network for network in _NO_HOSTS):
        return False
    return address in _UNICAST if address.version == 6 else not address.is_multicast


ANYWHERE = Reach(resolved, lambda _: True)
PUBLIC = Reach(resolved, is_public)
