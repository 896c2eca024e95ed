"""An app ties its own id for a user to their certificate (民間ID), and somebody releases it.

An id is tied to a chain of certificates: it is found by each of them, kept over renewal, and
rests while the newest is not good. It does not end with a revocation, since a new certificate
may follow weeks after one; and while none has, whoever holds the old card finds nothing by it.
"""

from dataclasses import dataclass, field
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from consent.instants import seconds
from consent.ledger import store as ledger
from consent.model import Actor
from mynaportal_sim.apps import store as apps
from mynaportal_sim.apps.model import App
from mynaportal_sim.delivery import security_event
from mynaportal_sim.delivery import store as deliveries
from mynaportal_sim.delivery.model import Delivery
from mynaportal_sim.delivery.security_event import Sign
from mynaportal_sim.issuing.succession import Chain, Link, chain_of, chains_of
from mynaportal_sim.jose import Json
from mynaportal_sim.legible import legible
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.pseudonyms import Pseudonyms
from mynaportal_sim.verifiers import entries, store
from mynaportal_sim.verifiers.asking import Shown
from mynaportal_sim.verifiers.errors import (
    AlreadyTiedError,
    CertificateNotGoodError,
    CertificateUnknownError,
    NoUserIdError,
    SeveralReplacedError,
    UserIdTakenError,
    VerifierError,
)
from mynaportal_sim.verifiers.standing import standing
from mynaportal_sim.verifiers.store import Tie

USER_ID_MAX = 200


@dataclass(frozen=True, slots=True)
class TieDesk:
    """What ties are dealt with by, and when."""

    now: datetime
    pseudonyms: Pseudonyms = field(repr=False)
    randomness: Randomness = field(repr=False)

    def new_id(self) -> UUID:
        """An id that nobody had before."""
        return UUID(bytes=self.randomness(16), version=4)


@dataclass(frozen=True, slots=True)
class Held:
    """A tie of a person's, and the certificate that it holds to now."""

    tie: Tie
    newest: Link


@dataclass(frozen=True, slots=True)
class Telling:
    """How an app is told: by whom, and what signs for them (RFC 8417)."""

    issuer: str
    sign: Sign = field(repr=False)


def plausible(user_id: str) -> bool:
    """Whether a text may be the id of a user: short, and printable."""
    return 0 < len(user_id) <= USER_ID_MAX and legible(user_id)


def tie(
    connection: Connection, desk: TieDesk, app: App, shown: Shown, user_id: str
) -> Tie | VerifierError:
    """Tie an id to the chain of a certificate; a unit of work."""
    found = _chain(connection, desk, shown)
    if isinstance(found, VerifierError):
        return found
    chain, first = found
    made = Tie(desk.new_id(), app.client_id, first.name, user_id, desk.now)
    if not store.add(connection, made):
        known = store.of_certificate(connection, app.client_id, first.name)
        return UserIdTakenError() if known is None else AlreadyTiedError()
    _enter(connection, desk, app, entries.TIED, chain)
    return made


def find(connection: Connection, desk: TieDesk, app: App, shown: Shown) -> Tie | VerifierError:
    """The id that an app has tied to the chain of a certificate; a unit of work."""
    found = _chain(connection, desk, shown)
    if isinstance(found, VerifierError):
        return found
    chain, first = found
    known = store.of_certificate(connection, app.client_id, first.name)
    if known is None:
        return NoUserIdError()
    _enter(connection, desk, app, entries.FOUND, chain)
    return known


def release_own(
    connection: Connection, desk: TieDesk, app: App, user_id: str
) -> VerifierError | None:
    """Let an app release an id of its own, however the certificate stands; a unit of work."""
    known = store.of_user(connection, app.client_id, user_id)
    if known is None or not store.remove(connection, known):
        return NoUserIdError()
    chain = chain_of(connection, known.first)
    whose = None if chain is None else chain.of.resident_id
    entry = entries.of_release(app, whose, Actor.APP.value, desk.pseudonyms)
    ledger.append(connection, entry, desk.now, desk.randomness)
    return None


def of_person(connection: Connection, resident_id: UUID) -> list[Held]:
    """What apps have tied to a person's certificates."""
    newest = {
        chain.first.name: chain.newest
        for chain in chains_of(connection, resident_id)
        if chain.first is not None
    }
    return [Held(one, newest[one.first]) for one in store.of_chains(connection, newest.keys())]


def release_of_person(
    connection: Connection, desk: TieDesk, resident_id: UUID, tie_id: UUID, told: Telling
) -> bool:
    """Let a person release what an app has tied, and tell the app; a unit of work.

    False, and nothing changed, if there is no such tie to a certificate of theirs.
    """
    held = (one.tie for one in of_person(connection, resident_id) if one.tie.id == tie_id)
    known = next(held, None)
    app = None if known is None else apps.find(connection, known.app_id)
    if known is None or app is None or not store.remove(connection, known):
        return False
    entry = entries.of_release(app, resident_id, Actor.PERSON.value, desk.pseudonyms)
    ledger.append(connection, entry, desk.now, desk.randomness)
    deliveries.add(connection, [_notice(desk, known, told)])
    return True


def _notice(desk: TieDesk, tie: Tie, told: Telling) -> Delivery:
    jti = desk.new_id()
    claims: dict[str, Json] = {
        "iss": told.issuer,
        "jti": str(jti),
        "iat": seconds(desk.now),
        "aud": tie.app_id,
        "sub_id": {"format": "opaque", "id": tie.user_id},
        "events": {
            f"{told.issuer}/events/user-id-released": {
                "by": Actor.PERSON.value,
                "event_timestamp": seconds(desk.now),
            }
        },
    }
    token = told.sign(claims, security_event.TYPE)
    now = desk.now
    return Delivery(jti, tie.app_id, tie.id, entries.RELEASED, token, made_at=now, next_at=now)


def _chain(
    connection: Connection, desk: TieDesk, shown: Shown
) -> tuple[Chain, Link] | VerifierError:
    """The chain of a certificate that is good at its newest, and its first one."""
    chain = None if shown.name is None else chain_of(connection, shown.name)
    if chain is None:
        return CertificateUnknownError(shown.why_unknown)
    if chain.first is None:
        return SeveralReplacedError()
    if not chain.newest.good(desk.now):
        return CertificateNotGoodError(standing(chain.newest, desk.now).status.value)
    return chain, chain.first


def _enter(connection: Connection, desk: TieDesk, app: App, type_: str, chain: Chain) -> None:
    told = standing(chain.newest, desk.now).status.value
    entry = entries.of_certificate(app, type_, chain.of, told, desk.pseudonyms)
    ledger.append(connection, entry, desk.now, desk.randomness)
