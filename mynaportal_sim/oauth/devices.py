"""Codes of devices without a browser (RFC 8628): what becomes of each, and how often it asks.

A device has a code of its own, and shows a short one that a person types where there is a
browser. Both serve once. That they have run out is worked out from the clock when asked.
"""

import re
import unicodedata
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum, unique
from typing import NamedTuple

from sqlalchemy import Connection, bindparam, select, update

from consent.insertion import insert_once
from mynaportal_sim import opaque
from mynaportal_sim.oauth.request import AuthorizationRequest
from mynaportal_sim.oauth.tables import device_codes
from mynaportal_sim.opaque import Randomness
from mynaportal_sim.pseudonyms import Pseudonyms

LIFETIME = timedelta(minutes=10)
PAUSE = (
    5  # seconds between two polls (3.2); more by as much after each that came too soon (3.5)
)
LETTERS = "BCDFGHJKLMNPQRSTVWXZ"  # no vowels, so that they spell nothing (6.1)
LENGTH = 8
_HALF = LENGTH // 2
# A Japanese keyboard gives a long-vowel mark where a dash is meant.
_BETWEEN = re.compile(r"[\W_\u30fc]+")


@unique
class State(StrEnum):
    """What became of a device's code."""

    WAITING = "waiting"
    TAKEN_UP = "taken_up"
    GRANTED = "granted"
    REFUSED = "refused"


COMES_OF: Mapping[State, tuple[State, ...]] = {
    State.WAITING: (),
    State.TAKEN_UP: (State.WAITING,),
    State.GRANTED: (State.TAKEN_UP,),
    State.REFUSED: (State.WAITING, State.TAKEN_UP),
}
"""The states that each follows on: a person types the code, and then answers."""


class Codes(NamedTuple):
    """What a device gets; `typed` is shown to people, as BCDF-GHJK."""

    device: str
    typed: str


class Asking(NamedTuple):
    """What waits behind a code that was typed."""

    digest: bytes
    request: AuthorizationRequest
    begun_at: datetime


class Waiting(NamedTuple):
    """A device that waits for a person's answer, from when its code was typed.

    `code` is the digest of its own code; `user_code` the one it shows, which is worth nothing
    any more; `begun_in` what the session began as in which the person said that it is theirs.
    """

    code: bytes
    user_code: str
    begun_in: bytes


class Polled(NamedTuple):
    """How a code stands when its device asks, and whether that came too soon."""

    state: State
    expired: bool
    too_soon: bool


_TYPED = (
    device_codes.c.typed == bindparam("wanted"),
    device_codes.c.state == State.WAITING.value,
    device_codes.c.expires_at > bindparam("now"),
)
_ASKING = select(device_codes.c.digest, device_codes.c.request, device_codes.c.begun_at).where(
    *_TYPED
)
_MOVE = (
    update(device_codes)
    .where(
        device_codes.c.digest == bindparam("wanted"),
        device_codes.c.state.in_(bindparam("before", expanding=True)),
        device_codes.c.expires_at > bindparam("now"),
    )
    .values(state=bindparam("after"))
)
_OF_CLIENT = (
    device_codes.c.digest == bindparam("wanted"),
    device_codes.c.client_id == bindparam("client"),
)
_STANDS = select(device_codes.c.state, device_codes.c.expires_at).where(*_OF_CLIENT)
_IN_TIME = (
    update(device_codes)
    .where(
        *_OF_CLIENT,
        device_codes.c.polled_at.is_(None)
        | (device_codes.c.polled_at + device_codes.c.pause <= bindparam("now")),
    )
    .values(polled_at=bindparam("now"))
)
_TOO_SOON = (
    update(device_codes)
    .where(*_OF_CLIENT)
    .values(polled_at=bindparam("now"), pause=device_codes.c.pause + PAUSE)
)


def begin(
    connection: Connection,
    request: AuthorizationRequest,
    pseudonyms: Pseudonyms,
    now: datetime,
    randomness: Randomness,
) -> Codes:
    """Keep what a device asks for, and give the codes that lead to it."""
    device = opaque.new(randomness)
    row = {
        "digest": opaque.digest(device),
        "client_id": request.client_id,
        "request": request.dump(),
        "state": State.WAITING.value,
        "pause": PAUSE,
        "polled_at": None,
        "begun_at": int(now.timestamp()),
        "expires_at": int((now + LIFETIME).timestamp()),
    }
    statement = insert_once(device_codes, connection).on_conflict_do_nothing()
    while True:  # until a code is drawn that nobody else has
        typed = _drawn(randomness)
        row["typed"] = pseudonyms.typed(typed)
        if connection.execute(statement.returning(device_codes.c.digest), row).first():
            return Codes(device, shown(typed))


def _drawn(randomness: Randomness) -> str:
    """Letters that are all as likely: bytes that would favour some are drawn anew."""
    fair = 256 - 256 % len(LETTERS)
    drawn = ""
    while len(drawn) < LENGTH:
        drawn += "".join(
            LETTERS[one % len(LETTERS)] for one in randomness(LENGTH) if one < fair
        )
    return drawn[:LENGTH]


def shown(typed: str) -> str:
    """A code as people read it."""
    return f"{typed[:_HALF]}-{typed[_HALF:]}"


def read(text: str) -> str | None:
    """The code in what a person typed, in wide letters, small ones, with blanks or dashes."""
    letters = _BETWEEN.sub("", unicodedata.normalize("NFKC", text)).upper()
    return letters if len(letters) == LENGTH and set(letters) <= set(LETTERS) else None


def asking(
    connection: Connection, pseudonyms: Pseudonyms, typed: str, now: datetime
) -> Asking | None:
    """What waits behind a code, until it is taken up, refused or has run out."""
    sought = {"wanted": pseudonyms.typed(typed), "now": int(now.timestamp())}
    row = connection.execute(_ASKING, sought).first()
    if row is None:
        return None
    begun_at = datetime.fromtimestamp(row.begun_at, UTC)
    return Asking(row.digest, AuthorizationRequest.load(row.request), begun_at)


def move(connection: Connection, code: bytes, to: State, now: datetime) -> bool:
    """Bring a code to a state, once. False: it does not follow, or the code has run out."""
    moved = connection.execute(
        _MOVE,
        {
            "wanted": code,
            "before": [state.value for state in COMES_OF[to]],
            "after": to.value,
            "now": int(now.timestamp()),
        },
    )
    return moved.rowcount == 1


def poll(connection: Connection, client_id: str, device: str, now: datetime) -> Polled | None:
    """How a device's code stands; it is remembered that it asked. None: not this client's."""
    seconds = int(now.timestamp())
    mine = {"wanted": opaque.digest(device), "client": client_id}
    row = connection.execute(_STANDS, mine).first()
    if row is None:
        return None
    in_time = connection.execute(_IN_TIME, {**mine, "now": seconds}).rowcount == 1
    if not in_time:
        connection.execute(_TOO_SOON, {**mine, "now": seconds})
    return Polled(State(row.state), row.expires_at <= seconds, not in_time)
