"""What browser and second device do to a login, as units of work; who may is told by secrets.

The browser's secret is its session's id, which also gives the codes on its screen. The second
device gets one of its own for the code that it claims, once.
"""

import hmac
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import Connection

from card_reader import statement
from card_reader.spec import is_marked
from consent.ledger.store import append
from mynaportal_sim import opaque
from mynaportal_sim.jose import b64url
from mynaportal_sim.login import challenge as challenges
from mynaportal_sim.login import sessions
from mynaportal_sim.login.challenge import Challenge, Channel, Wanted
from mynaportal_sim.login.checks import Bearer, Dismissed, Presented, judge
from mynaportal_sim.login.refusal import Code, Refusal
from mynaportal_sim.login.second_device import store
from mynaportal_sim.login.second_device.model import (
    CODE_LIFETIME,
    ROTATIONS_MAX,
    Event,
    SecondDevice,
    State,
    Surroundings,
    ToSign,
)
from mynaportal_sim.login.service import Accepted, Refused, Traces, refuse, traces_of
from mynaportal_sim.login.token import LoginToken, parse
from mynaportal_sim.login.trust import Trust
from mynaportal_sim.opaque import Randomness

_CODE_BYTES = 16
_CODE_USE = b"mynaportal-sim/second-device-code/1"
_ENDED = {
    State.CREATED: Code.LOGIN_ENDED,
    State.CLAIMED: Code.CODE_CLAIMED,
    State.SIGNED: Code.CODE_CLAIMED,
    State.CONFIRMED: Code.LOGIN_ENDED,
    State.REFUSED: Code.LOGIN_ENDED,
    State.DENIED: Code.SECOND_DEVICE_DENIED,
    State.CANCELLED: Code.SECOND_DEVICE_CANCELLED,
}


@dataclass(frozen=True, slots=True)
class Begin:
    """What a browser wants: its session's id, and what it is on the way to."""

    session_id: str = field(repr=False)
    interaction: str | None
    surroundings: Surroundings
    to_sign: ToSign | None = None


@dataclass(frozen=True, slots=True)
class Claimed:
    """What the second device gets for the code, once."""

    login: SecondDevice
    challenge: Challenge
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Typed:
    """What a person typed in which browser."""

    session_id: str = field(repr=False)
    digits: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Signed:
    """Six digits for the person to type in the browser; nobody else is told."""

    confirm_code: str = field(repr=False)


class Kept:
    """What was signed waits for the browser."""


KEPT = Kept()


def begin(
    connection: Connection, wanted: Begin, now: datetime, randomness: Randomness
) -> SecondDevice:
    """A new login for the session of a browser."""
    login = SecondDevice(
        id=UUID(bytes=randomness(16), version=4),
        state=State.CREATED,
        rotation=0,
        session=opaque.digest(wanted.session_id),
        session_hash=statement.session_hash(wanted.session_id),
        interaction=wanted.interaction,
        surroundings=wanted.surroundings,
        begun_at=now.replace(microsecond=0),
        code_expires_at=now.replace(microsecond=0) + CODE_LIFETIME,
        device=None,
        login_id=None,
        confirm=None,
        tries=0,
        resident_id=None,
        certificate=None,
        reason=None,
        to_sign=wanted.to_sign,
    )
    store.insert(connection, login, opaque.digest(code_of(login, wanted.session_id)))
    return login


def code_of(login: SecondDevice, session_id: str) -> str:
    """The code (128 bits, 22 characters) that only the browser of that session can show."""
    use = b"|".join((_CODE_USE, login.id.bytes, str(login.rotation).encode()))
    return b64url(hmac.digest(session_id.encode(), use, sha256)[:_CODE_BYTES])


def of_browser(connection: Connection, wanted: UUID, session_id: str) -> SecondDevice | Refusal:
    """The login that this browser began; whose another's is, nobody is told."""
    login = store.find(connection, wanted)
    if login is None or not hmac.compare_digest(login.session, opaque.digest(session_id)):
        return Refusal(Code.LOGIN_NOT_FOUND)
    return login


def rotate(
    connection: Connection, wanted: UUID, session_id: str, now: datetime
) -> SecondDevice | Refusal:
    """Show another code, as long as nobody has claimed one; three times at most."""
    login = of_browser(connection, wanted, session_id)
    if isinstance(login, Refusal):
        return login
    if login.has_expired(now) or login.rotation >= ROTATIONS_MAX:
        return Refusal(Code.LOGIN_EXPIRED)
    expires = min(now.replace(microsecond=0) + CODE_LIFETIME, login.expires_at)
    code = code_of(replace(login, rotation=login.rotation + 1), session_id)
    if not store.rotate(connection, login, opaque.digest(code), expires):
        return Refusal(_ENDED[login.state])
    return store.find(connection, wanted) or login


def claim(
    connection: Connection, code: str, trust: Trust, now: datetime, randomness: Randomness
) -> Claimed | Refusal:
    """Become the second device of the login whose screen shows `code`."""
    login = store.by_code(connection, opaque.digest(code))
    if login is None:
        return Refusal(Code.CODE_NOT_FOUND)
    if login.state is not State.CREATED:
        return Refusal(_ENDED[login.state])
    if login.code_has_expired(now) or login.has_expired(now):
        return Refusal(Code.CODE_EXPIRED)
    wanted = _wanted(login, trust.origin)
    issued = challenges.issue(connection, wanted, now, randomness)
    secret = opaque.new(randomness)
    kept = {"device": opaque.digest(secret), "login_id": issued.login_id}
    if not store.happen(connection, login.id, Event.CLAIM, kept):
        return Refusal(Code.CODE_CLAIMED)
    return Claimed(login, issued, secret)


def of_device(connection: Connection, wanted: UUID, secret: str) -> SecondDevice | Refusal:
    """The login whose second device bears `secret`."""
    login = store.find(connection, wanted)
    if login is None or login.device is None:
        return Refusal(Code.DEVICE_MISMATCH)
    if not hmac.compare_digest(login.device, opaque.digest(secret)):
        return Refusal(Code.DEVICE_MISMATCH)
    return login


def presented_by(login: SecondDevice, token: LoginToken) -> Presented:
    """What a second device hands in, on behalf of the browser that began."""
    return Presented(token, Bearer(login.session_hash, login.session), Channel.QR)


def sign(
    connection: Connection,
    login: SecondDevice,
    presented: Presented,
    trust: Trust,
    now: datetime,
    randomness: Randomness,
) -> Signed | Kept | Refused:
    """Judge the second device's token by every check; one that fails ends the login.

    What was signed under a text is kept for the browser to take, and judged then.
    """
    login, traces = store.locked(connection, login), Traces(Channel.QR)
    token = presented.token
    if login.state is not State.CLAIMED or token.login_id != login.login_id:
        refusal = Refusal(_ENDED[login.state], "not the challenge of this login, or not now")
        return refuse(connection, refusal, traces, now, randomness)
    if login.has_expired(now):
        return refuse(connection, Refusal(Code.LOGIN_EXPIRED), traces, now, randomness)
    if login.to_sign is not None:
        return _keep(connection, login, token, now, randomness)
    found = judge(connection, presented, trust, now)
    traces = traces_of(found, Channel.QR, trust)
    if isinstance(found, Dismissed):
        store.happen(connection, login.id, Event.REFUSE, {"reason": found.refusal.code.value})
        return refuse(connection, found.refusal, traces, now, randomness)
    digits = f"{int.from_bytes(randomness(8), 'big') % 10**6:06d}"
    proven = {
        "confirm": opaque.digest(_confirmation(login, digits)),
        "resident_id": found.resident_id,
        "certificate": traces.certificate,
    }
    if not store.happen(connection, login.id, Event.SIGN, proven):
        return refuse(connection, Refusal(Code.LOGIN_ENDED), traces, now, randomness)
    return Signed(digits)


def _keep(
    connection: Connection,
    login: SecondDevice,
    token: LoginToken,
    now: datetime,
    randomness: Randomness,
) -> Kept | Refused:
    """Keep what was signed for the browser, unless it names a card that was not made here.

    That would be refused once it is taken, and of such a card nothing is kept.
    """
    if is_marked(token.certificate):
        store.happen(connection, login.id, Event.SIGN, {"token": token.to_json().decode()})
        return KEPT
    refusal = Refusal(Code.CERT_UNTRUSTED, "not made here, so that it signs nothing here")
    store.happen(connection, login.id, Event.REFUSE, {"reason": refusal.code.value})
    return refuse(connection, refusal, Traces(Channel.QR), now, randomness)


def take(
    connection: Connection, wanted: UUID, session_id: str, now: datetime
) -> LoginToken | Refusal:
    """What the second device signed for this browser under a text, once."""
    login = of_browser(connection, wanted, session_id)
    if isinstance(login, Refusal):
        return login
    login = store.locked(connection, login)
    if login.has_expired(now):
        return Refusal(Code.LOGIN_EXPIRED)
    if login.token is None or not store.happen(
        connection, login.id, Event.CONFIRM, {"token": None}
    ):
        return Refusal(_ENDED[login.state])
    return parse(login.token.encode())


def confirm(
    connection: Connection,
    login: SecondDevice,
    typed: Typed,
    trust: Trust,
    now: datetime,
    randomness: Randomness,
) -> Accepted | Refused:
    """Log the browser in, if the person there types what the second device shows."""
    login = store.locked(connection, login)
    holder = trust.pseudonyms.holder(login.resident_id) if login.resident_id else None
    traces = Traces(Channel.QR, login.certificate, holder)
    if login.has_expired(now):
        return refuse(connection, Refusal(Code.LOGIN_EXPIRED), traces, now, randomness)
    left = store.spend_try(connection, login.id)
    if left is None or login.confirm is None or login.resident_id is None:
        return refuse(connection, Refusal(_ENDED[login.state]), traces, now, randomness)
    if not hmac.compare_digest(
        login.confirm, opaque.digest(_confirmation(login, typed.digits))
    ):
        if not left:
            wrong = {"reason": Code.CONFIRM_CODE_WRONG.value}
            store.happen(connection, login.id, Event.REFUSE, wrong)
        refusal = Refusal(Code.CONFIRM_CODE_WRONG, tries_left=left)
        return refuse(connection, refusal, traces, now, randomness)
    if not store.happen(connection, login.id, Event.CONFIRM):
        return refuse(connection, Refusal(Code.LOGIN_ENDED), traces, now, randomness)
    person = sessions.Person(login.resident_id, Channel.QR)
    session = sessions.log_in(connection, typed.session_id, person, now, randomness)
    append(connection, traces.entry("login.accepted"), now, randomness)
    return Accepted(session, login.interaction)


def stop(
    connection: Connection,
    login: SecondDevice,
    event: Event,
    now: datetime,
    randomness: Randomness,
) -> bool:
    """End a login from either side (DENY: the second device, CANCEL: the browser).

    What was signed and not taken is forgotten: it names whose card it was.
    """
    forgotten = {"token": None}
    if login.has_expired(now) or not store.happen(connection, login.id, event, forgotten):
        return False
    code = Code.SECOND_DEVICE_DENIED if event is Event.DENY else Code.SECOND_DEVICE_CANCELLED
    refuse(connection, Refusal(code), Traces(Channel.QR), now, randomness)
    return True


def _wanted(login: SecondDevice, origin: str) -> Wanted:
    """What the second device must answer: a login's challenge, or one that names the text."""
    here = (origin, login.session_hash, Channel.QR)
    if login.to_sign is None:
        return Wanted(*here, login.interaction)
    return Wanted(*here, login.to_sign.bound_to, login.to_sign.purpose)


def _confirmation(login: SecondDevice, digits: str) -> str:
    return f"{login.id}:{digits}"
