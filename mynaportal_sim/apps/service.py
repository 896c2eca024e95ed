"""What is done with apps, as units of work."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import Connection

from consent import service
from consent.ledger import store as ledger
from consent.ledger.entry import Entry, Value
from consent.model import DeclaredPurpose
from mynaportal_sim.apps import declarations, key_sets, store
from mynaportal_sim.apps.errors import (
    DeclaredMeanwhileError,
    KeysMeanwhileError,
    NoSuchAppError,
)
from mynaportal_sim.apps.model import App, DeclaredVersion
from mynaportal_sim.apps.recipient_keys import with_keys
from mynaportal_sim.opaque import Randomness


@dataclass(frozen=True, slots=True)
class Declaration:
    """What an app wants and why; no `scopes` are those that it has declared before.

    `text` has passed `texts.concrete`, and all else is known.
    """

    client_id: str
    code: str
    text: str
    scopes: frozenset[str] = frozenset()


def register(
    connection: Connection,
    app: App,
    now: datetime,
    randomness: Randomness,
    invite: str = "",
) -> App:
    """Keep an app that has passed `registration.check`, and enter it in the ledger.

    `invite` is the id of the invitation by which it came, if it came by one. What keys its
    recipients have is an entry for each of them, as when they get them later.
    """
    store.add(connection, app)
    if app.jwks_uri:
        key_sets.begin(connection, app.client_id, now)
    entry = Entry(
        type="app.registered",
        fields={
            "app_id": app.client_id,
            "app_name": app.name,
            "organisation": app.organisation,
            "profile": app.profile.value,
            "supervisor": app.supervisor,
            "recipients": [one.shown for one in app.recipients],
            "keys": [key.thumbprint for key in app.keys],
            **app.addresses,
            **({"invite": invite} if invite else {}),
            **({"verifier": "yes"} if app.verifier else {}),
            **_said(app.purpose, app.scopes),
        },
    )
    ledger.append(connection, entry, now, randomness)
    for name in app.keys_of_recipients:
        _enter_keys(connection, app, name, now, randomness)
    return app


def set_recipient_keys(
    connection: Connection,
    client_id: str,
    name: str,
    jwks: str,
    now: datetime,
    randomness: Randomness,
) -> App:
    """Register the keys of an app's recipient, in place of any before.

    The same again changes nothing.

    Raises:
        NoSuchAppError: there is no such app.
        RegistrationError: as `with_keys` does.
        KeysMeanwhileError: other keys came first.
    """
    app = store.find(connection, client_id)
    if app is None:
        raise NoSuchAppError(client_id)
    moved = with_keys(app, name, jwks)
    if app.keys_of_recipients == moved.keys_of_recipients:
        return app
    if not store.set_recipient_keys(connection, app, moved):
        raise KeysMeanwhileError(client_id)
    _enter_keys(connection, moved, name, now, randomness)
    return moved


def declare(
    connection: Connection,
    wish: Declaration,
    now: datetime,
    randomness: Randomness,
) -> DeclaredPurpose:
    """Declare what an app wants and why; otherwise than before, it must ask anew.

    The same again changes nothing. Who reviewed the declaration before has not reviewed this.

    Raises:
        NoSuchAppError: there is no such app.
        DeclaredMeanwhileError: another declaration came first.
    """
    app = store.find(connection, wish.client_id)
    if app is None:
        raise NoSuchAppError(wish.client_id)
    before, scopes = app.purpose, wish.scopes or app.scopes
    if (before.code, before.text, app.scopes) == (wish.code, wish.text, scopes):
        return before
    declared = DeclaredPurpose(wish.code, wish.text, before.version + 1)
    version = DeclaredVersion(declared, scopes, now)
    if not store.declare(connection, app.client_id, version):
        raise DeclaredMeanwhileError(app.client_id)
    entry = Entry(
        type="app.purpose_declared",
        fields={
            "app_id": app.client_id,
            "app_name": app.name,
            **_said(declared, scopes),
        },
    )
    ledger.append(connection, entry, now, randomness)
    return declared


def review(
    connection: Connection,
    client_id: str,
    version: int,
    by: str,
    now: datetime,
    randomness: Randomness,
) -> App:
    """Enter that `by` has reviewed what an app declares in this version.

    Raises:
        NoSuchAppError: there is no such app.
        DeclaredMeanwhileError: it declares something else by now.
    """
    app = store.find(connection, client_id)
    if app is None:
        raise NoSuchAppError(client_id)
    if app.purpose.version != version:
        raise DeclaredMeanwhileError(client_id)
    if app.reviewer == by:
        return app
    if not store.review(connection, client_id, version, by, now):
        raise DeclaredMeanwhileError(client_id)
    entry = Entry(
        type="app.purpose_reviewed",
        fields={
            "app_id": client_id,
            "app_name": app.name,
            **_said(app.purpose, app.scopes),
            "reviewer": by,
        },
    )
    ledger.append(connection, entry, now, randomness)
    return replace(app, reviewer=by)


def every_declaration(connection: Connection, client_id: str) -> list[DeclaredVersion]:
    """All that an app has ever declared, from the first to the newest.

    Raises:
        NoSuchAppError: there is no such app.
    """
    found = declarations.of_apps(connection, [client_id])
    if not found:
        raise NoSuchAppError(client_id)
    return found[client_id]


def settle(connection: Connection, app: App, now: datetime, randomness: Randomness) -> App:
    """Register `app` unless it is known; of a known one, only its addresses can be new."""
    known = store.find(connection, app.client_id)
    if known is None:
        return register(connection, app, now, randomness)
    moved = replace(known, redirect_uris=app.redirect_uris, event_endpoint=app.event_endpoint)
    if known == moved:
        return known
    store.set_addresses(connection, moved)
    enter_addresses(connection, moved, now, randomness)
    return moved


def enter_addresses(
    connection: Connection, app: App, now: datetime, randomness: Randomness
) -> None:
    """Enter where an app's addresses are from now on."""
    named: dict[str, Value] = {"app_id": app.client_id, "app_name": app.name}
    entry = Entry(type="app.moved", fields={**named, **app.addresses})
    ledger.append(connection, entry, now, randomness)


def lift(
    connection: Connection,
    wish: service.Lift,
    now: datetime,
    randomness: Randomness,
) -> None:
    """Lift a prohibition, and let its entry name the app that it was of, if it was of one.

    Raises as `consent.service.lift` does.
    """
    placed = service.prohibited(connection, wish.resident_id)
    of = next(
        (one.prohibition for one in placed if one.prohibition.id == wish.prohibition_id), None
    )
    app = store.find(connection, of.app_id) if of is not None and of.app_id else None
    named = wish if app is None else replace(wish, app_name=app.name)
    service.lift(connection, named, now, randomness)


def _enter_keys(
    connection: Connection,
    app: App,
    recipient: str,
    now: datetime,
    randomness: Randomness,
) -> None:
    entry = Entry(
        type="app.recipient_keys_registered",
        fields={
            "app_id": app.client_id,
            "app_name": app.name,
            "recipient": recipient,
            "keys": [key.thumbprint for key in app.keys_of_recipients[recipient]],
        },
    )
    ledger.append(connection, entry, now, randomness)


def _said(purpose: DeclaredPurpose, scopes: Iterable[str]) -> dict[str, Value]:
    """A declaration as entries tell it."""
    return {
        "purpose": purpose.code,
        "purpose_text": purpose.text,
        "purpose_version": purpose.version,
        "purpose_text_sha256": purpose.text_sha256,
        "scopes": sorted(scopes),
    }
