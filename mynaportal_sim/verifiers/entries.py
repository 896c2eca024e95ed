"""What the ledger is told of verifiers' questions, and of the ids they tie to certificates."""

from uuid import UUID

from consent.ledger.entry import Entry, Value
from mynaportal_sim.apps.model import App
from mynaportal_sim.issuing.succession import Link
from mynaportal_sim.pseudonyms import Pseudonyms

STATUS_TOLD = "certificate.status_told"
SUCCESSOR_TOLD = "certificate.successor_told"
TIED = "user_id.tied"
RELEASED = "user_id.released"
FOUND = "user_id.found"


def of_unknown(app: App, type_: str) -> Entry:
    """A verifier asked about a certificate that is in no register, so about nobody."""
    return Entry(type_, {**_named(app), "told": "unknown"}, None)


def of_certificate(app: App, type_: str, link: Link, told: str, names: Pseudonyms) -> Entry:
    """A verifier was told this of somebody's certificate, or did this with it."""
    fields: dict[str, Value] = {
        **_named(app),
        "certificate": names.serial(*link.name),
        "kind": link.kind.value,
        "told": told,
    }
    return Entry(type_, fields, names.holder(link.resident_id))


def of_release(app: App, resident_id: UUID | None, by: str, names: Pseudonyms) -> Entry:
    """An id that an app had tied to somebody's certificate is tied no longer."""
    holder = None if resident_id is None else names.holder(resident_id)
    return Entry(RELEASED, {**_named(app), "by": by}, holder)


def _named(app: App) -> dict[str, Value]:
    return {"app_id": app.client_id, "app_name": app.name}
