"""Keys for cards: made when they are needed, or taken from a pool that was filled before.

Each key of the pool is a file of mode 0600. Whoever deletes it has it, so no two cards get the
same, in whatever processes they are made; what is taken when a process dies is lost.
"""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey, generate_private_key
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_der_private_key,
)

from card_reader.spec import RSA_BITS, CardKind, Kind
from mynaportal_sim.files import sync_folder, write_private
from mynaportal_sim.pki.model import PrivateKey
from mynaportal_sim.pki.profiles import PUBLIC_EXPONENT
from mynaportal_sim.pki.suites import P_384


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one card: of each certificate, and its own, which signs without a PIN."""

    certified: dict[Kind, PrivateKey] = field(repr=False)
    own: RSAPrivateKey = field(repr=False)

    def __getitem__(self, kind: Kind) -> PrivateKey:
        return self.certified[kind]


KEYS_PER_CARD = len(Kind) + 1


class Pool:
    """RSA keys that lie ready in a directory, which need not be there."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def __len__(self) -> int:
        return sum(1 for _ in self._files())

    def put(self, key: RSAPrivateKey) -> None:
        """Keep a key; it is on disk when this returns."""
        der = key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        name = sha256(str(key.public_key().public_numbers().n).encode()).hexdigest()
        write_private(self._directory / f"{name[:32]}.der", der)

    def take(self, count: int) -> list[RSAPrivateKey]:
        """Up to so many keys, which nobody else gets. A file without a key is cleared away."""
        taken: list[RSAPrivateKey] = []
        for path in self._files():
            if len(taken) == count:
                break
            if (key := _claimed(path)) is not None:
                taken.append(key)
        if taken:
            sync_folder(self._directory)  # or a power failure gave them to others as well
        return taken

    def _files(self) -> Iterator[Path]:
        return self._directory.glob("*.der")


def new_keys(
    cards: int, kind: CardKind = CardKind.CARD, pool: Pool | None = None
) -> list[Keys]:
    """Keys for so many cards of a kind: from the pool while it has any, else new ones.

    New ones are made on every core, since key generation releases the GIL.
    """
    of_certificates: list[PrivateKey] = []
    if kind is CardKind.NEXT:
        of_certificates = [P_384.new_key() for _ in range(cards * len(Kind))]
    rsa = _rsa_keys(cards * KEYS_PER_CARD - len(of_certificates), pool)
    own, certified = rsa[:cards], iter([*of_certificates, *rsa[cards:]])
    return [Keys({each: next(certified) for each in Kind}, key) for key in own]


def fill(pool: Pool, cards: int, made: Callable[[int], object] | None = None) -> None:
    """Make keys for so many cards ahead, on every core; `made` is told of each key."""
    with ThreadPoolExecutor() as threads:
        for key in threads.map(_rsa_key, range(cards * KEYS_PER_CARD)):
            pool.put(key)
            if made is not None:
                made(1)


def _rsa_keys(count: int, pool: Pool | None) -> list[RSAPrivateKey]:
    ready = [] if pool is None else pool.take(count)
    with ThreadPoolExecutor() as threads:
        return [*ready, *threads.map(_rsa_key, range(count - len(ready)))]


def _rsa_key(_number: int) -> RSAPrivateKey:
    return generate_private_key(PUBLIC_EXPONENT, RSA_BITS)


def _claimed(path: Path) -> RSAPrivateKey | None:
    """The key in a file that this process, and no other, has deleted."""
    try:
        der = path.read_bytes()
        path.unlink()
        # Our own file: who could change it could as well read the cards.
        key = load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
    except (FileNotFoundError, ValueError, TypeError, UnsupportedAlgorithm):
        return None
    return key if isinstance(key, RSAPrivateKey) else None
