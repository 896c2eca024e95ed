"""An invitation registers as many apps as it says, for whom and as long as it says."""

import asyncio
import json
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from secrets import token_bytes
from typing import Any

import pytest
from sqlalchemy import create_engine
from sqlmodel import SQLModel
from typer.testing import CliRunner

from consent.ledger import store as ledger
from consent.ledger.entry import read_body, read_leaf
from mynaportal_sim.apps import invites
from mynaportal_sim.apps.errors import NoSuchInviteError, RegistrationError
from mynaportal_sim.apps.invites import InvitationStatus
from mynaportal_sim.cli.app import app
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.database import Database

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
DAY = timedelta(days=1)
MANY, USES = 12, 5


@pytest.fixture
def data(tmp_path: Path) -> Path:
    engine = create_engine(f"sqlite:///{tmp_path / 'portal.sqlite3'}")
    SQLModel.metadata.create_all(engine)
    engine.dispose()
    return tmp_path


# Any: what a command says for programs is as deep as it is.
def _say(data: Path, *command: str) -> Any:
    done = CliRunner().invoke(app, [*command, "--data", str(data), "--json"])
    assert done.exit_code == 0, done.exception
    return json.loads(done.stdout)


def test_of_however_many_at_once_only_as_many_as_invited_register(database_url: str) -> None:
    async def spent(database: Database, id_: str) -> list[bool]:
        uses = [database.write(invites.spend, id_, NOW) for _ in range(MANY)]
        return list(await asyncio.gather(*uses))

    with closing(Database(database_url)) as database:
        made = database.run(invites.issue, "", USES, DAY, NOW, token_bytes)
        assert sum(asyncio.run(spent(database, made.invite.id))) == USES
        found = database.run(invites.find, made.token)
        assert found is not None
        assert found.standing(NOW) is InvitationStatus.USED_UP


@pytest.mark.parametrize(
    ("uses", "after", "revoked", "standing"),
    [
        pytest.param(1, timedelta(0), False, InvitationStatus.LIVE, id="at once"),
        pytest.param(
            1, DAY - timedelta(seconds=1), False, InvitationStatus.LIVE, id="just in time"
        ),
        pytest.param(1, DAY, False, InvitationStatus.EXPIRED, id="too late"),
        pytest.param(1, timedelta(0), True, InvitationStatus.REVOKED, id="revoked"),
    ],
)
def test_an_invitation_can_be_used_while_it_stands(
    uses: int, after: timedelta, revoked: bool, standing: InvitationStatus
) -> None:
    engine = create_engine("sqlite://")
    SQLModel.metadata.create_all(engine)
    with engine.begin() as connection:
        made = invites.issue(connection, "", uses, DAY, NOW, token_bytes)
        if revoked:
            invites.revoke(connection, made.invite.id, NOW, token_bytes)
        found = invites.find(connection, made.token)
        assert found is not None
        assert found.standing(NOW + after) is standing
        used = invites.spend(connection, made.invite.id, NOW + after)
        assert used is (standing is InvitationStatus.LIVE)
        assert not invites.spend(connection, made.invite.id, NOW + after)
        assert invites.find(connection, f"{made.token}x") is None


def test_the_command_invites_once_and_tells_where_and_how(data: Path) -> None:
    said = _say(data, "invite", "--organisation", "健康ノート", "--uses", "2", "--lasts", "3d")
    token = said["initial_access_token"]
    assert said["url"] == f"http://localhost:8400/apps/register#{token}"
    assert said["registration_endpoint"] == "http://localhost:8400/register"
    [listed] = _say(data, "invites")
    assert listed == {name: said[name] for name in listed}
    assert (listed["standing"], listed["uses"], listed["used"]) == ("live", 2, 0)
    stored = b"".join(path.read_bytes() for path in data.glob("portal.sqlite3*"))
    assert listed["id"].encode() in stored
    assert token.encode() not in stored
    revoked = [_say(data, "revoke-invite", listed["id"]) for _ in range(2)]
    assert (
        revoked
        == [listed | {"standing": "revoked", "revoked_at": revoked[0]["revoked_at"]}] * 2
    )
    shown = CliRunner().invoke(app, ["invite", "--data", str(data)]).stdout
    assert "POST http://localhost:8400/register" in shown
    assert "Authorization: Bearer " in shown


def test_the_ledger_tells_of_invitations_and_of_their_end(data: Path) -> None:
    id_ = _say(data, "invite")["id"]
    _say(data, "revoke-invite", id_)
    _say(data, "revoke-invite", id_)  # again changes nothing
    with closing(Database(f"sqlite:///{data / 'portal.sqlite3'}")) as database:
        logged = database.run(ledger.newest, 9)
    told = [
        (read_leaf(one.leaf).type, read_body(one.body or b"")["invite"].value) for one in logged
    ]
    assert told == [("app.invite_revoked", id_), ("app.invited", id_)]


@pytest.mark.parametrize(
    ("command", "error", "said"),
    [
        pytest.param(("revoke-invite", "x"), NoSuchInviteError, "app invites", id="none such"),
        pytest.param(("invite", "--lasts", "367d"), CommandError, "366d", id="endless"),
        pytest.param(("invite", "--lasts", "0s"), CommandError, "366d", id="at no time"),
        pytest.param(
            ("invite", "--organisation", "\u202e帳"),
            RegistrationError,
            "direction",
            id="a name that misleads",
        ),
    ],
)
def test_what_is_no_invitation_changes_nothing(
    data: Path, command: tuple[str, ...], error: type[Exception], said: str
) -> None:
    done = CliRunner().invoke(app, [*command, "--data", str(data)])
    assert isinstance(done.exception, error)
    assert said in str(done.exception)
    assert _say(data, "invites") == []
