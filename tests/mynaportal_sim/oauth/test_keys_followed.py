"""Every worker goes by what was done to the keys, and none asks for that at each request."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from time import monotonic

import pytest
from fastapi import FastAPI
from sqlalchemy import Engine, event

from mynaportal_sim.database import Database
from mynaportal_sim.keys import KeyFileError
from mynaportal_sim.oauth.keys.errors import (
    KeyFileUnfitError,
    NoNextKeyError,
    NoSuchKeyError,
)
from mynaportal_sim.oauth.keys.files import KeyFiles
from mynaportal_sim.oauth.keys.following import LOOK_EVERY, SigningKeys
from mynaportal_sim.oauth.metadata import Published
from mynaportal_sim.oauth.router import router

from .conftest import Portal
from .key_operator import Operator, accepted, followed, kid_of, published, refreshed, tokens
from .kit import ISSUER, AppKit
from .signing import begun


@pytest.fixture
def operator(portal: Portal, tmp_path: Path) -> Operator:
    return Operator(portal, KeyFiles(tmp_path / "keys"))


@pytest.fixture
def another(portal: Portal, tmp_path: Path) -> Iterator[Portal]:
    """Another worker of the same portal."""
    database = Database(portal.server.database.url)
    keys = SigningKeys(database, portal.clock, tmp_path / "keys")
    web = FastAPI()
    web.state._state.update(portal.web.state._state)
    web.state.database, web.state.token_keys = database, keys
    web.include_router(router)
    web.add_middleware(Published, issuer=ISSUER, keys=keys)
    server = replace(portal.server, database=database, keys=keys)
    web.state.server = server
    yield replace(portal, server=server, web=web)
    database.close()


def test_another_worker_knows_at_once_a_key_that_it_has_never_seen(
    portal: Portal, another: Portal, operator: Operator, oidc: AppKit
) -> None:
    held = tokens(portal, oidc)
    followed()
    assert another.introspect(oidc, held.access)["active"]  # so that it need not look again
    operator.rotate_now()
    newer = refreshed(portal, oidc, held)  # this worker has just seen the key
    assert another.introspect(oidc, newer)["active"]


def test_another_worker_refuses_what_a_removed_key_signed_within_a_second(
    portal: Portal, another: Portal, operator: Operator, oidc: AppKit
) -> None:
    held = tokens(portal, oidc)
    operator.next()
    assert another.introspect(oidc, held.access)["active"]
    operator.remove(operator.active)
    removed = monotonic()
    while another.introspect(oidc, held.access)["active"]:
        assert monotonic() < removed + 1
    assert kid_of(held.access) not in published(another)


def test_between_two_looks_a_request_asks_the_database_nothing_of_keys(
    portal: Portal, oidc: AppKit
) -> None:
    looks: list[str] = []

    def note(*given: str) -> None:
        if "FROM signing_keys" in given[2]:
            looks.append(given[2])

    event.listen(Engine, "before_cursor_execute", note)
    held = tokens(portal, oidc)
    began = monotonic()
    for _ in range(50):
        portal.introspect(oidc, held.access)
    event.remove(Engine, "before_cursor_execute", note)
    assert 0 < len(looks) <= (monotonic() - began) / LOOK_EVERY + 2


def test_private_halves_are_for_their_owner_alone(tmp_path: Path, operator: Operator) -> None:
    operator.next()
    modes = {path.stat().st_mode & 0o777 for path in (tmp_path / "keys").iterdir()}
    assert modes == {0o600}


@pytest.mark.parametrize(
    ("harm", "error", "words"),
    [
        pytest.param("gone", KeyFileError, "there is no such key", id="no file"),
        pytest.param("other", KeyFileUnfitError, "another key", id="another key in it"),
        pytest.param("none", KeyFileUnfitError, "no private key", id="no key in it"),
        pytest.param("folder", KeyFileUnfitError, "cannot be read", id="nothing to read"),
    ],
)
def test_a_process_without_the_private_half_of_the_active_key_does_not_start(
    portal: Portal, operator: Operator, tmp_path: Path, harm: str, error: type, words: str
) -> None:
    kid = operator.rotate_now().kid
    path = tmp_path / "keys" / f"token-{kid}.pem"
    match harm:
        case "gone":
            path.unlink()
        case "folder":
            path.unlink()
            path.mkdir()
        case "other":
            path.write_bytes((tmp_path / "keys" / "token.pem").read_bytes())
        case _:
            path.write_bytes(b"-")
    with pytest.raises(error, match=words):
        begun(portal.server.database, portal.clock, tmp_path / "keys")


def test_a_next_key_that_cannot_be_read_stops_nothing_until_it_is_to_sign(
    portal: Portal, operator: Operator, oidc: AppKit, tmp_path: Path
) -> None:
    coming = operator.next()
    (tmp_path / "keys" / f"token-{coming.kid}.pem").unlink()
    followed()
    held = tokens(portal, oidc)
    assert accepted(portal, oidc, held.access)


def test_the_first_key_stays_the_one_that_was_there(
    portal: Portal, operator: Operator, tmp_path: Path
) -> None:
    kept = operator.active
    begun(portal.server.database, portal.clock, tmp_path / "keys")
    assert operator.active == kept == KeyFiles(tmp_path / "keys").first(make=False).kid


def test_of_what_is_not_there_it_is_said(operator: Operator) -> None:
    with pytest.raises(NoNextKeyError, match="keys next"):
        operator.rotate()
    with pytest.raises(NoSuchKeyError, match="keys list"):
        operator.remove("nobody")
