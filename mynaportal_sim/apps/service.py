"""What is done with apps, as units of work."""

from collections.abc import Callable
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
        },
    )
    ledger.append(connection, entry, now, randomness)
    return app
