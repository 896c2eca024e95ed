"""A login by a card under an added anchor, of which nobody here knows whether it was revoked.

Nothing of the card is kept but an HMAC of its certificate, by which the same card is known
again while its session lives. The key of the HMAC lies in the row of that session and goes with
it, in whatever way it ends; what the ledger's entry of the login says is erased soon after.
"""

import hmac
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256

from sqlalchemy import BigInteger, Connection, insert, select
from sqlmodel import Field, SQLModel

from consent.ledger import store as ledger
from consent.ledger.sequencer import positions
from mynaportal_sim.opaque import Randomness

REVOCATION = "not_checked"
"""What a session and its entry in the ledger say of the certificate's revocation."""
ERASED_BECAUSE = "the session of a card that is not kept has ended"
_SALT_BYTES = 32


class EndedLoginRow(SQLModel, table=True):
    """The ledger's entry of a login whose session has ended, until what it says is erased."""

    __tablename__ = "ended_unchecked_logins"

    entry_id: int = Field(primary_key=True, sa_type=BigInteger)


_ended = SQLModel.metadata.tables["ended_unchecked_logins"]


@dataclass(frozen=True, slots=True)
class UncheckedCard:
    """A certificate that was presented, and under what salt it is remembered."""

    der: bytes = field(repr=False)
    salt: bytes = field(repr=False)

    @classmethod
    def of(cls, der: bytes, randomness: Randomness) -> "UncheckedCard":
        """The card, to be remembered under a salt that nothing else has."""
        return cls(der, randomness(_SALT_BYTES))

    @property
    def remembered(self) -> bytes:
        """What is kept: HMAC-SHA-256 of the certificate."""
        return hmac.digest(self.salt, self.der, sha256)

    def is_one(self, salt: bytes | None, remembered: bytes | None) -> bool:
        """Whether it is the card that was remembered so."""
        if salt is None or remembered is None:
            return False
        return hmac.compare_digest(hmac.digest(salt, self.der, sha256), remembered)


def end(connection: Connection, entry_ids: Iterable[int]) -> None:
    """Note that the sessions of these logins have ended."""
    rows = [{"entry_id": entry_id} for entry_id in entry_ids]
    if rows:
        connection.execute(insert(_ended), rows)


def any_ended(connection: Connection) -> bool:
    """Whether something is to be erased."""
    return connection.execute(select(_ended.c.entry_id).limit(1)).first() is not None


def erase_ended(connection: Connection, now: datetime, randomness: Randomness) -> int:
    """Erase what the ledger says of logins that have ended; of how many.

    One that has no index yet is left for the next time.
    """
    waiting = list(connection.scalars(select(_ended.c.entry_id)))
    placed = positions(connection, waiting)
    ledger.erase(connection, list(placed.values()), ERASED_BECAUSE, now, randomness)
    connection.execute(_ended.delete().where(_ended.c.entry_id.in_(list(placed))))
    return len(placed)
