"""The portal's own long-lived secrets, each a file of mode 0600 under `<data>/keys`."""

from pathlib import Path
from secrets import token_bytes, token_urlsafe

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)

from consent.ledger.note import Signer
from mynaportal_sim.errors import PortalError
from mynaportal_sim.files import write_private
from mynaportal_sim.pseudonyms import SECRET_LENGTH, Pseudonyms

LEDGER_ORIGIN = "mynaportal-sim.invalid/ledger"
_LEDGER = "ledger.pem"
_PSEUDONYMS = "pseudonyms.key"
_DEV_TOKEN = "dev.token"  # noqa: S105  a file's name
_TOKEN_BYTES = 32


class KeyFileError(PortalError):
    """A key file is missing or is not what its name says."""

    def __init__(self, path: Path, fault: str) -> None:
        super().__init__(f"{path}: {fault}; restore it, or start with another data directory")
        self.path = path


def create(directory: Path) -> None:
    """Make what a dev portal needs where it is missing; what exists is kept."""
    ledger, pseudonyms = directory / _LEDGER, directory / _PSEUDONYMS
    token = directory / _DEV_TOKEN
    if not ledger.exists():
        key = Ed25519PrivateKey.generate()
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_private(ledger, pem)
    if not pseudonyms.exists():
        write_private(pseudonyms, token_bytes(SECRET_LENGTH))
    if not token.exists():
        write_private(token, token_urlsafe(_TOKEN_BYTES).encode())


def demand(directory: Path) -> None:
    """See that both were given, as a strict portal wants it.

    Raises:
        KeyFileError: one is missing.
    """
    for name in (_LEDGER, _PSEUDONYMS):
        _read(directory / name)


def ledger_signer(directory: Path) -> Signer:
    """Who signs the ledger's checkpoints.

    Raises:
        KeyFileError: the key file is missing or holds no Ed25519 key.
    """
    path = directory / _LEDGER
    try:
        key = load_pem_private_key(_read(path), password=None)
    except (ValueError, TypeError):
        raise KeyFileError(path, "it holds no private key") from None
    if not isinstance(key, Ed25519PrivateKey):
        raise KeyFileError(path, "the ledger's key must be an Ed25519 key")
    return Signer(LEDGER_ORIGIN, key)


def pseudonyms(directory: Path) -> Pseudonyms:
    """What derives the portal's pseudonyms.

    Raises:
        KeyFileError: the key file is missing or has not 32 bytes.
    """
    path = directory / _PSEUDONYMS
    try:
        return Pseudonyms(_read(path))
    except ValueError:
        raise KeyFileError(path, f"it has not {SECRET_LENGTH} bytes") from None


def dev_token(directory: Path) -> str:
    """What a program shows to a dev portal to change its world: whoever reads the file may.

    Raises:
        KeyFileError: the file is missing.
    """
    return _read(directory / _DEV_TOKEN).decode().strip()


def _read(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except FileNotFoundError:
        hint = "`mynasim up` makes it in dev mode; a strict portal is given it"
        raise KeyFileError(path, f"there is no such key ({hint})") from None
