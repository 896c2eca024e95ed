"""Signing a consent: what a person's card must sign, and judging what it signed.

A refusal leaves an entry in the person's ledger, as that of a login does. It does not name the
app by the id under which an app reads its own entries: what became of a person's card is not
for the app.
"""

from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from os import urandom
from typing import NamedTuple

from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Connection

from card_reader.spec import Kind
from card_reader.statement import ConsentStatement, session_hash
from consent.ledger.entry import Entry, canonical
from consent.ledger.store import append
from consent.model import Signature
from consent.receipt import Agreement
from mynaportal_sim.database import Database
from mynaportal_sim.login import challenge as challenges
from mynaportal_sim.login import revocation
from mynaportal_sim.login.challenge import Challenge, Channel, Wanted
from mynaportal_sim.login.checks import Bearer, Dismissed, Presented, Proven, Task, judge
from mynaportal_sim.login.refusal import Code, Refusal
from mynaportal_sim.login.service import Refused, Traces, reference, traces_of
from mynaportal_sim.login.sessions import LoggedIn
from mynaportal_sim.login.soft import SoftCards
from mynaportal_sim.login.token import LoginToken, parse
from mynaportal_sim.login.trust import Trust
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.pki.ocsp.client import Told
from mynaportal_sim.pki.validation import ValidCertificate

REFUSED = "consent.signature_refused"
_KEY_LENGTH = 32


@dataclass(frozen=True, slots=True)
class Signing:
    """An agreement that the person of a session is to sign, by one of their certificates."""

    agreement: Agreement
    kind: Kind
    session: LoggedIn

    @property
    def statement(self) -> ConsentStatement:
        """What is signed, itself or by its hash."""
        return ConsentStatement(self.agreement.text)

    @property
    def task(self) -> Task:
        """What the card must have signed: the whole text, or a challenge that names it."""
        whole = self.statement.tbs() if self.kind is Kind.SIGNING else None
        return Task(self.statement.purpose, self.kind, whole)

    def wanted(self, origin: str, channel: Channel) -> Wanted:
        """The challenge that this needs; it is good for the session's next attempt alone."""
        bound, interaction = session_hash(self.session.id), str(self.agreement.version_id)
        return Wanted(origin, bound, channel, interaction, self.statement.purpose)


@dataclass(frozen=True, slots=True)
class Given:
    """What came from a card: a token, or why it is none, and by which channel."""

    token: LoginToken | Refusal
    channel: Channel
    valid: ValidCertificate | None = None
    told: Told | None = None

    @classmethod
    def parsed(cls, body: bytes) -> "Given":
        """What a program sent."""
        return cls(parse(body), Channel.AGENT)


@dataclass(frozen=True, slots=True)
class Entered:
    """What a person entered for a soft card to sign; `pin` may be a password."""

    persona: str
    pin: str = field(repr=False)
    last_try: bool = False


async def by_soft_card(
    db: Database,
    cards: SoftCards,
    signing: Signing,
    entered: Entered,
    trust: Trust,
    now: datetime,
) -> Given:
    """Have a soft card sign; what was entered goes to the card and is kept nowhere.

    Raises:
        NoSuchPersonaError: there is no such card.
    """
    wanted = signing.wanted(trust.origin, Channel.SOFT)
    challenge: Challenge = await db.write(challenges.issue, wanted, now, urandom)
    persona, pin, last_try = entered.persona, entered.pin, entered.last_try
    if signing.kind is Kind.SIGNING:
        statement = signing.statement
        token = await cards.agree(persona, pin, statement, challenge, last_try=last_try)
    else:
        token = await cards.answer(persona, pin, challenge, last_try=last_try)
    return Given(token, Channel.SOFT)


async def asked(
    db: Database, signing: Signing, given: Given, trust: Trust, now: datetime
) -> Given:
    """What a card gave, with what the responder says of its certificate."""
    if isinstance(given.token, Refusal):
        return given
    presented = _presented(signing, given.token, given)
    known = await revocation.asked(db, presented, trust, now, urandom)
    return replace(given, valid=known.valid, told=known.told)


def accept(
    connection: Connection,
    signing: Signing,
    given: Given,
    trust: Trust,
    now: datetime,
    randomness: Randomness,
) -> Signature | Refused:
    """Judge what a card gave, and give what proves it; or leave an entry of the refusal."""
    found = _judged(connection, signing, given, trust, now)
    if isinstance(found, Signed):
        return _signature(signing, found, randomness)
    refused = Refused(found.refusal, reference(randomness))
    entry = _refusal(signing, given.channel, found, trust, refused.reference)
    append(connection, entry, now, randomness)
    return refused


class Signed(NamedTuple):
    """A token that passed, what of it was proven, and the list that is kept as evidence."""

    token: LoginToken
    proven: Proven
    revocation: bytes


def _presented(signing: Signing, token: LoginToken, given: Given) -> Presented:
    bearer = Bearer.of(signing.session.id)
    return Presented(
        token, bearer, given.channel, signing.task, valid=given.valid, told=given.told
    )


def _judged(
    connection: Connection, signing: Signing, given: Given, trust: Trust, now: datetime
) -> Signed | Dismissed:
    token = given.token
    if isinstance(token, Refusal):
        return Dismissed(token)
    presented = _presented(signing, token, given)
    found = judge(connection, presented, trust, now)
    if isinstance(found, Dismissed):
        return found
    if found.resident_id != signing.session.resident_id:
        return Dismissed(Refusal(Code.CERT_OTHER_PERSON), found.certificate)
    if found.revocation is None:
        refusal = Refusal(Code.REVOCATION_UNAVAILABLE, "no list to keep with the signature")
        return Dismissed(refusal, found.certificate)
    return Signed(token, found, found.revocation)


def _signature(signing: Signing, signed: Signed, randomness: Randomness) -> Signature:
    token, proven, listed = signed
    statement, issuer = proven.challenge.to_sign, proven.certificate.issuer
    return Signature(
        kind=signing.kind.value,
        text=signing.statement.text,
        statement_sha256=signing.statement.sha256,
        challenge="" if signing.task.signed else canonical(asdict(statement)),
        value=token.signature,
        certificate=token.certificate,
        issuer=issuer.certificate.public_bytes(Encoding.DER),
        revocation=listed,
        key=randomness(_KEY_LENGTH),
    )


def _refusal(
    signing: Signing, channel: Channel, found: Dismissed, trust: Trust, reference_: str
) -> Entry:
    """The entry of a refusal, filed by whoever is logged in, whosever the card is."""
    certificate = traces_of(found, channel, trust).certificate
    holder = trust.pseudonyms.holder(signing.session.resident_id)
    return Traces(channel, certificate, holder).entry(
        REFUSED,
        app_name=signing.agreement.app_name,
        reason=found.refusal.code.value,
        reference=reference_,
    )
