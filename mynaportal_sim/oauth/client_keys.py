"""The keys of an app that has a jwks_uri, read anew when they are old or one is not among them.

An app changes its keys by what stands there: it publishes a new one, and signs with it. What
was read last, and was good, counts until something newer was read.
"""

import asyncio
from dataclasses import replace
from datetime import datetime

from mynaportal_sim.apps import amending, fetching, key_sets
from mynaportal_sim.apps.errors import RegistrationError
from mynaportal_sim.apps.model import App
from mynaportal_sim.apps.registration import parse_jwks
from mynaportal_sim.oauth.server import Server

LOOKS = 50
"""How often it is looked whether another process is done, for as long as that may take."""


async def current(server: Server, app: App, kid: str | None, now: datetime) -> App:
    """`app` with the keys that count for an assertion whose header names `kid`.

    Only who names an unknown one waits while they are read, or comes when they are too old to
    be sure of: by a stranger's unknown one, nobody with a known one is held up. A new key may
    have to wait for the end of the pause, which anybody's unknown one begins.
    """
    if not app.jwks_uri:
        return app
    begun = server.reading.get(app.client_id)  # which may end while it is asked below
    known = await server.database.read(key_sets.find, app.client_id)
    if known is None:
        return app
    unknown = kid is not None and not any(key.is_named(kid) for key in app.keys)
    waits = unknown or known.is_in_doubt(now)
    reading = begun or server.reading.get(app.client_id)
    elsewhere = waits and known.is_being_read(now)
    if reading is None and (elsewhere or known.is_due(now, unknown=unknown)):
        reading = _begin(server, app, now)
    if reading is None or not waits:
        return app
    await asyncio.shield(reading)
    return await server.app(app.client_id) or app


def _begin(server: Server, app: App, now: datetime) -> asyncio.Task[None]:
    reading = asyncio.create_task(_read(server, app, now))
    server.reading[app.client_id] = reading
    reading.add_done_callback(lambda _: server.reading.pop(app.client_id, None))
    return reading


async def _read(server: Server, app: App, now: datetime) -> None:
    """Read the keys and keep them, or wait until another process has."""
    database = server.database
    if not await database.write(key_sets.claim, app.client_id, now):
        await _read_elsewhere(server, app, now)
        return
    try:
        jwks = await fetching.key_set(app.jwks_uri, server.reach)
    except RegistrationError as error:
        await database.write(key_sets.failed, app.client_id, str(error))
        return
    read = replace(app, jwks=jwks, keys=parse_jwks(jwks))
    await database.write(amending.take_keys, app, read, now, server.randomness)


async def _read_elsewhere(server: Server, app: App, now: datetime) -> None:
    for _ in range(LOOKS):
        known = await server.database.read(key_sets.find, app.client_id)
        if known is None or not known.is_being_read(now):
            return
        await asyncio.sleep(fetching.SECONDS_IN_ALL / LOOKS)
