"""What is done with the keys that sign tokens, as units of work, each step in the ledger."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from consent.ledger import store as ledger
from consent.ledger.entry import Entry
from mynaportal_sim.oauth.keys import store
from mynaportal_sim.oauth.keys.errors import (
    ChangedMeanwhileError,
    KeyStateError,
    NextKeyExistsError,
    NoNextKeyError,
    NoSuchKeyError,
    NotKnownYetError,
)
from mynaportal_sim.oauth.keys.files import KeyFiles, Pair
from mynaportal_sim.oauth.keys.life import TRANSITIONS, Key, KeyEvent, KeyState
from mynaportal_sim.opaque import Randomness

BEGINNING = "the portal began with it"
_TYPES = {
    KeyState.NEXT: "key.next",
    KeyState.ACTIVE: "key.activated",
    KeyState.RETIRED: "key.retired",
    KeyState.REMOVED: "key.removed",
}


@dataclass(frozen=True, slots=True)
class Act:
    """A change of the keys: why, when, and with what salts its entries are sealed."""

    reason: str
    now: datetime
    randomness: Randomness


def begin(connection: Connection, files: KeyFiles, act: Act, make: bool) -> Key:
    """The active key, its private half seen to be here; where there is none, the first one.

    Raises:
        KeyFileError: it has no private half here, and none may be made.
        KeyFileUnfitError: its file holds something else.
    """
    found = _of(store.every(connection), KeyState.ACTIVE)
    if found is None:
        first = files.first(make)
        _add(connection, first, KeyState.ACTIVE, act)
        # Where another process was first, its key is the one.
        found = _demanded(_of(store.every(connection), KeyState.ACTIVE))
    files.load(found.kid)
    return found


def publish(connection: Connection, new: Pair, act: Act) -> Key:
    """Put a new key into the key set, for apps to know before anything is signed with it.

    Raises:
        NextKeyExistsError: one is there already.
    """
    added = _add(connection, new, KeyState.NEXT, act)
    if added is None:
        raise NextKeyExistsError
    return added


def rotate(connection: Connection, urgent: bool, act: Act) -> Key:
    """Sign with the next key from now on; what the one before has signed stays good.

    Args:
        urgent: wait for no cache that may hold a key set without the next key.

    Raises:
        NoNextKeyError: there is none.
        NotKnownYetError: a cache may hold a key set without it.
        ChangedMeanwhileError: another command was first.
    """
    keys = store.every(connection)
    coming = _coming(keys)
    if not urgent and act.now < coming.known_at:
        raise NotKnownYetError(coming)
    _move(connection, _demanded(_of(keys, KeyState.ACTIVE)), KeyEvent.RETIRE, act)
    return _move(connection, coming, KeyEvent.ACTIVATE, act)


def remove(connection: Connection, kid: str, act: Act) -> Key:
    """Take a key out of the key set at once: what it has signed is good for nothing.

    Where it was the active one, the next key signs from now on. The key that is active then.

    Raises:
        NoSuchKeyError: there is no such key.
        NoNextKeyError: it is the active one, and there is none to go over to.
        KeyStateError: it is removed already.
        ChangedMeanwhileError: another command was first.
    """
    keys = store.every(connection)
    lost = next((key for key in keys if key.kid == kid), None)
    if lost is None:
        raise NoSuchKeyError(kid)
    if lost.state is not KeyState.ACTIVE:
        _move(connection, lost, KeyEvent.REMOVE, act)
        return _demanded(_of(keys, KeyState.ACTIVE))
    coming = _coming(keys)
    _move(connection, lost, KeyEvent.REMOVE, act)
    return _move(connection, coming, KeyEvent.ACTIVATE, act)


def _add(connection: Connection, new: Pair, state: KeyState, act: Act) -> Key | None:
    """Keep a new key; None if one is in this state already."""
    key = Key(new.kid, state, act.now.replace(microsecond=0), new.jwk, act.reason)
    if not store.add(connection, key):
        return None
    _enter(connection, key, act)
    return key


def _move(connection: Connection, key: Key, event: KeyEvent, act: Act) -> Key:
    """What becomes of a key by `event`."""
    state = TRANSITIONS.get((key.state, event))
    if state is None:
        raise KeyStateError(key, event)
    since = act.now.replace(microsecond=0)
    after = replace(key, state=state, since=since, reason=act.reason)
    if not store.move(connection, key, after):
        raise ChangedMeanwhileError
    _enter(connection, after, act)
    return after


def _enter(connection: Connection, key: Key, act: Act) -> None:
    """Say in the ledger what has become of a key; the entry is about nobody."""
    entry = Entry(_TYPES[key.state], {"kid": key.kid, "reason": act.reason})
    ledger.append(connection, entry, act.now, act.randomness)


def _coming(keys: list[Key]) -> Key:
    found = _of(keys, KeyState.NEXT)
    if found is None:
        raise NoNextKeyError
    return found


def _of(keys: list[Key], state: KeyState) -> Key | None:
    return next((key for key in keys if key.state is state), None)


def _demanded(key: Key | None) -> Key:
    """A key that is there unless another command has just changed it."""
    if key is None:
        raise ChangedMeanwhileError
    return key
