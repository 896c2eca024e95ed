"""Where apps are kept, and who a person is to each of them.

`subjects` is the one way from an app's name for a person to the person. Nothing else that an
app, a token or the ledger holds leads there.
"""

import json
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple
from uuid import UUID

from sqlalchemy import BigInteger, Connection, Row, Text, bindparam, insert, select, update
from sqlmodel import Field, SQLModel

from consent.insertion import insert_once
from consent.model import DeclaredPurpose
from consent.model.plain import plain_recipients, recipients_of
from mynaportal_sim.apps import declarations, uris
from mynaportal_sim.apps.about import About
from mynaportal_sim.apps.declarations import declarations as declared
from mynaportal_sim.apps.model import App, DeclaredVersion, Profile, RecipientKeys
from mynaportal_sim.apps.registration import parse_jwks
from mynaportal_sim.pseudonyms import Pseudonyms


class AppRow(SQLModel, table=True):
    """A registered app; lists are JSON."""

    __tablename__ = "apps"

    client_id: str = Field(primary_key=True)
    name: str
    organisation: str
    redirect_uris: str = Field(sa_type=Text)
    jwks: str = Field(sa_type=Text)
    profile: str
    supervisor: str
    purpose_version: int
    recipients: str = Field(sa_type=Text)
    recipient_keys: str = Field(sa_type=Text)
    authority: str
    ethics_approval: str
    event_endpoint: str
    post_logout_redirect_uris: str = Field(sa_type=Text)
    backchannel_logout_uri: str
    userinfo_signed_response_alg: str
    devices: bool
    verifier: bool
    registered_at: int = Field(sa_type=BigInteger)
    jwks_uri: str = Field(sa_type=Text)
    about: str = Field(sa_type=Text)


class SubjectRow(SQLModel, table=True):
    """The pairwise `sub` by which one app knows one person."""

    __tablename__ = "subjects"

    app_id: str = Field(primary_key=True)
    sub: str = Field(primary_key=True)
    resident_id: UUID


apps = SQLModel.metadata.tables["apps"]
subjects = SQLModel.metadata.tables["subjects"]

_DECLARING = select(
    apps,
    declared.c.code,
    declared.c.text,
    declared.c.scopes,
    declared.c.reviewer,
).join_from(
    apps,
    declared,
    (declared.c.client_id == apps.c.client_id) & (declared.c.version == apps.c.purpose_version),
)
_FIND = _DECLARING.where(apps.c.client_id == bindparam("wanted"))
_SET_ADDRESSES = (
    update(apps)
    .where(apps.c.client_id == bindparam("wanted"))
    .values(redirect_uris=bindparam("uris"), event_endpoint=bindparam("endpoint"))
)
_AMEND = (
    update(apps)
    .where(apps.c.client_id == bindparam("wanted"))
    .values(
        redirect_uris=bindparam("uris"),
        event_endpoint=bindparam("endpoint"),
        post_logout_redirect_uris=bindparam("after_logout"),
        backchannel_logout_uri=bindparam("told_at"),
        userinfo_signed_response_alg=bindparam("signed_by"),
        jwks=bindparam("keys"),
        jwks_uri=bindparam("at"),
        about=bindparam("said"),
    )
)
_SET_JWKS = (
    update(apps)
    .where(apps.c.client_id == bindparam("wanted"), apps.c.jwks_uri == bindparam("at"))
    .values(jwks=bindparam("keys"))
)
_EVENT_ENDPOINTS = select(apps.c.client_id, apps.c.event_endpoint).where(
    apps.c.event_endpoint != ""
)
_BACKCHANNEL_LOGOUT_URIS = select(apps.c.client_id, apps.c.backchannel_logout_uri).where(
    apps.c.backchannel_logout_uri != ""
)
_SET_PURPOSE_VERSION = (
    update(apps)
    .where(apps.c.client_id == bindparam("wanted"), apps.c.purpose_version == bindparam("was"))
    .values(purpose_version=bindparam("version"))
)
_SET_RECIPIENT_KEYS = (
    update(apps)
    .where(apps.c.client_id == bindparam("wanted"), apps.c.recipient_keys == bindparam("was"))
    .values(recipient_keys=bindparam("now"))
)
_PURPOSE_VERSION = select(apps.c.purpose_version).where(apps.c.client_id == bindparam("wanted"))
_PURPOSE_VERSIONS = select(apps.c.client_id, apps.c.purpose_version)
_LOCKED_PURPOSE_VERSION = _PURPOSE_VERSION.with_for_update()
_ALL = _DECLARING.order_by(apps.c.registered_at, apps.c.client_id)
_PUBLIC_REDIRECT_URIS = select(apps.c.redirect_uris).where(apps.c.jwks == "")
_SUBJECTS = (
    select(subjects)
    .where(subjects.c.app_id == bindparam("app"), subjects.c.sub > bindparam("after"))
    .order_by(subjects.c.sub)
    .limit(bindparam("most"))
)
_RESIDENT = select(subjects.c.resident_id).where(
    subjects.c.app_id == bindparam("app"), subjects.c.sub == bindparam("name")
)


def add(connection: Connection, app: App) -> None:
    """Keep a new app, and what it declares first."""
    connection.execute(
        insert(apps),
        {
            "client_id": app.client_id,
            "name": app.name,
            "organisation": app.organisation,
            "redirect_uris": json.dumps(app.redirect_uris),
            "jwks": app.jwks,
            "profile": app.profile.value,
            "supervisor": app.supervisor,
            "purpose_version": app.purpose.version,
            "recipients": json.dumps(plain_recipients(app.recipients), ensure_ascii=False),
            "recipient_keys": _plain_keys(app.recipient_keys),
            "authority": app.authority,
            "ethics_approval": app.ethics_approval,
            "event_endpoint": app.event_endpoint,
            "post_logout_redirect_uris": json.dumps(app.post_logout_redirect_uris),
            "backchannel_logout_uri": app.backchannel_logout_uri,
            "userinfo_signed_response_alg": app.userinfo_signed_response_alg,
            "devices": app.devices,
            "verifier": app.verifier,
            "registered_at": int(app.registered_at.timestamp()),
            "jwks_uri": app.jwks_uri,
            "about": app.about.dump(),
        },
    )
    first = DeclaredVersion(app.purpose, app.scopes, app.registered_at)
    declarations.add(connection, app.client_id, first)


def set_addresses(connection: Connection, app: App) -> None:
    """Keep the redirect URIs and the event endpoint that a known app has now."""
    connection.execute(
        _SET_ADDRESSES,
        {
            "wanted": app.client_id,
            "uris": json.dumps(app.redirect_uris),
            "endpoint": app.event_endpoint,
        },
    )


def amend(connection: Connection, app: App) -> None:
    """Keep all that a known app says of itself now, but for what people are asked by."""
    connection.execute(
        _AMEND,
        {
            "wanted": app.client_id,
            "uris": json.dumps(app.redirect_uris),
            "endpoint": app.event_endpoint,
            "after_logout": json.dumps(app.post_logout_redirect_uris),
            "told_at": app.backchannel_logout_uri,
            "signed_by": app.userinfo_signed_response_alg,
            "keys": app.jwks,
            "at": app.jwks_uri,
            "said": app.about.dump(),
        },
    )


def set_jwks(connection: Connection, client_id: str, jwks_uri: str, jwks: str) -> bool:
    """Keep the keys that were read at an app's jwks_uri; False if that is another by now."""
    values = {"wanted": client_id, "at": jwks_uri, "keys": jwks}
    return connection.execute(_SET_JWKS, values).rowcount == 1


def event_endpoints(connection: Connection) -> dict[str, str]:
    """Where apps take events, by app."""
    found = connection.execute(_EVENT_ENDPOINTS)
    return {row.client_id: row.event_endpoint for row in found}


def backchannel_logout_uris(connection: Connection) -> dict[str, str]:
    """Where apps are told that a session ended, by app."""
    found = connection.execute(_BACKCHANNEL_LOGOUT_URIS)
    return {row.client_id: row.backchannel_logout_uri for row in found}


def declare(connection: Connection, client_id: str, new: DeclaredVersion) -> bool:
    """Keep the declaration that follows the one before; False if another came first."""
    version = new.purpose.version
    values = {"wanted": client_id, "was": version - 1, "version": version}
    if connection.execute(_SET_PURPOSE_VERSION, values).rowcount != 1:
        return False
    declarations.add(connection, client_id, new)
    return True


def review(connection: Connection, client_id: str, version: int, by: str, at: datetime) -> bool:
    """Keep who reviewed a declaration; False if it is not the newest."""
    newest = connection.execute(_LOCKED_PURPOSE_VERSION, {"wanted": client_id}).scalar()
    if newest != version:
        return False
    declarations.set_reviewer(connection, client_id, version, by, at)
    return True


def set_recipient_keys(connection: Connection, before: App, after: App) -> bool:
    """Keep the keys of an app's recipients; False if others came first."""
    values = {
        "wanted": before.client_id,
        "was": _plain_keys(before.recipient_keys),
        "now": _plain_keys(after.recipient_keys),
    }
    return connection.execute(_SET_RECIPIENT_KEYS, values).rowcount == 1


def purpose_version(connection: Connection, client_id: str) -> int | None:
    """The version of the purpose that an app declares now; None for an app nobody knows."""
    version: int | None = connection.execute(_PURPOSE_VERSION, {"wanted": client_id}).scalar()
    return version


def purpose_versions(connection: Connection) -> dict[str, int]:
    """The version of the purpose that each app declares now."""
    return {row.client_id: row.purpose_version for row in connection.execute(_PURPOSE_VERSIONS)}


def find(connection: Connection, client_id: str) -> App | None:
    """The app of that client_id."""
    row = connection.execute(_FIND, {"wanted": client_id}).first()
    return None if row is None else _app(row)


def every(connection: Connection) -> list[App]:
    """All apps, in the order of their registration."""
    return [_app(row) for row in connection.execute(_ALL)]


def origins_of_public(connection: Connection) -> frozenset[str]:
    """Where the pages of public clients stand, as browsers name it (RFC 6454 6)."""
    found = connection.scalars(_PUBLIC_REDIRECT_URIS)
    return frozenset(uris.origin(one) for row in found for one in json.loads(row))


def subject(
    connection: Connection, pseudonyms: Pseudonyms, app_id: str, resident_id: UUID
) -> str:
    """The app's name for a person, which from now on leads back to them."""
    sub = pseudonyms.subject(app_id, resident_id)
    connection.execute(
        insert_once(subjects, connection)
        .values(app_id=app_id, sub=sub, resident_id=resident_id)
        .on_conflict_do_nothing()
    )
    return sub


class Subject(NamedTuple):
    """An app's name for a person, and who that is."""

    sub: str
    resident_id: UUID


def subjects_of(connection: Connection, app_id: str, after: str, most: int) -> list[Subject]:
    """At most so many of those an app knows, in the order of their names, after that name."""
    found = connection.execute(_SUBJECTS, {"app": app_id, "after": after, "most": most})
    return [Subject(row.sub, row.resident_id) for row in found]


def resident_of(connection: Connection, app_id: str, sub: str) -> UUID | None:
    """The person whom an app knows as `sub`; None when it knows nobody by that name."""
    resident_id: UUID | None = connection.execute(
        _RESIDENT, {"app": app_id, "name": sub}
    ).scalar()
    return resident_id


def _plain_keys(given: Iterable[RecipientKeys]) -> str:
    return json.dumps([[one.name, one.jwks] for one in given], ensure_ascii=False)


# The whole row is the key, so an app that changes is parsed anew, in each process.
@lru_cache(maxsize=1024)
def _app(row: Row[tuple[str, ...]]) -> App:
    return App(
        client_id=row.client_id,
        name=row.name,
        organisation=row.organisation,
        redirect_uris=tuple(json.loads(row.redirect_uris)),
        jwks=row.jwks,
        keys=parse_jwks(row.jwks) if row.jwks else (),
        scopes=frozenset(row.scopes.split()),
        profile=Profile(row.profile),
        supervisor=row.supervisor,
        purpose=DeclaredPurpose(row.code, row.text, row.purpose_version),
        registered_at=datetime.fromtimestamp(row.registered_at, UTC),
        recipients=recipients_of(json.loads(row.recipients)),
        recipient_keys=tuple(
            RecipientKeys(name, jwks, parse_jwks(jwks))
            for name, jwks in json.loads(row.recipient_keys)
        ),
        authority=row.authority,
        ethics_approval=row.ethics_approval,
        event_endpoint=row.event_endpoint,
        post_logout_redirect_uris=tuple(json.loads(row.post_logout_redirect_uris)),
        backchannel_logout_uri=row.backchannel_logout_uri,
        userinfo_signed_response_alg=row.userinfo_signed_response_alg,
        reviewer=row.reviewer,
        jwks_uri=row.jwks_uri,
        about=About.load(row.about),
        devices=row.devices,
        verifier=row.verifier,
    )
