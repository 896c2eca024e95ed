"""Logging in, from token or PIN to session. Every attempt leaves an entry in the ledger."""

from base64 import b32encode
from dataclasses import dataclass, field
from datetime import datetime
from os import urandom

from sqlalchemy import Connection

from card_reader.statement import session_hash
from consent.ledger.entry import Entry
from consent.ledger.store import append
from mynaportal_sim.database import Database
from mynaportal_sim.login import challenge as challenges
from mynaportal_sim.login import sessions
from mynaportal_sim.login.challenge import Channel, Wanted
from mynaportal_sim.login.checks import Bearer, Dismissed, Presented, Proven, judge
from mynaportal_sim.login.refusal import Refusal
from mynaportal_sim.login.revocation import asked
from mynaportal_sim.login.sessions import LoggedIn, Person
from mynaportal_sim.login.soft import SoftCards
from mynaportal_sim.login.token import parse
from mynaportal_sim.login.trust import Trust
from mynaportal_sim.login.unchecked import REVOCATION, UncheckedCard
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.residents import store as residents

_REFERENCE_BYTES = 5
_ACCEPTED = "login.accepted"


@dataclass(frozen=True, slots=True)
class Accepted:
    """A login that was let in: the new session, and what the person was on the way to."""

    session: LoggedIn
    interaction: str | None


@dataclass(frozen=True, slots=True)
class Refused:
    """A login that was not let in; its entry in the ledger has the same `reference`."""

    refusal: Refusal
    reference: str


@dataclass(frozen=True, slots=True)
class SoftLogin:
    """What a person entered to log in by a soft card, and in which session."""

    session_id: str = field(repr=False)
    persona: str
    pin: str = field(repr=False)
    last_try: bool = False
    interaction: str | None = None


async def log_in_by_soft_card(
    db: Database, cards: SoftCards, entered: SoftLogin, trust: Trust, now: datetime
) -> Accepted | Refused:
    """Log a person in by a soft card: the same statement, token and checks as for any card.

    Raises:
        NoSuchPersonaError: there is no such card.
    """
    bound = session_hash(entered.session_id)
    wanted = Wanted(trust.origin, bound, Channel.SOFT, entered.interaction)
    challenge = await db.write(challenges.issue, wanted, now, urandom)
    pin, last_try = entered.pin, entered.last_try
    token = await cards.answer(entered.persona, pin, challenge, last_try=last_try)
    if isinstance(token, Refusal):
        return await db.write(_refuse_pin, token, entered.persona, trust, now)
    return await present(db, token.to_json(), entered.session_id, Channel.SOFT, trust, now)


async def present(
    db: Database, body: bytes, session_id: str, channel: Channel, trust: Trust, now: datetime
) -> Accepted | Refused:
    """Take the bytes of a login token from the bearer of `session_id`, and judge them."""
    token = parse(body)
    if isinstance(token, Refusal):
        return await db.write(refuse, token, Traces(channel), now, urandom)
    presented = Presented(token, Bearer.of(session_id), channel)
    presented = await asked(db, presented, trust, now, urandom)
    return await db.write(log_in, presented, session_id, trust, now, urandom)


def log_in(
    connection: Connection,
    presented: Presented,
    session_id: str,
    trust: Trust,
    now: datetime,
    randomness: Randomness,
) -> Accepted | Refused:
    """Judge a login token. One that passes ends the session it came by and begins another."""
    found = judge(connection, presented, trust, now)
    traces = traces_of(found, presented.channel, trust)
    if isinstance(found, Dismissed):
        return refuse(connection, found.refusal, traces, now, randomness)
    person = Person(found.resident_id, presented.channel)
    if found.unchecked:
        card = UncheckedCard.of(presented.token.certificate, randomness)
        said = {"revocation": REVOCATION, "certificate": card.remembered.hex()}
        entry_id = append(connection, traces.entry(_ACCEPTED, **said), now, randomness)
        person = person._replace(card=card, entry_id=entry_id)
    else:
        append(connection, traces.entry(_ACCEPTED), now, randomness)
    session = sessions.log_in(connection, session_id, person, now, randomness)
    return Accepted(session, found.challenge.interaction)


@dataclass(frozen=True, slots=True)
class Traces:
    """What the ledger is told of an attempt; `certificate` is a pseudonym of its serial."""

    channel: Channel
    certificate: str | None = None
    holder: bytes | None = None

    def entry(self, kind: str, **more: str | int) -> Entry:
        """The entry of `kind` about this attempt."""
        fields: dict[str, str | int | list[str]] = {"channel": self.channel.value, **more}
        if self.certificate:
            fields["certificate"] = self.certificate
        return Entry(kind, fields, self.holder)


def traces_of(found: Proven | Dismissed, channel: Channel, trust: Trust) -> Traces:
    """What may be told of a judged attempt."""
    names, certificate, resident_id = trust.pseudonyms, found.certificate, found.resident_id
    if isinstance(found, Proven) and found.unchecked:
        certificate = None  # which the key of these pseudonyms would keep for good
    return Traces(
        channel,
        names.serial(certificate.issuer.key_hash, certificate.serial) if certificate else None,
        names.holder(resident_id) if resident_id else None,
    )


def refuse(
    connection: Connection,
    refusal: Refusal,
    traces: Traces,
    now: datetime,
    randomness: Randomness,
) -> Refused:
    """Leave an entry of a login that is not let in."""
    refused = Refused(refusal, reference(randomness))
    said = {"reason": refusal.code.value, "reference": refused.reference}
    append(connection, traces.entry("login.refused", **said), now, randomness)
    return refused


def reference(randomness: Randomness) -> str:
    """A new reference by which a refusal is found again."""
    return b32encode(randomness(_REFERENCE_BYTES)).decode()


def _refuse_pin(
    connection: Connection, refusal: Refusal, persona: str, trust: Trust, now: datetime
) -> Refused:
    resident = residents.by_persona(connection, persona)
    holder = trust.pseudonyms.holder(resident.id) if resident else None
    traces = Traces(Channel.SOFT, holder=holder)
    return refuse(connection, refusal, traces, now, urandom)
