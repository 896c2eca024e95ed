"""The authorities: in each family, one certifies for user authentication, one for signatures.

An authority lives on in generations, as J-LIS's do: each has a key, a serial and ten years of
its own under the one name, the newest issues, and the older ones are trusted until they end.
Which of them issued a certificate is told by its signature, never by the name.

A generation's certificate and key lie in one file of mode 0600, so that they are always a pair:
`<directory>/<kind>.pem`, `<kind>.2.pem` and so on, with the family before the kind where it is
not the card's.
"""

import os
import re
from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import count, product, takewhile
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from card_reader.spec import Kind
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.pki import pair, profiles
from mynaportal_sim.pki.errors import AuthorityFileError, NoAuthorityError
from mynaportal_sim.pki.model import Family, Order, PrivateKey, key_hash
from mynaportal_sim.pki.pair import Pair
from mynaportal_sim.pki.suites import SUITES, Suite


@dataclass(frozen=True, slots=True)
class Authority:
    """One generation of an authority: its self-signed certificate and its key."""

    kind: Kind
    certificate: x509.Certificate
    key: PrivateKey = field(repr=False)
    family: Family = Family.CARD
    generation: int = 1

    @property
    def name(self) -> str:
        """Its name in files and addresses: family, kind and generation."""
        return f"{_stem(self.family, self.kind)}.{self.generation}"

    @property
    def der(self) -> bytes:
        """The authority's certificate."""
        return self.certificate.public_bytes(Encoding.DER)

    @property
    def key_hash(self) -> bytes:
        """Which names the authority in the register of certificates."""
        return key_hash(self.certificate)

    @property
    def suite(self) -> Suite:
        """By which it signs."""
        return SUITES[self.family]

    def issue(self, order: Order, randomness: Randomness) -> x509.Certificate:
        """The certificate that `order` asks for."""
        builder = profiles.leaf(order, self.family, self.certificate, randomness)
        return builder.sign(self.key, self.suite.digest)


class Authorities(Mapping[Kind, Authority]):
    """Authorities in all their generations. As a mapping: those that issue for cards."""

    def __init__(self, generations: Iterable[Authority], directory: Path | None = None) -> None:
        self.every = tuple(generations)
        self._directory = directory
        self._newest = {(one.family, one.kind): one for one in self.every}
        self._by_key = {one.key_hash: one for one in self.every}

    def __getitem__(self, kind: Kind) -> Authority:
        return self._newest[Family.CARD, kind]

    def __iter__(self) -> Iterator[Kind]:
        return (kind for family, kind in self._newest if family is Family.CARD)

    def __len__(self) -> int:
        return sum(family is Family.CARD for family, _ in self._newest)

    def of(self, family: Family, kind: Kind) -> Authority:
        """The generation that issues for a family.

        Raises:
            NoAuthorityError: the family has not been made.
        """
        found = self._newest.get((family, kind))
        if found is None:
            raise NoAuthorityError(family, kind)
        return found

    def issues(self, one: Authority, now: datetime) -> bool:
        """Whether certificates come from this generation now."""
        newest = self.of(one.family, one.kind)
        return one.key_hash == newest.key_hash and now <= one.certificate.not_valid_after_utc

    def named(self, name: str) -> Authority | None:
        """The generation of that name; without a number, the one that issues."""
        return next((one for one in reversed(self.every) if _means(name, one)), None)

    def by_key(self, key_hash_: bytes) -> Authority | None:
        """The generation whose key that is, as the register names it."""
        return self._by_key.get(key_hash_)

    def fresh(self) -> "Authorities":
        """These, and what was added to their directory since they were read."""
        if self._directory is None or len(self.every) == len(_files(self._directory)):
            return self
        return load_all(self._directory)


def create(
    kind: Kind,
    now: datetime,
    randomness: Randomness,
    family: Family = Family.CARD,
    generation: int = 1,
) -> Authority:
    """A new generation, good for ten years. Its key comes from the system's generator."""
    suite = SUITES[family]
    key = suite.new_key()
    builder = profiles.authority(family, kind, key.public_key(), now, randomness)
    return Authority(kind, builder.sign(key, suite.digest), key, family, generation)


def save(directory: Path, authority: Authority) -> bool:
    """Write an authority's file whole or not at all; False when there is one already."""
    made = Pair(authority.certificate, authority.key)
    path = _path(directory, authority.family, authority.kind, authority.generation)
    return pair.save(path, made)


def load(
    directory: Path, kind: Kind, family: Family = Family.CARD, generation: int = 1
) -> Authority | None:
    """The generation that lies in `directory`; None when it does not."""
    path = _path(directory, family, kind, generation)
    found = pair.load(path)
    if found is None:
        return None
    if not SUITES[family].takes(found.key.public_key()):
        raise AuthorityFileError(path, f"its key is not {SUITES[family].name}")
    return Authority(kind, found.certificate, found.key, family, generation)


def load_all(directory: Path) -> Authorities:
    """All generations in `directory`, the oldest of each authority first."""
    found = (
        authority
        for family, kind in product(Family, Kind)
        for authority in takewhile(
            bool, (load(directory, kind, family, number) for number in count(1))
        )
        if authority is not None
    )
    return Authorities(found, directory)


def ensure(
    directory: Path,
    now: datetime,
    randomness: Randomness,
    families: Iterable[Family] = (Family.CARD,),
) -> Authorities:
    """All authorities in `directory`; of `families`, what is missing is made. Safe twice.

    Keys are made on every core (that releases the GIL).
    """
    lacking = [
        (family, kind)
        for family, kind in product(families, Kind)
        if not _path(directory, family, kind, 1).exists()
    ]
    with ThreadPoolExecutor() as threads:
        made = threads.map(lambda one: create(one[1], now, randomness, one[0]), lacking)
        for authority in made:
            save(directory, authority)
    return load_all(directory)


def successor(
    directory: Path, family: Family, kind: Kind, now: datetime, randomness: Randomness
) -> Authority:
    """The next generation of an authority; it issues once it is saved.

    Raises:
        NoAuthorityError: there is none to follow.
    """
    newest = load_all(directory).of(family, kind)
    return create(kind, now, randomness, family, newest.generation + 1)


def _means(name: str, authority: Authority) -> bool:
    return name in {authority.name, _stem(authority.family, authority.kind)}


def _files(directory: Path) -> list[str]:
    return [name for name in os.listdir(directory) if _FILE.fullmatch(name)]


def _path(directory: Path, family: Family, kind: Kind, generation: int) -> Path:
    number = "" if generation == 1 else f".{generation}"
    return directory / f"{_stem(family, kind)}{number}.pem"


def _stem(family: Family, kind: Kind) -> str:
    return kind.value if family is Family.CARD else f"{family}-{kind}"


_STEMS = "|".join(_stem(*one) for one in product(Family, Kind))
_FILE = re.compile(rf"(?:{_STEMS})(?:\.[0-9]+)?\.pem")
