"""What an authority does with its register, as units of work."""

from datetime import datetime

from cryptography.hazmat.primitives.hashes import SHA256
from sqlalchemy import Connection

from consent.ledger import store as ledger
from consent.ledger.entry import Entry
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.pki import crl, store
from mynaportal_sim.pki.authority import Authority
from mynaportal_sim.pki.model import RevocationReason
from mynaportal_sim.pki.store import PublishedList


def hold(connection: Connection, authority: Authority, serial: int, now: datetime) -> bool:
    """Stop a certificate for a time, as for a lost card; False when it is not good.

    The list that says so is published; so it is with the two changes below.
    """
    changed = store.hold(connection, authority.key_hash, serial, now)
    return _told(connection, authority, changed, now)


def release(connection: Connection, authority: Authority, serial: int, now: datetime) -> bool:
    """Let a certificate be good again; False when it is not held."""
    changed = store.release(connection, authority.key_hash, serial)
    return _told(connection, authority, changed, now)


def revoke(
    connection: Connection,
    authority: Authority,
    serial: int,
    reason: RevocationReason,
    now: datetime,
) -> bool:
    """Revoke a certificate, good or held, for ever; False when nothing changed."""
    changed = store.revoke(connection, authority.key_hash, serial, reason, now)
    return _told(connection, authority, changed, now)


def enter_successor(
    connection: Connection, made: Authority, reason: str, now: datetime, randomness: Randomness
) -> None:
    """Say in the ledger that a new generation will issue; the entry is about nobody."""
    said = {
        "authority": made.name,
        "certificate_sha256": made.certificate.fingerprint(SHA256()).hex(),
        "reason": reason,
    }
    ledger.append(connection, Entry("authority.renewed", said), now, randomness)


def _told(connection: Connection, authority: Authority, changed: bool, now: datetime) -> bool:
    if changed:
        publish(connection, authority, now)
    return changed


def publish(connection: Connection, authority: Authority, now: datetime) -> bytes:
    """Publish the next list of an authority, as DER, with all that is revoked by now."""
    while True:
        latest = store.latest_list(connection, authority.key_hash)
        published = _publish_after(connection, authority, latest, now)
        if published is not None:
            return published


def keep_fresh(connection: Connection, authority: Authority, now: datetime) -> bytes:
    """The list in force, as DER; the next one is published when there is none or it is old."""
    while True:
        latest = store.latest_list(connection, authority.key_hash)
        if latest is not None and crl.is_fresh(latest.der, now):
            return latest.der
        published = _publish_after(connection, authority, latest, now)
        if published is not None:
            return published


def partial(
    connection: Connection, authority: Authority, municipality: str, now: datetime
) -> bytes | None:
    """The list in force of one municipality's distribution point; None where there is none.

    It has the number and the time of the whole list, and those of its lines that are its own.
    """
    point = store.point(connection, authority.key_hash, municipality)
    if point is None:
        return None
    whole = keep_fresh(connection, authority, now)
    serials = store.revoked_at_point(connection, authority.key_hash, point)
    return crl.part(authority, whole, serials, point.name)


def _publish_after(
    connection: Connection, authority: Authority, latest: PublishedList | None, now: datetime
) -> bytes | None:
    """Publish the list that follows `latest`; None when another process has done so.

    `latest` was read before the lines are. So whoever lost a number, having waited for the
    other's commit, sees the other's revocations when trying the next.
    """
    number = 1 if latest is None else latest.number + 1
    lines = store.revoked(connection, authority.key_hash)
    published = PublishedList(number, crl.build(authority, lines, number, now))
    return published.der if store.publish(connection, authority.key_hash, published) else None
