"""Which certificates a card brings into the register, and what its state revokes."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime

from cryptography import x509
from sqlalchemy import Connection

from card_reader.emulator.personalise import CardData
from card_reader.spec import Kind
from mynaportal_sim.pki import service, store
from mynaportal_sim.pki.authority import Authorities
from mynaportal_sim.pki.errors import SerialTakenError
from mynaportal_sim.pki.model import RevocationReason, key_hash
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
    """Enter the certificates of cards, revoking what a card's state says. A unit of work.

    Certificates that are in the register stay as they are. Raises SerialTakenError when a
    serial is somebody else's.
    """
    revoked = {
        issued.issuer_key_hash
        for resident, data in cards
        for issued in _certificates(resident, data)
        if _enter(connection, resident, issued, now)
    }
    for authority in authorities.every:
        if authority.key_hash in revoked:
            service.publish(connection, authority, now)


def _certificates(resident: Resident, data: CardData) -> Iterator[Issued]:
    for kind, der, authority in (
        (Kind.USER_AUTHENTICATION, data.auth_certificate, data.auth_ca),
        (Kind.SIGNING, data.signing_certificate, data.signing_ca),
    ):
        if der is not None:
            certificate = x509.load_der_x509_certificate(der)
            yield Issued(
                key_hash(x509.load_der_x509_certificate(authority)),
                certificate.serial_number,
                resident.id,
                kind,
                certificate.not_valid_after_utc,
            )


def _enter(connection: Connection, resident: Resident, issued: Issued, now: datetime) -> bool:
    """Enter one certificate; answers whether it was revoked with that."""
    if not store.register(connection, issued):
        if store.find(connection, issued.issuer_key_hash, issued.serial) != issued:
            raise SerialTakenError(issued.serial)
        return False
    reason = _REVOKED.get(resident.card.state, {}).get(issued.kind)
    if reason is None:
        return False
    store.revoke(connection, issued.issuer_key_hash, issued.serial, reason, now)
    return True
