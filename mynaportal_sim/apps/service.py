"""What is done with apps, as units of work."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from consent.ledger import store as ledger
from consent.ledger.entry import Entry
from mynaportal_sim.apps import store
from mynaportal_sim.apps.model import App


def register(
    connection: Connection, app: App, now: datetime, randomness: Callable[[int], bytes]
) -> App:
    """Keep an app that has passed `registration.check`, and enter it in the ledger."""
    store.add(connection, app)
    entry = Entry(
        type="app.registered",
        fields={
            "app_id": app.client_id,
            "app_name": app.name,
            "organisation": app.organisation,
            "profile": app.profile.value,
            "purpose": app.purpose.code,
            "purpose_text": app.purpose.text,
            "supervisor": app.supervisor,
            "keys": [key.thumbprint for key in app.keys],
            "scopes": sorted(app.scopes),
        },
    )
    ledger.append(connection, entry, now, randomness)
    return app


def settle(
    connection: Connection, app: App, now: datetime, randomness: Callable[[int], bytes]
) -> App:
    """Register `app` unless it is known; of a known one, only the redirect URIs can be new."""
    known = store.find(connection, app.client_id)
    if known is None:
        return register(connection, app, now, randomness)
    if known.redirect_uris == app.redirect_uris:
        return known
    moved = replace(known, redirect_uris=app.redirect_uris)
    store.set_redirect_uris(connection, moved)
    entry = Entry(
        type="app.moved",
        fields={"app_id": app.client_id, "redirect_uris": list(app.redirect_uris)},
    )
    ledger.append(connection, entry, now, randomness)
    return moved
