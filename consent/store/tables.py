"""The tables of consent. Instants are Unix seconds; keys begin with the resident, by whom the
tables can be distributed.
"""

from uuid import UUID

from sqlalchemy import BigInteger, Column, Index, LargeBinary, Text
from sqlmodel import Field, ForeignKeyConstraint, SQLModel, UniqueConstraint


class ArrangementRow(SQLModel, table=True):
    """One resident's lasting relation with one service of one app."""

    __tablename__ = "arrangements"
    __table_args__ = (UniqueConstraint("resident_id", "app_id", "service"),)

    resident_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    app_id: str
    service: str
    created_at: int = Field(sa_type=BigInteger)


class ConsentVersionRow(SQLModel, table=True):
    """One answer, or a request put off, which has a number below 0.

    Once it is answered, only what is said of its state and its uses ever changes.
    """

    __tablename__ = "consent_versions"
    __table_args__ = (
        UniqueConstraint("resident_id", "arrangement_id", "number"),
        ForeignKeyConstraint(
            ["resident_id", "arrangement_id"], ["arrangements.resident_id", "arrangements.id"]
        ),
    )

    resident_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    arrangement_id: UUID
    number: int
    supersedes: UUID | None
    app_id: str
    app_name: str
    asked: str
    terms: str
    evidence: str
    valid_from_at: int = Field(sa_type=BigInteger)
    valid_until_at: int = Field(sa_type=BigInteger)
    state: str
    answered_at: int = Field(sa_type=BigInteger)
    state_since_at: int = Field(sa_type=BigInteger)
    state_by: str
    state_as: str
    state_mandate_id: UUID | None
    granter_role: str
    mandate_id: UUID | None
    lapses_at: int | None = Field(sa_type=BigInteger)
    uses: int
    used_at: int | None = Field(sa_type=BigInteger)


class ConsentSignatureRow(SQLModel, table=True):
    """What proves for years that the person signed an answer; append only."""

    __tablename__ = "consent_signatures"
    __table_args__ = (
        ForeignKeyConstraint(
            ["resident_id", "version_id"],
            ["consent_versions.resident_id", "consent_versions.id"],
        ),
    )

    resident_id: UUID = Field(primary_key=True)
    version_id: UUID = Field(primary_key=True)
    kind: str
    text: str
    statement_sha256: str
    challenge: str
    value: bytes
    certificate: bytes
    issuer: bytes
    revocation: bytes
    key: bytes


class ConsentUseRow(SQLModel, table=True):
    """A use of a version by one access token; append only."""

    __tablename__ = "consent_uses"

    resident_id: UUID = Field(primary_key=True)
    version_id: UUID = Field(primary_key=True)
    token_id: str = Field(primary_key=True)


class ConsentEventRow(SQLModel, table=True):
    """What happened to a version; append only. The id is the idempotency key of the event."""

    __tablename__ = "consent_events"
    __table_args__ = (
        ForeignKeyConstraint(
            ["resident_id", "version_id"],
            ["consent_versions.resident_id", "consent_versions.id"],
        ),
    )

    resident_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    version_id: UUID
    event: str
    actor: str
    reason: str
    happened_at: int = Field(sa_type=BigInteger)


class ProhibitionRow(SQLModel, table=True):
    """What no consent of a resident gives, until it is lifted; None is any app or category."""

    __tablename__ = "prohibitions"

    resident_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    placed_by: str
    placed_as: str
    mandate_id: UUID | None
    app_id: str | None
    category: str | None
    reason: str
    placed_at: int = Field(sa_type=BigInteger)
    lifted_at: int | None = Field(sa_type=BigInteger)


class WithoutConsentRow(SQLModel, table=True):
    """An access without consent and its review, under the person's pseudonym in the ledger.

    No column leads to the resident: whoever reviews it need not know whom it is about.
    """

    __tablename__ = "without_consent"
    __table_args__ = (Index("ix_without_consent_review", "state", "review_by_at"),)

    id: UUID = Field(primary_key=True)
    holder: bytes = Field(sa_column=Column(LargeBinary, nullable=False, index=True))
    basis: str
    authority: str
    officer: str
    reason: str
    categories: str
    opened_at: int = Field(sa_type=BigInteger)
    until_at: int = Field(sa_type=BigInteger)
    told_from_at: int = Field(sa_type=BigInteger)
    review_by_at: int = Field(sa_type=BigInteger)
    state: str
    settled_at: int | None = Field(sa_type=BigInteger)
    reviewer: str
    finding: str


class ResearchNoticeRow(SQLModel, table=True):
    """When a person was notified of medical research, and since when they object to it."""

    __tablename__ = "research_notices"

    holder: bytes = Field(sa_column=Column(LargeBinary, primary_key=True))
    notified_at: int | None = Field(sa_type=BigInteger)
    notified_by: str
    opted_out_at: int | None = Field(sa_type=BigInteger)


class ConsentOutboxRow(SQLModel, table=True):
    """Something an app must hear of from `due_at` on; it is taken out once it is told.

    `holder` is the resident's pseudonym in the ledger; NULL in rows older than the column.
    """

    __tablename__ = "consent_outbox"

    id: UUID = Field(primary_key=True)
    app_id: str
    arrangement_id: UUID
    version_id: UUID
    what: str
    by: str
    reason: str
    due_at: int = Field(sa_type=BigInteger, index=True)
    on_end: str
    erase_by: int | None = Field(sa_type=BigInteger)
    holder: bytes | None = Field(sa_type=LargeBinary)
    app_name: str
    given: str = Field(sa_type=Text)
    passed_on: str = Field(sa_type=Text)


class MandateRow(SQLModel, table=True):
    """That somebody may act for the resident; `agent_id` is None until it is accepted.

    `invitation` is the SHA-256 of the code by which an agent accepts. JSON `categories` None is
    all there are.
    """

    __tablename__ = "mandates"

    resident_id: UUID = Field(primary_key=True)
    id: UUID = Field(primary_key=True)
    agent_id: UUID | None = Field(index=True)
    invitation: bytes | None = Field(unique=True)
    role: str
    acts: str
    categories: str | None
    evidence: str
    valid_from_at: int = Field(sa_type=BigInteger)
    valid_until_at: int | None = Field(sa_type=BigInteger)
    lapses_at: int | None = Field(sa_type=BigInteger)
    state: str
    state_since_at: int = Field(sa_type=BigInteger)


class BlockRow(SQLModel, table=True):
    """That somebody is kept from the resident, whatever role they have (支援措置)."""

    __tablename__ = "blocks"

    resident_id: UUID = Field(primary_key=True)
    against_id: UUID = Field(primary_key=True)
    placed_at: int = Field(sa_type=BigInteger)


class AssentRow(SQLModel, table=True):
    """That a guardian agreed for a minor, and that the minor did too, None until they do."""

    __tablename__ = "assents"

    resident_id: UUID = Field(primary_key=True)
    version_id: UUID = Field(primary_key=True)
    agreed_at: int = Field(sa_type=BigInteger)
    assented_at: int | None = Field(sa_type=BigInteger)
    channel: str | None
    authentication: str | None


arrangements = SQLModel.metadata.tables["arrangements"]
consent_versions = SQLModel.metadata.tables["consent_versions"]
consent_uses = SQLModel.metadata.tables["consent_uses"]
consent_events = SQLModel.metadata.tables["consent_events"]
consent_signatures = SQLModel.metadata.tables["consent_signatures"]
prohibitions = SQLModel.metadata.tables["prohibitions"]
consent_outbox = SQLModel.metadata.tables["consent_outbox"]
without_consent = SQLModel.metadata.tables["without_consent"]
research_notices = SQLModel.metadata.tables["research_notices"]
mandates = SQLModel.metadata.tables["mandates"]
blocks = SQLModel.metadata.tables["blocks"]
assents = SQLModel.metadata.tables["assents"]
