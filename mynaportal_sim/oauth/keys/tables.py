"""The table of signing keys. Private halves are files, never here."""

from sqlalchemy import BigInteger, Text, text
from sqlmodel import Field, Index, SQLModel

_ONE_OF_EACH = text("state IN ('next', 'active')")


class SigningKeyRow(SQLModel, table=True):
    """A key that signs tokens, will, or did; `since` is when it came into its state.

    There is never more than one next and one active.
    """

    __tablename__ = "signing_keys"
    __table_args__ = (
        Index(
            "ux_signing_keys_one",
            "state",
            unique=True,
            sqlite_where=_ONE_OF_EACH,
            postgresql_where=_ONE_OF_EACH,
        ),
    )

    kid: str = Field(primary_key=True)
    state: str
    since: int = Field(sa_type=BigInteger)
    jwk: str = Field(sa_type=Text)
    reason: str = Field(sa_type=Text)


signing_keys = SQLModel.metadata.tables["signing_keys"]
