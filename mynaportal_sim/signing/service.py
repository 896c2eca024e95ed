"""Signing a consent: what a person's card must sign, and judging what it signed.

A refusal leaves an entry in the person's ledger, as that of a login does. It does not name the
app by the id under which an app reads its own entries: what became of a person's card is not
for the app.
"""

from dataclasses import asdict, dataclass
from datetime import datetime
from os import urandom

from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import Connection

from card_reader.spec import Kind
from card_reader.statement import ConsentStatement, session_hash
from consent.ledger.entry import canonical
from consent.ledger.store import append
from consent.model import Signature
from consent.receipt import Agreement
from mynaportal_sim.database import Database
from mynaportal_sim.login import challenge as challenges
from mynaportal_sim.login.challenge import Challenge, Channel, Randomness, Wanted
from mynaportal_sim.login.checks import Bearer, Dismissed, Presented, Proven, Task, judge
from mynaportal_sim.login.refusal import Code, Refusal
from mynaportal_sim.login.service import Refused, Traces, reference, traces_of
from mynaportal_sim.login.sessions import LoggedIn
from mynaportal_sim.login.soft import SoftCards
from mynaportal_sim.login.token import LoginToken, parse
from mynaportal_sim.login.trust import Trust

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

    @classmethod
    def parsed(cls, body: bytes) -> "Given":
        """What a program sent."""
        return cls(parse(body), Channel.AGENT)


async def by_soft_card(
    db: Database,
    cards: SoftCards,
    signing: Signing,
    entered: tuple[str, str, bool],
    trust: Trust,
    now: datetime,
) -> Given:
    """Have a soft card sign; `entered` are persona, PIN or password, and `last_try`.

    Raises:
        NoSuchPersonaError: there is no such card.
    """
    persona, pin, last_try = entered
    wanted = signing.wanted(trust.origin, Channel.SOFT)
    challenge: Challenge = await db.write(challenges.issue, wanted, now, urandom)
    if signing.kind is Kind.SIGNING:
        statement = signing.statement
        token = cards.agree(persona, pin, statement, challenge, last_try=last_try)
    else:
        token = cards.answer(persona, pin, challenge, last_try=last_try)
    return Given(token, Channel.SOFT)


def accept(
    connection: Connection,
    signing: Signing,
    given: Given,
    trust: Trust,
    now: datetime,
    randomness: Randomness,
) -> Signature | Refused:
    """Judge what a card gave, and keep what proves it; or leave an entry of the refusal."""
    if isinstance(given.token, Refusal):
        return _refuse(connection, signing, given, Dismissed(given.token), trust, now)
    bearer = Bearer.of(signing.session.id)
    presented = Presented(given.token, bearer, given.channel, signing.task)
    found = judge(connection, presented, trust, now)
    if isinstance(found, Proven) and found.resident_id != signing.session.resident_id:
        found = Dismissed(Refusal(Code.CERT_OTHER_PERSON), found.certificate)
    if isinstance(found, Dismissed):
        return _refuse(connection, signing, given, found, trust, now)
    return _signature(signing, given.token, found, randomness)


def _signature(
    signing: Signing, token: LoginToken, found: Proven, randomness: Randomness
) -> Signature:
    statement = found.challenge.to_sign
    return Signature(
        kind=signing.kind.value,
        text=signing.statement.text,
        statement_sha256=signing.statement.sha256,
        challenge="" if signing.task.signed else canonical(asdict(statement)),
        value=token.signature,
        certificate=token.certificate,
        issuer=found.certificate.issuer.certificate.public_bytes(Encoding.DER),
        revocation=found.revocation,
        key=randomness(_KEY_LENGTH),
    )


def _refuse(
    connection: Connection,
    signing: Signing,
    given: Given,
    found: Dismissed,
    trust: Trust,
    now: datetime,
) -> Refused:
    refused = Refused(found.refusal, reference(urandom))
    known = traces_of(found, given.channel, trust)
    holder = trust.pseudonyms.holder(signing.session.resident_id)
    said = {"reason": found.refusal.code.value, "reference": refused.reference}
    entry = Traces(given.channel, known.certificate, holder).entry(
        REFUSED, app_name=signing.agreement.app_name, **said
    )
    append(connection, entry, now, urandom)
    return refused
