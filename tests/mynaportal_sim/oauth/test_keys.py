"""Keys that sign tokens: known before they sign, good as long as what they signed, or dead."""

from collections.abc import Callable
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import NamedTuple

import jwt
import pytest
from sqlalchemy import Connection

from mynaportal_sim.oauth.keys import service
from mynaportal_sim.oauth.keys.errors import (
    ChangedMeanwhileError,
    KeyStateError,
    NextKeyExistsError,
    NoNextKeyError,
    NotKnownYetError,
    SigningKeyError,
)
from mynaportal_sim.oauth.keys.files import KeyFiles
from mynaportal_sim.oauth.keys.life import (
    KNOWN_AFTER,
    MAX_AGE,
    PUBLISHED_FOR,
    TRANSITIONS,
    Key,
    KeyEvent,
    KeyState,
    KeyStatus,
)

from .conftest import Portal
from .key_operator import Operator, accepted, followed, kid_of, published, refreshed, tokens
from .kit import AppKit
from .test_once import together

SECOND = timedelta(seconds=1)


@pytest.fixture
def operator(portal: Portal, tmp_path: Path) -> Operator:
    return Operator(portal, KeyFiles(tmp_path / "keys"))


@pytest.mark.parametrize(("state", "event"), list(product(KeyState, KeyEvent)))
def test_the_table_is_the_whole_life_of_a_key(state: KeyState, event: KeyEvent) -> None:
    told = {
        "next activate": "active",
        "next remove": "removed",
        "active retire": "retired",
        "active remove": "removed",
        "retired remove": "removed",
    }
    assert TRANSITIONS.get((state, event)) == told.get(f"{state} {event}")


def test_the_page_on_keys_tells_the_spans_that_hold() -> None:
    page = (Path(__file__).parents[3] / "docs" / "keys.md").read_text()
    for span in (MAX_AGE, KNOWN_AFTER, PUBLISHED_FOR):
        assert f"{span.total_seconds():.0f} s" in page


class Row(NamedTuple):
    """A key of some status: what each command makes of it, and what stands in the key set."""

    rotate: str | type[SigningKeyError]
    remove: str | type[SigningKeyError]
    shown: bool


ROWS = {
    KeyStatus.NEXT: Row("active", "removed", shown=True),
    KeyStatus.ACTIVE: Row("retired", "removed", shown=True),
    KeyStatus.RETIRED: Row("retired", "removed", shown=True),
    KeyStatus.GONE: Row("gone", "removed", shown=False),
    KeyStatus.REMOVED: Row("removed", KeyStateError, shown=False),
}


def brought_to(operator: Operator, status: KeyStatus) -> str:
    """A key that stands like this, while another key is there that can be rotated to."""
    first = operator.active
    if status in {KeyStatus.NEXT, KeyStatus.ACTIVE}:
        coming = operator.next()
        operator.wait(KNOWN_AFTER)
        return coming.kid if status is KeyStatus.NEXT else first
    operator.rotate_in_time()
    if status is KeyStatus.GONE:
        operator.wait(PUBLISHED_FOR)
    if status is KeyStatus.REMOVED:
        operator.remove(first)
    operator.next()
    operator.wait(KNOWN_AFTER if status is KeyStatus.GONE else timedelta())
    return first


@pytest.mark.parametrize("command", ["rotate", "remove"])
@pytest.mark.parametrize("status", KeyStatus)
def test_what_each_command_makes_of_a_key(
    portal: Portal, operator: Operator, status: KeyStatus, command: str
) -> None:
    kid, row = brought_to(operator, status), ROWS[status]
    assert operator.key(kid).status(portal.clock.now()) is status
    followed()
    assert (kid in published(portal)) is row.shown
    expected = row.rotate if command == "rotate" else row.remove
    before = operator.every()
    if not isinstance(expected, str):
        with pytest.raises(expected):
            operator.remove(kid)
        assert operator.every() == before
        return
    if command == "remove":
        operator.remove(kid)
    else:
        operator.rotate_now()
    assert operator.key(kid).status(portal.clock.now()).value == expected


def test_a_rotation_refuses_no_token_of_either_key(
    portal: Portal, operator: Operator, oidc: AppKit
) -> None:
    first = operator.active
    coming = operator.next()
    assert coming.state is KeyState.NEXT
    followed()
    assert published(portal) == [first, coming.kid]
    operator.wait(KNOWN_AFTER - SECOND)
    with pytest.raises(NotKnownYetError, match=r"until 2026-11-23T06:05:01Z"):
        operator.rotate()
    held = tokens(portal, oidc)
    assert kid_of(held.access) == kid_of(held.identity) == first
    operator.wait(SECOND)
    assert operator.rotate().kid == coming.kid
    followed()
    newer = refreshed(portal, oidc, held)
    assert kid_of(newer) == coming.kid
    assert published(portal) == [coming.kid, first]
    assert accepted(portal, oidc, held.access)
    assert accepted(portal, oidc, newer)


def test_a_retired_key_stays_published_until_all_that_it_signed_has_ended(
    portal: Portal, operator: Operator, oidc: AppKit
) -> None:
    first = operator.active
    held = tokens(portal, oidc)
    second = operator.rotate_now().kid
    claims = jwt.decode(held.access, options={"verify_signature": False})
    retired = operator.key(first).since
    operator.wait(PUBLISHED_FOR - SECOND)
    followed()
    assert portal.clock.now().timestamp() > claims["exp"]
    assert published(portal) == [second, first]
    operator.wait(SECOND)
    followed()
    assert published(portal) == [second]
    assert operator.key(first).gone_at == retired + PUBLISHED_FOR <= portal.clock.now()


def test_the_key_set_has_another_etag_after_a_change_and_the_same_until_then(
    portal: Portal, operator: Operator
) -> None:
    first = portal.send("GET", "/jwks")
    assert first.headers["cache-control"] == "public, max-age=300"
    known = {"If-None-Match": first.headers["etag"]}
    assert portal.send("GET", "/jwks", headers=known).status_code == 304
    operator.next()
    followed()
    changed = portal.send("GET", "/jwks", headers=known)
    assert changed.status_code == 200
    assert changed.headers["etag"] != first.headers["etag"]


def test_what_a_removed_key_signed_is_dead_and_another_key_signs(
    portal: Portal, operator: Operator, oidc: AppKit
) -> None:
    held = tokens(portal, oidc)
    lost = operator.active
    assert accepted(portal, oidc, held.access)
    active = operator.next().kid
    assert operator.remove(lost).kid == active
    followed()
    assert not accepted(portal, oidc, held.access)
    assert portal.send("GET", "/jwks").headers["cache-control"] == "no-cache"
    assert published(portal) == [active]
    newer = refreshed(portal, oidc, held)
    assert kid_of(newer) == active
    assert accepted(portal, oidc, newer)
    operator.wait(PUBLISHED_FOR)
    followed()
    assert portal.send("GET", "/jwks").headers["cache-control"] == "public, max-age=300"
    assert not accepted(portal, oidc, held.access)


def test_a_token_of_a_removed_key_cannot_be_revoked_either(
    portal: Portal, operator: Operator, oidc: AppKit
) -> None:
    held = tokens(portal, oidc)
    operator.next()
    operator.remove(operator.active)
    followed()
    portal.post("/revoke", oidc.signed({"token": held.access}))
    assert "token.revoked" not in [kind for kind, _ in portal.ledger()]


def test_what_is_removed_leaves_a_key_that_signs(operator: Operator) -> None:
    lost = operator.active
    with pytest.raises(NoNextKeyError):
        operator.remove(lost)
    assert operator.active == lost
    coming = operator.next()
    assert operator.remove(lost).kid == coming.kid
    again = operator.next()
    assert operator.remove(again.kid).kid == operator.active == coming.kid


def test_each_change_is_an_entry_that_names_the_key_and_the_reason_and_nobody(
    portal: Portal, operator: Operator
) -> None:
    first = operator.active
    second = operator.rotate_in_time().kid
    third = operator.next().kid
    act = operator.act("found in a lost backup")
    portal.server.database.run(service.remove, second, act)
    told = [
        (kind, fields.pop("kid"), fields.pop("reason"), sorted(fields))
        for kind, fields in portal.ledger()
        if kind.startswith("key.")
    ]
    assert told == [
        ("key.activated", first, service.BEGINNING, ["at"]),
        ("key.next", second, "planned", ["at"]),
        ("key.retired", first, "planned", ["at"]),
        ("key.activated", second, "planned", ["at"]),
        ("key.next", third, "planned", ["at"]),
        ("key.removed", second, "found in a lost backup", ["at"]),
        ("key.activated", third, "found in a lost backup", ["at"]),
    ]


@pytest.mark.parametrize(
    ("prepare", "command", "wins", "loses"),
    [
        pytest.param(
            lambda _: None, "next", 1, {NextKeyExistsError}, id="one next key is published"
        ),
        pytest.param(
            lambda operator: (operator.next(), operator.wait(KNOWN_AFTER)),
            "rotate",
            1,
            {ChangedMeanwhileError, NoNextKeyError},
            id="one rotation goes through",
        ),
        pytest.param(
            lambda operator: operator.next(),
            "remove",
            1,
            {ChangedMeanwhileError, KeyStateError, NoNextKeyError},
            id="one removal goes through",
        ),
    ],
)
def test_of_many_commands_at_once(
    operator: Operator,
    prepare: Callable[[Operator], object],
    command: str,
    wins: int,
    loses: set[type[SigningKeyError]],
) -> None:
    prepare(operator)
    active, act = operator.active, operator.act()

    def unit(connection: Connection, _number: int) -> Key:
        match command:
            case "next":
                return service.publish(connection, operator.files.make(), act)
            case "rotate":
                return service.rotate(connection, False, act)
            case _:
                return service.remove(connection, active, act)

    outcomes = together(operator.portal, unit, SigningKeyError)
    won = [one for one in outcomes if isinstance(one, Key)]
    assert len(won) == wins
    assert {type(one) for one in outcomes if not isinstance(one, Key)} <= loses
    states = [key.state for key in operator.every()]
    assert states.count(KeyState.ACTIVE) == 1
    assert states.count(KeyState.NEXT) <= 1
