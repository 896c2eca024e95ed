"""What is done with apps, as units of work."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from sqlalchemy import Connection

from consent.ledger import store as ledger
from consent.ledger.entry import Entry
from consent.model import DeclaredPurpose
from mynaportal_sim.apps import store
from mynaportal_sim.apps.errors import DeclaredMeanwhileError, NoSuchAppError
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
            "recipients": [one.shown for one in app.recipients],
            "keys": [key.thumbprint for key in app.keys],
            "scopes": sorted(app.scopes),
        },
    )
    ledger.append(connection, entry, now, randomness)
    return app


def declare(
    connection: Connection,
    client_id: str,
    code: str,
    text: str,
    now: datetime,
    randomness: Callable[[int], bytes],
) -> DeclaredPurpose:
    """Declare what an app wants data for; in other words than before, it must ask anew.

    `text` has passed `registration.concrete`. The same words again change nothing.

    Raises:
        NoSuchAppError: there is no such app.
        DeclaredMeanwhileError: another declaration came first.
    """
    app = store.find(connection, client_id)
    if app is None:
        raise NoSuchAppError(client_id)
    before = app.purpose
    if (before.code, before.text) == (code, text):
        return before
    declared = DeclaredPurpose(code, text, before.version + 1)
    if not store.set_purpose(connection, client_id, declared):
        raise DeclaredMeanwhileError(client_id)
    entry = Entry(
        type="app.purpose_declared",
        fields={
            "app_id": client_id,
            "app_name": app.name,
            "purpose": code,
            "purpose_text": text,
            "purpose_version": declared.version,
        },
    )
    ledger.append(connection, entry, now, randomness)
    return declared


def settle(
    connection: Connection, app: App, now: datetime, randomness: Callable[[int], bytes]
) -> App:
    """Register `app` unless it is known; of a known one, only its addresses can be new."""
    known = store.find(connection, app.client_id)
    if known is None:
        return register(connection, app, now, randomness)
    moved = replace(known, redirect_uris=app.redirect_uris, event_endpoint=app.event_endpoint)
    if known == moved:
        return known
    store.set_addresses(connection, moved)
    entry = Entry(
        type="app.moved",
        fields={
            "app_id": app.client_id,
            "redirect_uris": list(app.redirect_uris),
            "event_endpoint": app.event_endpoint,
        },
    )
    ledger.append(connection, entry, now, randomness)
    return moved
