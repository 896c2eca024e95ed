"""The keys as a process of the portal goes by them: whoever changes them, it follows.

The few rows that matter are read again at most every LOOK_EVERY, by whichever request comes
first then, and when a token names a key that this process does not know. Between two looks,
asking for the ring costs a glance at the monotonic clock.
"""

import asyncio
import logging
from collections.abc import Collection
from pathlib import Path
from time import monotonic

from cryptography.hazmat.primitives.asymmetric import ec

from consent.token import SigningKey
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.keys import KeyFileError
from mynaportal_sim.oauth.keys import store
from mynaportal_sim.oauth.keys.errors import KeyFileUnfitError, NoActiveKeyError
from mynaportal_sim.oauth.keys.files import KeyFiles
from mynaportal_sim.oauth.keys.life import FOLLOWED_WITHIN, Key, KeyState
from mynaportal_sim.oauth.keys.ring import KeyRing

LOOK_EVERY = FOLLOWED_WITHIN.total_seconds() / 2
"""Seconds for which a look serves; the other half is for whoever has asked just before."""

_log = logging.getLogger(__name__)


class SigningKeys:
    """The key ring of the portal whose private keys lie in `directory`."""

    def __init__(self, database: Database, clock: Clock, directory: Path) -> None:
        self._database = database
        self._clock = clock
        self._files = KeyFiles(directory)
        self._private: dict[str, ec.EllipticCurvePrivateKey] = {}
        self._keys: tuple[Key, ...] = ()
        self._ring: KeyRing | None = None
        self._good_until = 0.0
        self._looking = asyncio.Lock()

    async def fresh(self) -> KeyRing:
        """The ring as it was LOOK_EVERY ago, or later.

        Raises:
            KeyFileError: the active key has no private half here.
            NoActiveKeyError: the portal was not prepared.
        """
        if self._ring is not None and monotonic() < self._good_until:
            return self._ring
        async with self._looking:
            if self._ring is not None and monotonic() < self._good_until:
                return self._ring  # whoever held the lock has looked
            return await self._look()

    async def anew(self) -> KeyRing:
        """The ring as it is now. Raises what `fresh` does."""
        async with self._looking:
            return await self._look()

    async def _look(self) -> KeyRing:
        failed: tuple[Key, ...] | None = None
        while True:
            looked_at, now = monotonic(), self._clock.now()
            keys = await self._database.read(store.mattering, now)
            if self._ring is None or keys != self._keys:
                try:
                    active = self._loaded(keys)
                except KeyFileError:
                    # Its file goes when a key is retired, which may have been just now.
                    if keys == failed:
                        raise
                    failed = keys
                    continue
                self._ring, self._keys = KeyRing.of(active, keys, now), keys
            self._good_until = looked_at + LOOK_EVERY
            return self._ring

    def _loaded(self, keys: Collection[Key]) -> SigningKey:
        """The active key; the next one is read with it, so that its file is missed in time."""
        known, self._private = self._private, {}
        for key in keys:
            if key.state is KeyState.NEXT:
                try:
                    self._private[key.kid] = known.get(key.kid) or self._files.load(key.kid)
                except (KeyFileError, KeyFileUnfitError):
                    _log.exception("the next key cannot be read; do not rotate to it")
        active = next((key.kid for key in keys if key.state is KeyState.ACTIVE), None)
        if active is None:
            raise NoActiveKeyError
        self._private[active] = known.get(active) or self._files.load(active)
        return SigningKey(active, self._private[active])
