"""Where logins by a second device are kept until they have run out."""

from collections.abc import Mapping
from dataclasses import asdict, fields
from datetime import UTC, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Connection, RowMapping, Text, select, update
from sqlmodel import Field, SQLModel

from mynaportal_sim.login.second_device.model import (
    LIFETIME,
    TRIES_MAX,
    Event,
    SecondDevice,
    State,
    Surroundings,
    ToSign,
    after,
    before,
)


class SecondDeviceRow(SQLModel, table=True):
    """One login; `code`, `device` and `confirm` are digests of secrets."""

    __tablename__ = "second_device_logins"

    id: UUID = Field(primary_key=True)
    state: str
    rotation: int
    code: bytes = Field(unique=True)
    code_expires_at: int = Field(sa_type=BigInteger)
    session: bytes
    session_hash: str
    interaction: str | None
    browser: str
    network: str
    begun_at: int = Field(index=True, sa_type=BigInteger)
    device: bytes | None
    login_id: str | None
    confirm: bytes | None
    tries: int
    resident_id: UUID | None
    certificate: str | None
    reason: str | None
    text: str | None = Field(sa_type=Text)
    kind: str | None
    purpose: str | None
    bound_to: str | None
    carried: str | None = Field(sa_type=Text)
    token: str | None = Field(sa_type=Text)


logins = SQLModel.metadata.tables["second_device_logins"]
NOTHING: Mapping[str, object] = {}
_COLUMNS = tuple(column.name for column in logins.c)
_TO_SIGN = tuple(field.name for field in fields(ToSign))


def insert(connection: Connection, begun: SecondDevice, code: bytes) -> None:
    """Keep a new login, whose code has the digest `code`."""
    values = {name: getattr(begun, name) for name in _COLUMNS if hasattr(begun, name)}
    row = (
        values
        | _of(begun.to_sign)
        | {
            "state": begun.state.value,
            "code": code,
            "code_expires_at": int(begun.code_expires_at.timestamp()),
            "begun_at": int(begun.begun_at.timestamp()),
            "browser": begun.surroundings.browser,
            "network": begun.surroundings.network,
        }
    )
    connection.execute(logins.insert(), row)


def find(connection: Connection, wanted: UUID) -> SecondDevice | None:
    """The login of that id, whatever its state."""
    row = connection.execute(select(logins).where(logins.c.id == wanted)).mappings().first()
    return None if row is None else _login(row)


def locked(connection: Connection, seen: SecondDevice) -> SecondDevice:
    """The login as it stands now; nobody else changes it before this unit of work ends."""
    wanted = select(logins).where(logins.c.id == seen.id).with_for_update()
    row = connection.execute(wanted).mappings().first()
    return seen if row is None else _login(row)


def by_code(connection: Connection, code: bytes) -> SecondDevice | None:
    """The login whose present code has that digest."""
    row = connection.execute(select(logins).where(logins.c.code == code)).mappings().first()
    return None if row is None else _login(row)


def happen(
    connection: Connection, wanted: UUID, event: Event, values: Mapping[str, object] = NOTHING
) -> bool:
    """Let `event` happen, if the life cycle allows it now, and keep `values` with it.

    Whether it did: of several at once one wins.
    """
    changed = connection.execute(
        update(logins)
        .where(logins.c.id == wanted, logins.c.state.in_([one.value for one in before(event)]))
        .values(state=after(event).value, **values)
    )
    return changed.rowcount == 1


def rotate(connection: Connection, seen: SecondDevice, code: bytes, expires: datetime) -> bool:
    """Put a new code in place of the one of rotation `seen.rotation`; whether that was done."""
    changed = connection.execute(
        update(logins)
        .where(
            logins.c.id == seen.id,
            logins.c.state == State.CREATED.value,
            logins.c.rotation == seen.rotation,
        )
        .values(rotation=seen.rotation + 1, code=code, code_expires_at=int(expires.timestamp()))
    )
    return changed.rowcount == 1


def spend_try(connection: Connection, wanted: UUID) -> int | None:
    """Spend one try of the six digits before they are compared: how many are left after it,
    None if none was."""
    spent = connection.execute(
        update(logins)
        .where(
            logins.c.id == wanted,
            logins.c.state == State.SIGNED.value,
            logins.c.tries < TRIES_MAX,
        )
        .values(tries=logins.c.tries + 1)
        .returning(logins.c.tries)
    ).scalar()
    return None if spent is None else TRIES_MAX - int(spent)


def forget_expired(connection: Connection, now: datetime) -> int:
    """Drop the logins that ran out a while ago, so that a late one still learns so."""
    gone = connection.execute(
        logins.delete().where(logins.c.begun_at < int((now - 5 * LIFETIME).timestamp()))
    )
    return gone.rowcount


def _of(to_sign: ToSign | None) -> dict[str, str | None]:
    return dict.fromkeys(_TO_SIGN) if to_sign is None else asdict(to_sign)


def _login(row: RowMapping) -> SecondDevice:
    own = {name: row[name] for name in SecondDevice.__slots__ if name in row}
    return SecondDevice(
        **own
        | {
            "state": State(row["state"]),
            "to_sign": ToSign(*(row[name] for name in _TO_SIGN)) if row["text"] else None,
            "surroundings": Surroundings(row["browser"], row["network"]),
            "begun_at": datetime.fromtimestamp(row["begun_at"], UTC),
            "code_expires_at": datetime.fromtimestamp(row["code_expires_at"], UTC),
        }
    )
