"""Which cards and certificates come into the registers, and what a card's state revokes."""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime

from cryptography import x509
from sqlalchemy import Connection

from card_reader.emulator.personalise import CardData
from card_reader.spec import Kind
from mynaportal_sim.issuing import holdings
from mynaportal_sim.issuing.cards import card_end, certificates_of, number_of
from mynaportal_sim.issuing.entitled import signing_card
from mynaportal_sim.issuing.errors import (
    NumberTakenError,
    OvertakenError,
    UnknownAuthorityError,
)
from mynaportal_sim.issuing.life import State
from mynaportal_sim.issuing.model import Certificate, Holding
from mynaportal_sim.pki import service, store
from mynaportal_sim.pki.authority import Authorities
from mynaportal_sim.pki.errors import SerialTakenError
from mynaportal_sim.pki.model import RevocationReason
from mynaportal_sim.pki.store import Issued
from mynaportal_sim.residents.model import CardState, Resident

_REVOKED: Mapping[CardState, Mapping[Kind, RevocationReason]] = {
    CardState.REVOKED: {
        Kind.USER_AUTHENTICATION: RevocationReason.KEY_COMPROMISE,
        Kind.SIGNING: RevocationReason.KEY_COMPROMISE,
    },
    CardState.MOVED: {Kind.SIGNING: RevocationReason.AFFILIATION_CHANGED},
}


def register(
    connection: Connection,
    authorities: Authorities,
    cards: Iterable[tuple[Resident, CardData]],
    now: datetime,
) -> None:
    """Enter cards and their certificates, revoking what a card's state says. A unit of work.

    What is in the registers stays as it is, but that a phone takes the place of another of
    theirs. Raises SerialTakenError when a serial is somebody
    else's.
    """
    revoked: set[bytes] = set()
    for resident, data in cards:
        certificates = dict(certificates_of(data))
        for kind, certificate in certificates.items():
            issued = certificate.issued(kind, resident.id)
            if _enter(connection, resident, issued, now):
                revoked.add(certificate.name.issuer)
        holding = _holding(resident, data, certificates, now)
        _enter_card(connection, authorities, holding, now)
    for authority in authorities.every:
        if authority.key_hash in revoked:
            service.publish(connection, authority, now)


def _enter(connection: Connection, resident: Resident, issued: Issued, now: datetime) -> bool:
    """Enter one certificate; whether it was revoked with that."""
    if not store.register(connection, issued):
        if store.find(connection, issued.issuer_key_hash, issued.serial) != issued:
            raise SerialTakenError(issued.serial)
        return False
    reason = _REVOKED.get(resident.card.state, {}).get(issued.kind)
    if reason is None:
        return False
    return store.revoke(connection, issued.issuer_key_hash, issued.serial, reason, now)


def _enter_card(
    connection: Connection,
    authorities: Authorities,
    holding: Holding,
    now: datetime,
) -> None:
    known = holding.authentication
    if known and holdings.of_certificate(connection, known.name) is not None:
        return
    if holding.is_phone:
        holding = _as_the_phone(connection, authorities, holding, now)
    if not holdings.add(connection, holding):
        raise NumberTakenError


def _holding(
    resident: Resident,
    data: CardData,
    certificates: Mapping[Kind, Certificate],
    now: datetime,
) -> Holding:
    """A card as it comes into the register."""
    issued = x509.load_der_x509_certificate(data.auth_certificate).not_valid_before_utc
    lost = resident.card.state is CardState.REVOKED
    return Holding(
        id=number_of(data),
        resident_id=resident.id,
        kind=data.kind,
        state=State.STOPPED if lost else State.ACTIVE,
        since=now.replace(microsecond=0) if lost else issued,
        issued=issued,
        expires=card_end(resident, issued),
        authentication=certificates[Kind.USER_AUTHENTICATION],
        signing=certificates.get(Kind.SIGNING),
    )


def _as_the_phone(
    connection: Connection, authorities: Authorities, phone: Holding, now: datetime
) -> Holding:
    """A phone as the one that its holder has: it takes the place of any before it."""
    held = holdings.of_resident(connection, phone.resident_id)
    before = [one for one in held if one.is_phone and one.state is State.ACTIVE]
    for one in before:
        _replace(connection, authorities, one, now)
    phone = replace(phone, replaces=before[0].id if before else None)
    card = signing_card(held, now)
    if card is None or card.signing is None:
        return phone
    return replace(phone, expires=card.signing.not_after, linked_to=card.id)


def _replace(
    connection: Connection, authorities: Authorities, old: Holding, now: datetime
) -> None:
    for held in (old.authentication, old.signing):
        if held is None:
            continue
        authority = authorities.by_key(held.name.issuer)
        if authority is None:
            raise UnknownAuthorityError
        reason = RevocationReason.SUPERSEDED
        service.revoke(connection, authority, held.name.serial, reason, now)
    since = now.replace(microsecond=0)
    if not holdings.change(connection, old, replace(old, state=State.REPLACED, since=since)):
        raise OvertakenError
