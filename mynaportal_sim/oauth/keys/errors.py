"""What can be wrong with the keys that sign tokens.

SigningKeyError
├── KeyFileUnfitError       the file of a private key cannot be read, or holds no such key
├── NoSuchKeyError          there is no key of that kid
├── NoActiveKeyError        the portal was not prepared
├── NoNextKeyError          there is no key to go over to
├── NextKeyExistsError      there is a next key already
├── NotKnownYetError        caches may hold a key set without the next key
├── KeyStateError           the key's state does not let this happen to it
└── ChangedMeanwhileError   another command was first
"""

from consent.instants import rfc3339
from mynaportal_sim.errors import PortalError
from mynaportal_sim.oauth.keys.life import Key, KeyEvent


class SigningKeyError(PortalError):
    """Base of every error of the signing keys."""


class KeyFileUnfitError(SigningKeyError):
    """The file cannot be read, or holds no such key; the text names the file."""


class NoSuchKeyError(SigningKeyError):
    """No key has this kid."""

    def __init__(self, kid: str) -> None:
        super().__init__(f"there is no key {kid}; `mynasim keys list` shows them")


class NoActiveKeyError(SigningKeyError):
    """No key is active: the portal was not prepared."""

    def __init__(self) -> None:
        super().__init__("no key signs tokens yet; `mynasim up` prepares one")


class NoNextKeyError(SigningKeyError):
    """There is no key to go over to."""

    def __init__(self) -> None:
        super().__init__(
            "there is no next key: publish one by `mynasim keys next`, and rotate once apps "
            "know it; in an emergency, --now makes one and goes over to it"
        )


class NextKeyExistsError(SigningKeyError):
    """There is a next key already."""

    def __init__(self) -> None:
        super().__init__("there is a next key already; `mynasim keys list` shows it")


class NotKnownYetError(SigningKeyError):
    """Caches may hold a key set that lacks the next key."""

    def __init__(self, key: Key) -> None:
        super().__init__(
            f"apps may hold a key set without {key.kid} until {rfc3339(key.known_at)}: rotate "
            "then; or with --now, and apps that do not fetch the set anew refuse what it signs"
        )
        self.key = key


class KeyStateError(SigningKeyError):
    """The key's state does not let this happen to it."""

    def __init__(self, key: Key, event: KeyEvent) -> None:
        super().__init__(f"cannot {event} {key.kid}: it is {key.state}")


class ChangedMeanwhileError(SigningKeyError):
    """The keys are no longer as they were looked at."""

    def __init__(self) -> None:
        super().__init__("another command has changed the keys meanwhile; look, and try again")
