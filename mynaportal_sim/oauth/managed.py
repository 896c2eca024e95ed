"""Consents as their apps manage them (Grant Management for OAuth 2.0, draft 03).

A grant is an arrangement, under the id by which tokens name it: an arrangement is one person's
with one app, so that no other app learns it. `create` asks for one beside those there are,
`merge` for more under one, `replace` for something else under one; each by a new answer.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum, unique
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import Connection

from consent import service
from consent.model import ALIVE, Arrangement, ConsentVersion, State, Status
from mynaportal_sim.apps import store as apps
from mynaportal_sim.oauth import families, form
from mynaportal_sim.oauth.claims import names_in
from mynaportal_sim.oauth.families import Family

QUERY = "grant_management_query"
REVOKE = "grant_management_revoke"
SCOPES = frozenset({QUERY, REVOKE})


@unique
class Action(StrEnum):
    """What an authorization request may do about grants (5.2)."""

    CREATE = "create"
    MERGE = "merge"
    REPLACE = "replace"


ACTIONS = ("query", "revoke", *(action.value for action in Action))
"""All that can be done about a grant, as the metadata name it (7.1)."""


class Grant(NamedTuple):
    """A grant that stands, and whose it is.

    `scopes` and `claims` are those that the app last asked for under it; `by_app` says that
    what stands came of that, and not of something that the person or the portal did since.
    """

    arrangement: Arrangement
    version: ConsentVersion
    scopes: tuple[str, ...]
    by_app: bool
    claims: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Managing:
    """What a request does about grants; with the version that stands under the one it names."""

    action: Action
    arrangement_id: UUID | None = None
    version_id: UUID | None = None

    def plain(self) -> dict[str, str]:
        """This as JSON can hold it."""
        ids = {"arrangement": self.arrangement_id, "version": self.version_id}
        known = {name: str(id_) for name, id_ in ids.items() if id_ is not None}
        return {"action": self.action.value, **known}

    @classmethod
    def of(cls, plain: Mapping[str, str]) -> "Managing":
        """What `plain` was made of."""
        named = [UUID(plain[name]) for name in ("arrangement", "version") if name in plain]
        return cls(Action(plain["action"]), *named)


def find(connection: Connection, client_id: str, grant_id: str, now: datetime) -> Grant | None:
    """The grant of this client's by that id, unless it has ended."""
    arrangement_id = form.as_uuid(grant_id)
    if arrangement_id is None or str(arrangement_id) != grant_id:
        return None
    asked = families.of_arrangement(connection, client_id, arrangement_id)
    resident_id = apps.resident_of(connection, client_id, asked[0].sub) if asked else None
    if resident_id is None:
        return None
    arrangement = service.arrangement(connection, resident_id, arrangement_id)
    version = service.newest(connection, resident_id, arrangement_id)
    if arrangement is None or version is None or not _stands(version, now):
        return None
    untouched = version.state is State.GRANTED and version.state_since == version.answered_at
    by_app = untouched and any(one.version_id == version.id for one in asked)
    scopes, claims = _scopes(asked, version.id), _claims(asked, version.id)
    return Grant(arrangement, version, scopes, by_app, claims)


def scopes_under(connection: Connection, client_id: str, managing: Managing) -> Sequence[str]:
    """The scopes asked for under the grant that a request names."""
    if managing.arrangement_id is None:
        return ()
    asked = families.of_arrangement(connection, client_id, managing.arrangement_id)
    return _scopes(asked, managing.version_id)


def _scopes(asked: Sequence[Family], version_id: UUID | None) -> tuple[str, ...]:
    """The scopes that a version was asked for with, or if it was not asked for, the newest.

    Those that are about grants are none of any grant's.
    """
    named = {scope for one in _under(asked, version_id) for scope in one.scope.split()}
    return tuple(sorted(named - SCOPES))


def _claims(asked: Sequence[Family], version_id: UUID | None) -> tuple[str, ...]:
    """The claims that were asked for by name, with the same."""
    under = _under(asked, version_id)
    return tuple(sorted({name for one in under for name in names_in(one.claims)}))


def _under(asked: Sequence[Family], version_id: UUID | None) -> Sequence[Family]:
    return [one for one in asked if one.version_id == version_id] or asked[:1]


def _stands(version: ConsentVersion, now: datetime) -> bool:
    """Whether an answer gives something, or may again."""
    return version.state in ALIVE and now < version.gives_until


def in_force(
    connection: Connection, client_id: str, grant_id: str, now: datetime
) -> Grant | None:
    """The same, if it gives something at `now`: what a person has suspended is not amended."""
    grant = find(connection, client_id, grant_id, now)
    given = grant is not None and grant.version.status(now) is Status.GRANTED
    return grant if given else None
