"""The names a server is reached by, as certificates tell them (RFC 5280 4.2.1.6, 4.2.1.10)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Self

from cryptography import x509

from mynaportal_sim.pki.certificate import extension

Address = IPv4Address | IPv6Address
LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Names:
    """Hosts by name, in lower case, and by address."""

    hosts: frozenset[str]
    addresses: frozenset[Address]

    @classmethod
    def of(cls, named: Iterable[str]) -> Self:
        """The names of hosts as they stand in URLs, an IPv6 address in brackets or without."""
        hosts, addresses = set[str](), set[Address]()
        for name in named:
            try:
                addresses.add(ip_address(name.strip("[]")))
            except ValueError:
                hosts.add(name.lower())
        return cls(frozenset(hosts), frozenset(addresses))

    @classmethod
    def in_leaf(cls, certificate: x509.Certificate) -> Self:
        """What a server's certificate is for."""
        found = extension(certificate.extensions, x509.SubjectAlternativeName)
        if found is None:
            return cls.of(())
        addresses = found.get_values_for_type(x509.IPAddress)
        return cls.of([*found.get_values_for_type(x509.DNSName), *map(str, addresses)])

    @classmethod
    def in_root(cls, certificate: x509.Certificate) -> Self:
        """What a root lets certificates be for; single addresses only, as it is made here."""
        found = extension(certificate.extensions, x509.NameConstraints)
        permitted = [] if found is None else found.permitted_subtrees or []
        values = (str(one.value) for one in permitted)
        return cls.of(value.removesuffix("/32").removesuffix("/128") for value in values)

    def __or__(self, other: Self) -> Self:
        return type(self)(self.hosts | other.hosts, self.addresses | other.addresses)

    def __le__(self, other: Self) -> bool:
        return self.hosts <= other.hosts and self.addresses <= other.addresses

    def __iter__(self) -> Iterator[str]:
        """As people read them: names before addresses."""
        yield from sorted(self.hosts)
        yield from sorted(map(str, self.addresses))

    @property
    def alternatives(self) -> x509.SubjectAlternativeName:
        """The extension that names a server."""
        hosts: list[x509.GeneralName] = [x509.DNSName(host) for host in sorted(self.hosts)]
        return x509.SubjectAlternativeName(
            [*hosts, *map(x509.IPAddress, sorted(self.addresses, key=str))]
        )

    @property
    def constraints(self) -> x509.NameConstraints:
        """The extension that keeps an authority to these names.

        Each kind of name has one at least, since a kind that is not named would be free.
        """
        hosts: list[x509.GeneralName] = [x509.DNSName(host) for host in sorted(self.hosts)]
        networks = (ip_network(address) for address in sorted(self.addresses, key=str))
        return x509.NameConstraints([*hosts, *map(x509.IPAddress, networks)], None)
