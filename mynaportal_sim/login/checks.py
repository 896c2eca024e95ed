"""The checks that a token from a card goes through, for a login as for a consent.

Each check is a small function that answers with a Refusal or None. A challenge that belongs to
the session is used up by the first token that names it, whatever the later checks say. The
signature is verified before revocation is looked at, so that nobody but a holder can use the
portal to ask about certificates.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import Connection

from card_reader.spec import Kind
from card_reader.statement import session_hash
from mynaportal_sim import opaque
from mynaportal_sim.login import challenge as challenges
from mynaportal_sim.login import sessions
from mynaportal_sim.login.challenge import PURPOSE_LOGIN, Challenge, Channel
from mynaportal_sim.login.refusal import Code, Refusal
from mynaportal_sim.login.token import LoginToken
from mynaportal_sim.login.trust import Trust
from mynaportal_sim.pki import service as authorities
from mynaportal_sim.pki import store as register
from mynaportal_sim.pki.certificate import Anchor
from mynaportal_sim.pki.crl import revocation
from mynaportal_sim.pki.ocsp.client import Told
from mynaportal_sim.pki.validation import ValidCertificate, validate
from mynaportal_sim.residents import store as residents


@dataclass(frozen=True, slots=True)
class Bearer:
    """The browser session that a login is for, by hashes of its id that only it can match."""

    session_hash: str
    digest: bytes

    @classmethod
    def of(cls, session_id: str) -> "Bearer":
        """The session whose id a request bears."""
        return cls(session_hash(session_id), opaque.digest(session_id))


@dataclass(frozen=True, slots=True)
class Task:
    """What a card had to sign, for which purpose and by which certificate.

    It is the challenge's own statement, unless `signed` gives other bytes.
    """

    purpose: str = PURPOSE_LOGIN
    kind: Kind = Kind.USER_AUTHENTICATION
    signed: bytes | None = None


LOGIN = Task()


@dataclass(frozen=True, slots=True)
class Presented:
    """A token and how it came: for which session, by which channel, to what end."""

    token: LoginToken
    bearer: Bearer
    channel: Channel
    task: Task = LOGIN
    valid: ValidCertificate | None = None
    """Its certificate, if `holder` has found that valid and its key to have signed."""
    told: Told | None = None
    """What a responder said of it then, if it gave an answer."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """A presented token beside the challenge that it names."""

    connection: Connection
    presented: Presented
    challenge: Challenge
    trust: Trust
    now: datetime

    @property
    def anchors(self) -> tuple[Anchor, ...]:
        """Whom the certificate may be of: an added anchor for a login at a reader here alone.

        Whatever else is presented is kept, with the certificate in it.
        """
        presented, trust = self.presented, self.trust
        at_hand = presented.channel is Channel.AGENT
        if at_hand and presented.task == LOGIN:
            return (*trust.anchors, *trust.added)
        return trust.anchors


@dataclass(frozen=True, slots=True)
class Proven:
    """A token that passed: whose card signed which challenge.

    `revocation` is the list, in DER, by which the certificate was not revoked, if there is one.
    An `unchecked` one is of an added anchor, and its holder is taken for the guest.
    """

    challenge: Challenge
    certificate: ValidCertificate
    resident_id: UUID
    revocation: bytes | None
    unchecked: bool = False


@dataclass(frozen=True, slots=True)
class Dismissed:
    """A token that did not pass.

    `certificate` is known if it was valid, `resident_id` if moreover the signature was theirs;
    neither is if it is of an added anchor.
    """

    refusal: Refusal
    certificate: ValidCertificate | None = None
    resident_id: UUID | None = None


def judge(
    connection: Connection, presented: Presented, trust: Trust, now: datetime
) -> Proven | Dismissed:
    """Put a token through every check, and use its challenge up."""
    challenge = challenges.find(connection, presented.token.login_id)
    if challenge is None:
        return Dismissed(Refusal(Code.LOGIN_NOT_FOUND))
    attempt = Attempt(connection, presented, challenge, trust, now)
    for check in CHALLENGE_CHECKS:
        if refusal := check(attempt):
            return Dismissed(refusal)
    return _judge_holder(attempt)


def holder(
    connection: Connection, presented: Presented, trust: Trust, now: datetime
) -> ValidCertificate | None:
    """The valid certificate whose key has signed; None where `judge` would refuse before that.

    Nothing is used up by looking.
    """
    challenge = challenges.find_open(connection, presented.token.login_id)
    if challenge is None:
        return None
    attempt = Attempt(connection, presented, challenge, trust, now)
    if any(check(attempt) for check in CHALLENGE_CHECKS if check is not _used_before):
        return None
    valid = _valid(attempt)
    if isinstance(valid, Refusal) or _not_signed(attempt, valid):
        return None
    return valid


def _judge_holder(attempt: Attempt) -> Proven | Dismissed:
    valid = _valid(attempt)
    if isinstance(valid, Refusal):
        return Dismissed(valid)
    if attempt.trust.leaves_unchecked(valid.issuer):
        return _judge_unchecked(attempt, valid)
    if refusal := _not_signed(attempt, valid):
        return Dismissed(refusal, valid)
    issued = register.find(attempt.connection, valid.issuer.key_hash, valid.serial)
    crl = _list(attempt, valid)
    if refusal := _revoked(attempt, valid, crl):
        return Dismissed(refusal, valid, issued.resident_id if issued else None)
    if issued is None:
        return Dismissed(Refusal(Code.ACCOUNT_NOT_LINKED), valid)
    return Proven(attempt.challenge, valid, issued.resident_id, crl)


def _judge_unchecked(attempt: Attempt, valid: ValidCertificate) -> Proven | Dismissed:
    """All but revocation; nothing is told of the certificate, whatever comes of it."""
    if refusal := _not_signed(attempt, valid):
        return Dismissed(refusal)
    guest = residents.guest(attempt.connection)
    if guest is None:
        return Dismissed(Refusal(Code.ACCOUNT_NOT_LINKED))
    return Proven(attempt.challenge, valid, guest.id, None, unchecked=True)


def _valid(attempt: Attempt) -> ValidCertificate | Refusal:
    if attempt.presented.valid is not None:
        return attempt.presented.valid
    der, purpose = attempt.presented.token.certificate, attempt.presented.task.kind
    valid = validate(der, attempt.anchors, attempt.now, purpose)
    if isinstance(valid, ValidCertificate):
        return valid
    return Refusal(Code(valid.code), valid.detail)


def _list(attempt: Attempt, valid: ValidCertificate) -> bytes | None:
    """The list in force of the certificate's issuer, if that publishes here."""
    authority = attempt.trust.authorities.get(valid.issuer.key_hash)
    if authority is None:
        return None
    return authorities.keep_fresh(attempt.connection, authority, attempt.now)


def _other_session(attempt: Attempt) -> Refusal | None:
    borne = attempt.presented.bearer.session_hash
    if not hmac.compare_digest(borne, attempt.challenge.session_hash):
        return Refusal(Code.SESSION_MISMATCH)
    return None


def _used_before(attempt: Attempt) -> Refusal | None:
    if not challenges.consume(attempt.connection, attempt.challenge.login_id):
        return Refusal(Code.NONCE_REPLAYED)
    return None


def _too_late(attempt: Attempt) -> Refusal | None:
    if attempt.now > attempt.challenge.expires_at:
        return Refusal(Code.NONCE_EXPIRED)
    return None


def _session_ended(attempt: Attempt) -> Refusal | None:
    digest = attempt.presented.bearer.digest
    if not sessions.lives(attempt.connection, digest, attempt.now):
        return Refusal(Code.SESSION_MISMATCH, "the session has ended")
    return None


def _other_channel(attempt: Attempt) -> Refusal | None:
    if attempt.presented.channel is not attempt.challenge.channel:
        return Refusal(Code.CHANNEL_MISMATCH)
    return None


def _other_origin(attempt: Attempt) -> Refusal | None:
    if attempt.presented.token.origin != attempt.trust.origin:
        return Refusal(Code.ORIGIN_MISMATCH)
    return None


def _other_purpose(attempt: Attempt) -> Refusal | None:
    if attempt.challenge.purpose != attempt.presented.task.purpose:
        return Refusal(Code.PURPOSE_MISMATCH)
    return None


def _not_signed(attempt: Attempt, valid: ValidCertificate) -> Refusal | None:
    """What was to be signed is the server's own; of the token it has the certificate's hash."""
    token, signed = attempt.presented.token, attempt.presented.task.signed
    if token.algorithm != valid.suite.jws:
        return Refusal(Code.ALG_NOT_ALLOWED, f"its certificate is for {valid.suite.jws}")
    if signed is None:
        signed = attempt.challenge.to_sign.by(token.certificate).tbs()
    return None if valid.has_signed(token.signature, signed) else _UNSIGNED


def _revoked(attempt: Attempt, valid: ValidCertificate, crl: bytes | None) -> Refusal | None:
    """What the responder says, or the list where it said nothing, or what is newer there."""
    told = attempt.presented.told
    if told is not None and told.sha256 != valid.sha256:
        return Refusal(Code.REVOCATION_UNAVAILABLE, "another certificate was asked about")
    found = None if told is None else told.refusal
    if found is None and (crl is not None or told is None):
        found = revocation(valid, crl, attempt.now)
    return Refusal(Code(found.code), found.detail) if found else None


_UNSIGNED = Refusal(Code.SIGNATURE_INVALID)
CHALLENGE_CHECKS: tuple[Callable[[Attempt], Refusal | None], ...] = (
    _other_session,
    _used_before,
    _too_late,
    _session_ended,
    _other_channel,
    _other_origin,
    _other_purpose,
)
