"""The register of issued certificates, and the revocation lists that were published.

A certificate is named by its issuer's key hash (model.key_hash) and its serial number.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any, Self
from uuid import UUID

from cryptography import x509
from sqlalchemy import (
    BigInteger,
    ColumnElement,
    Connection,
    Row,
    and_,
    bindparam,
    func,
    or_,
    select,
)
from sqlmodel import Field, SQLModel

from card_reader.spec import Kind
from consent.insertion import insert_once
from mynaportal_sim.pki.model import LIFE, Change, RevocationReason, Revoked, State
from mynaportal_sim.pki.names import municipality


class CertificateRow(SQLModel, table=True):
    """A certificate that an authority issued, and to whom."""

    __tablename__ = "certificates"

    issuer_key_hash: bytes = Field(primary_key=True)
    serial: int = Field(primary_key=True, sa_type=BigInteger)
    resident_id: UUID = Field(index=True)
    kind: str
    not_after_at: int = Field(sa_type=BigInteger)
    revoked_at: int | None = Field(default=None, sa_type=BigInteger)
    revocation_reason: str | None = None
    municipality: str | None = None
    crl_point: bytes | None = None


class RevocationListRow(SQLModel, table=True):
    """A CRL that an authority published; the highest number is in force."""

    __tablename__ = "revocation_lists"

    issuer_key_hash: bytes = Field(primary_key=True)
    number: int = Field(primary_key=True, sa_type=BigInteger)
    der: bytes


certificates = SQLModel.metadata.tables["certificates"]
revocation_lists = SQLModel.metadata.tables["revocation_lists"]

_HOLD = RevocationReason.CERTIFICATE_HOLD.value
_IS: Mapping[State, ColumnElement[bool]] = {
    State.GOOD: certificates.c.revoked_at.is_(None),
    State.HELD: certificates.c.revocation_reason == _HOLD,
    State.REVOKED: and_(
        certificates.c.revoked_at.is_not(None), certificates.c.revocation_reason != _HOLD
    ),
}
_FIND = certificates.select().where(
    certificates.c.issuer_key_hash == bindparam("issuer"),
    certificates.c.serial == bindparam("number"),
)
_LATEST = (
    select(revocation_lists.c.number, revocation_lists.c.der)
    .where(revocation_lists.c.issuer_key_hash == bindparam("issuer"))
    .order_by(revocation_lists.c.number.desc())
    .limit(1)
)


@dataclass(frozen=True, slots=True)
class Point:
    """A CRL distribution point: the code of its municipality, and its name in DER."""

    municipality: str
    name: bytes

    @classmethod
    def of(cls, certificate: x509.Certificate) -> Self:
        """The point that a certificate of ours names."""
        points = certificate.extensions.get_extension_for_class(x509.CRLDistributionPoints)
        [[name]] = [point.full_name or [] for point in points.value]
        return cls(municipality(certificate.subject), name.value.public_bytes())


@dataclass(frozen=True, slots=True)
class Issued:
    """A certificate in the register; `point` is unknown of those of older versions."""

    issuer_key_hash: bytes
    serial: int
    resident_id: UUID
    kind: Kind
    not_after: datetime
    point: Point | None = field(default=None, compare=False)


@dataclass(frozen=True, slots=True)
class RegisteredStatus:
    """What the register says of a certificate; `revoked` is None where it is good."""

    issued: Issued
    revoked: Revoked | None


@dataclass(frozen=True, slots=True)
class PublishedList:
    """A CRL under its number, as DER."""

    number: int
    der: bytes


def register(connection: Connection, issued: Issued) -> bool:
    """Enter a certificate; False, and nothing changed, when its name is taken."""
    statement = insert_once(certificates, connection).on_conflict_do_nothing()
    # As parameters: SQLAlchemy takes longer to make an INSERT of values than to carry it out.
    values = {
        "issuer_key_hash": issued.issuer_key_hash,
        "serial": issued.serial,
        "resident_id": issued.resident_id,
        "kind": issued.kind.value,
        "not_after_at": int(issued.not_after.timestamp()),
        "municipality": None if issued.point is None else issued.point.municipality,
        "crl_point": None if issued.point is None else issued.point.name,
    }
    entered = connection.execute(statement.returning(certificates.c.serial), values)
    return entered.first() is not None


def find(connection: Connection, issuer_key_hash: bytes, serial: int) -> Issued | None:
    """The certificate of that name, revoked or not: whose it is."""
    found = standing(connection, issuer_key_hash, serial)
    return None if found is None else found.issued


def standing(
    connection: Connection, issuer_key_hash: bytes, serial: int
) -> RegisteredStatus | None:
    """The certificate of that name, and whether it is revoked."""
    row = connection.execute(_FIND, {"issuer": issuer_key_hash, "number": serial}).first()
    return None if row is None else RegisteredStatus(_issued(row), _revoked(row))


def standings(
    connection: Connection, names: Iterable[tuple[bytes, int]]
) -> dict[tuple[bytes, int], RegisteredStatus]:
    """The certificates of those names, as far as the register has them."""
    found = {name: standing(connection, *name) for name in names}
    return {name: one for name, one in found.items() if one is not None}


def hold(connection: Connection, issuer_key_hash: bytes, serial: int, now: datetime) -> bool:
    """Stop a certificate for a time; False when none of that name is good."""
    return _change(
        connection,
        (issuer_key_hash, serial),
        Change.HOLD,
        revoked_at=int(now.timestamp()),
        revocation_reason=_HOLD,
    )


def release(connection: Connection, issuer_key_hash: bytes, serial: int) -> bool:
    """Let a certificate be good again; False when none of that name is held."""
    name = issuer_key_hash, serial
    return _change(connection, name, Change.RELEASE, revoked_at=None, revocation_reason=None)


def revoke(
    connection: Connection,
    issuer_key_hash: bytes,
    serial: int,
    reason: RevocationReason,
    now: datetime,
) -> bool:
    """Revoke a certificate for good; False when there is none of that name that is not."""
    at = func.coalesce(certificates.c.revoked_at, int(now.timestamp()))
    name = issuer_key_hash, serial
    return _change(
        connection, name, Change.REVOKE, revoked_at=at, revocation_reason=reason.value
    )


def _change(
    connection: Connection, name: tuple[bytes, int], change: Change, **to: object
) -> bool:
    """Make a change where LIFE has it, and say whether it was made."""
    issuer_key_hash, serial = name
    states = [state for state, possible in LIFE if possible is change]
    changed = connection.execute(
        certificates.update()
        .where(
            certificates.c.issuer_key_hash == issuer_key_hash,
            certificates.c.serial == serial,
            or_(*(_IS[state] for state in states)),
        )
        .values(**to)
    )
    return changed.rowcount == 1


def revoked(connection: Connection, issuer_key_hash: bytes) -> Sequence[Revoked]:
    """What an authority's next list says, by serial number."""
    rows = connection.execute(
        certificates.select()
        .where(
            certificates.c.issuer_key_hash == issuer_key_hash,
            certificates.c.revoked_at.is_not(None),
        )
        .order_by(certificates.c.serial)
    )
    return [line for row in rows if (line := _revoked(row)) is not None]


def point(connection: Connection, issuer_key_hash: bytes, municipality: str) -> Point | None:
    """The distribution point that certificates of an issuer name for a municipality."""
    name = connection.scalar(
        select(certificates.c.crl_point)
        .where(
            certificates.c.issuer_key_hash == issuer_key_hash,
            certificates.c.municipality == municipality,
        )
        .limit(1)
    )
    return None if name is None else Point(municipality, name)


def revoked_at_point(connection: Connection, issuer_key_hash: bytes, at: Point) -> set[int]:
    """The serials that the list of a point may name: its own, and those of no known point."""
    return set(
        connection.scalars(
            select(certificates.c.serial).where(
                certificates.c.issuer_key_hash == issuer_key_hash,
                certificates.c.revoked_at.is_not(None),
                or_(certificates.c.crl_point == at.name, certificates.c.crl_point.is_(None)),
            )
        )
    )


def publish(connection: Connection, issuer_key_hash: bytes, published: PublishedList) -> bool:
    """Keep a list; False, and nothing changed, when one has that number."""
    statement = (
        insert_once(revocation_lists, connection)
        .values(issuer_key_hash=issuer_key_hash, number=published.number, der=published.der)
        .on_conflict_do_nothing()
        .returning(revocation_lists.c.number)
    )
    return connection.execute(statement).first() is not None


def latest_list(connection: Connection, issuer_key_hash: bytes) -> PublishedList | None:
    """The list in force."""
    row = connection.execute(_LATEST, {"issuer": issuer_key_hash}).first()
    return None if row is None else PublishedList(row.number, row.der)


def _issued(row: Row[Any]) -> Issued:
    return Issued(
        row.issuer_key_hash,
        row.serial,
        row.resident_id,
        Kind(row.kind),
        datetime.fromtimestamp(row.not_after_at, UTC),
    )


def _revoked(row: Row[Any]) -> Revoked | None:
    if row.revoked_at is None:
        return None
    at = datetime.fromtimestamp(row.revoked_at, UTC)
    return Revoked(row.serial, at, RevocationReason(row.revocation_reason))
