"""Where the register of cards is kept; each function is a part of a unit of work."""

from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, Row, and_, bindparam, select

from card_reader.spec import CardKind, Kind
from consent.insertion import insert_once
from consent.instants import instant, seconds
from mynaportal_sim.issuing.life import State
from mynaportal_sim.issuing.life_events import LifeEvent
from mynaportal_sim.issuing.model import Certificate, Happened, Holding, Named
from mynaportal_sim.issuing.tables import card_certificates, cards, life_events
from mynaportal_sim.pki.model import RevocationReason, state_of
from mynaportal_sim.pki.store import certificates

_AUTHENTICATION = certificates.alias("authentication")
_SIGNING = certificates.alias("signing")
_STATES = ("not_after_at", "revocation_reason")
_WITH_CERTIFICATES = (
    select(
        cards,
        *(_AUTHENTICATION.c[name].label(f"auth_{name}") for name in _STATES),
        *(_SIGNING.c[name].label(f"signing_{name}") for name in _STATES),
    )
    .outerjoin(
        _AUTHENTICATION,
        and_(
            _AUTHENTICATION.c.issuer_key_hash == cards.c.auth_issuer,
            _AUTHENTICATION.c.serial == cards.c.auth_serial,
        ),
    )
    .outerjoin(
        _SIGNING,
        and_(
            _SIGNING.c.issuer_key_hash == cards.c.signing_issuer,
            _SIGNING.c.serial == cards.c.signing_serial,
        ),
    )
)
_OF_CERTIFICATE = _WITH_CERTIFICATES.where(
    cards.c.id
    == select(card_certificates.c.card_id)
    .where(
        card_certificates.c.issuer_key_hash == bindparam("of_issuer"),
        card_certificates.c.serial == bindparam("of_serial"),
    )
    .scalar_subquery()
)


def of_resident(connection: Connection, resident_id: UUID) -> list[Holding]:
    """Each card and phone that a person has or had, the newest first."""
    rows = connection.execute(_WITH_CERTIFICATES.where(cards.c.resident_id == resident_id))
    found = [_holding(row) for row in rows]
    followed = {one.replaces for one in found}
    # Two of one second: the card that took the other's place is the newer.
    return sorted(found, key=lambda one: (-seconds(one.issued), one.id in followed))


def of_certificate(connection: Connection, name: Named) -> Holding | None:
    """The card that holds or held a certificate."""
    sought = {"of_issuer": name.issuer, "of_serial": name.serial}
    found = connection.execute(_OF_CERTIFICATE, sought).first()
    return None if found is None else _holding(found)


def successor(connection: Connection, name: Named) -> Named | None:
    """The certificate that took the place of this one."""
    found = connection.execute(
        select(card_certificates.c.next_issuer, card_certificates.c.next_serial).where(
            *_is(name), card_certificates.c.next_serial.is_not(None)
        )
    ).first()
    return None if found is None else Named(*found)


def add(connection: Connection, holding: Holding) -> bool:
    """Enter a card; False, and nothing changed, when its number is taken."""
    statement = insert_once(cards, connection).on_conflict_do_nothing()
    if connection.execute(statement.returning(cards.c.id), _row(holding)).first() is None:
        return False
    for kind, certificate in _held(holding):
        hold_now(connection, holding.id, kind, certificate.name, holding.issued)
    return True


def change(connection: Connection, seen: Holding, becomes: Holding) -> bool:
    """Let a card become another state of itself; False when somebody was quicker."""
    changed = connection.execute(
        cards.update()
        .where(cards.c.id == seen.id, cards.c.revision == seen.revision)
        .values(**_row(becomes) | {"revision": seen.revision + 1})
    )
    return changed.rowcount == 1


def hold_now(
    connection: Connection, card_id: str, kind: Kind, name: Named, now: datetime
) -> None:
    """Enter a certificate as one that this card holds from now on."""
    values = {
        "issuer_key_hash": name.issuer,
        "serial": name.serial,
        "card_id": card_id,
        "kind": kind.value,
        "issued_at": seconds(now),
    }
    connection.execute(card_certificates.insert(), values)


def succeed(connection: Connection, old: Named, new: Named) -> None:
    """Note that one certificate took the place of another."""
    connection.execute(
        card_certificates.update()
        .where(*_is(old))
        .values(next_issuer=new.issuer, next_serial=new.serial)
    )


def note(connection: Connection, event_id: UUID, resident_id: UUID, happened: Happened) -> None:
    """Keep that an event happened in a person's life."""
    connection.execute(
        life_events.insert().values(
            id=event_id,
            resident_id=resident_id,
            card_id=happened.card_id,
            event=happened.event.value,
            happened_at=seconds(happened.at),
        )
    )


def has_happened(connection: Connection, event_id: UUID) -> bool:
    """Whether an event of this id was kept."""
    found = select(life_events.c.id).where(life_events.c.id == event_id)
    return connection.execute(found).first() is not None


def life_of(connection: Connection, resident_id: UUID) -> list[Happened]:
    """What happened in a person's life, the newest first."""
    rows = connection.execute(
        select(life_events)
        .where(life_events.c.resident_id == resident_id)
        .order_by(life_events.c.happened_at.desc(), life_events.c.id.desc())
    )
    return [
        Happened(LifeEvent(row.event), instant(row.happened_at), row.card_id) for row in rows
    ]


def _is(name: Named) -> tuple[Any, Any]:
    return (
        card_certificates.c.issuer_key_hash == name.issuer,
        card_certificates.c.serial == name.serial,
    )


def _held(holding: Holding) -> list[tuple[Kind, Certificate]]:
    both = ((Kind.USER_AUTHENTICATION, holding.authentication), (Kind.SIGNING, holding.signing))
    return [(kind, held) for kind, held in both if held is not None]


def _row(holding: Holding) -> dict[str, object]:
    authentication, signing = holding.authentication, holding.signing
    return {
        "id": holding.id,
        "resident_id": holding.resident_id,
        "kind": holding.kind.value,
        "state": holding.state.value,
        "since_at": seconds(holding.since),
        "issued_at": seconds(holding.issued),
        "expires_at": seconds(holding.expires),
        "revision": holding.revision,
        "replaces": holding.replaces,
        "linked_to": holding.linked_to,
        "auth_issuer": authentication and authentication.name.issuer,
        "auth_serial": authentication and authentication.name.serial,
        "signing_issuer": signing and signing.name.issuer,
        "signing_serial": signing and signing.name.serial,
    }


def _holding(row: Row[Any]) -> Holding:
    return Holding(
        id=row.id,
        resident_id=row.resident_id,
        kind=CardKind(row.kind),
        state=State(row.state),
        since=instant(row.since_at),
        issued=instant(row.issued_at),
        expires=instant(row.expires_at),
        revision=row.revision,
        replaces=row.replaces,
        linked_to=row.linked_to,
        authentication=_certificate(row, "auth"),
        signing=_certificate(row, "signing"),
    )


def _certificate(row: Row[Any], prefix: str) -> Certificate | None:
    values = row._mapping  # noqa: SLF001  SQLAlchemy's public name for it
    if values[f"{prefix}_not_after_at"] is None:
        return None
    reason = values[f"{prefix}_revocation_reason"]
    return Certificate(
        Named(values[f"{prefix}_issuer"], values[f"{prefix}_serial"]),
        instant(values[f"{prefix}_not_after_at"]),
        state_of(None if reason is None else RevocationReason(reason)),
    )
