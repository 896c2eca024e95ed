"""What becomes of an app's registration later on, as units of work."""

from datetime import datetime

from sqlalchemy import Connection

from consent.ledger import store as ledger
from consent.ledger.entry import Entry
from mynaportal_sim.apps import key_sets, service, store
from mynaportal_sim.apps.model import App
from mynaportal_sim.opaque import Randomness


def amend(
    connection: Connection,
    before: App,
    after: App,
    now: datetime,
    randomness: Randomness,
) -> None:
    """Keep what an app says of itself now: addresses, keys, and what it is about.

    `after` has passed `registration.check` and asks people for nothing else than `before`. The
    ledger enters where people are sent and which keys count, if that is another.
    """
    store.amend(connection, after)
    if after.jwks_uri:
        key_sets.begin(connection, after.client_id, now)
    else:
        key_sets.end(connection, after.client_id)
    if before.addresses != after.addresses:
        service.enter_addresses(connection, after, now, randomness)
    _enter_own_keys(connection, before, after, now, randomness)


def take_keys(
    connection: Connection,
    known: App,
    read: App,
    now: datetime,
    randomness: Randomness,
) -> None:
    """Keep the keys that were read at an app's jwks_uri, unless that is another by now."""
    if not store.set_jwks(connection, read.client_id, read.jwks_uri, read.jwks):
        return
    key_sets.was_read(connection, read.client_id, now)
    _enter_own_keys(connection, known, read, now, randomness)


def _enter_own_keys(
    connection: Connection,
    before: App,
    after: App,
    now: datetime,
    randomness: Randomness,
) -> None:
    """Enter the keys of an app's own, if they are others than before."""
    thumbprints = [key.thumbprint for key in after.keys]
    if thumbprints == [key.thumbprint for key in before.keys]:
        return
    entry = Entry(
        type="app.keys_changed",
        fields={"app_id": after.client_id, "app_name": after.name, "keys": thumbprints},
    )
    ledger.append(connection, entry, now, randomness)
