"""What the app keeps: whose tokens it has, and requests that wait for their answer.

No health data is ever written. Rows are found by the digest of a browser's session id, so the
file alone opens no session; it holds tokens all the same and is its owner's only (0600).
"""

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

from mynaportal_sim.sample_app.errors import StartError
from mynaportal_sim.sample_app.relying_party import Pending

WAIT_FOR_ANSWER = timedelta(hours=1)
_SCHEMA = """
CREATE TABLE IF NOT EXISTS pending (
    session BLOB NOT NULL, state TEXT NOT NULL, verifier TEXT NOT NULL, nonce TEXT NOT NULL,
    asked TEXT NOT NULL, begun_at INTEGER NOT NULL, PRIMARY KEY (session, state)
);
CREATE TABLE IF NOT EXISTS connections (
    session BLOB PRIMARY KEY, access_token TEXT NOT NULL, refresh_token TEXT NOT NULL,
    expires_at INTEGER NOT NULL, subject TEXT NOT NULL, details TEXT NOT NULL,
    asked TEXT NOT NULL, connected_at INTEGER NOT NULL
);
CREATE TABLE IF NOT EXISTS endings (
    session BLOB PRIMARY KEY, subject BLOB NOT NULL, code TEXT NOT NULL,
    certificate TEXT NOT NULL
);
"""


@dataclass(frozen=True, slots=True)
class Connection:
    """One person's connection to the portal.

    `details` are the authorization details that were granted (RFC 9396 7), `asked` the
    categories that had been asked for.
    """

    access_token: str = field(repr=False)
    refresh_token: str = field(repr=False)
    expires_at: datetime
    subject: str = field(repr=False)
    details: list[dict[str, object]]
    asked: list[str]
    connected_at: datetime

    @property
    def granted(self) -> list[str]:
        """The categories that the person gave."""
        named = (one.get("categories") for one in self.details)
        found = [str(code) for codes in named if isinstance(codes, list) for code in codes]
        return list(dict.fromkeys(found))


@dataclass(frozen=True, slots=True)
class Ending:
    """What is left of a connection that has ended: how, and what the portal was certified.

    `certificate` is empty until the portal has taken one.
    """

    code: str
    certificate: str


class Store:
    """The app's SQLite file.

    Raises:
        StartError: it cannot be used.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        try:
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            path.touch(mode=0o600)
            with self._open() as database:
                database.executescript(_SCHEMA)
        except (OSError, sqlite3.Error) as error:
            raise StartError(f"--data {path} cannot be used ({error})") from None

    def await_answer(
        self, session: str, pending: Pending, asked: list[str], now: datetime
    ) -> None:
        """Remember the request that a session's browser has been sent away with."""
        with self._open() as database:
            oldest = _seconds(now - WAIT_FOR_ANSWER)
            database.execute("DELETE FROM pending WHERE begun_at < ?", (oldest,))
            database.execute(
                "INSERT OR REPLACE INTO pending VALUES (?, ?, ?, ?, ?, ?)",
                (
                    _digest(session),
                    pending.state,
                    pending.verifier,
                    pending.nonce,
                    json.dumps(asked),
                    _seconds(now),
                ),
            )

    def take_pending(self, session: str, state: str) -> tuple[Pending, list[str]] | None:
        """The session's request of that state, which from now on no longer waits."""
        with self._open() as database:
            row = database.execute(
                "DELETE FROM pending WHERE session = ? AND state = ?"
                " RETURNING state, verifier, nonce, asked",
                (_digest(session), state),
            ).fetchone()
        return None if row is None else (Pending(*row[:3]), json.loads(row[3]))

    def keep(self, session: str, connection: Connection) -> None:
        """Put `connection` in place of what the session had."""
        with self._open() as database:
            database.execute(
                "INSERT OR REPLACE INTO connections VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
                (
                    _digest(session),
                    connection.access_token,
                    connection.refresh_token,
                    _seconds(connection.expires_at),
                    connection.subject,
                    json.dumps(connection.details, ensure_ascii=False),
                    json.dumps(connection.asked),
                    _seconds(connection.connected_at),
                ),
            )

    def find(self, session: str) -> Connection | None:
        """The session's connection."""
        with self._open() as database:
            row = database.execute(
                "SELECT access_token, refresh_token, expires_at, subject, details, asked,"
                " connected_at FROM connections WHERE session = ?",
                (_digest(session),),
            ).fetchone()
        if row is None:
            return None
        access, refresh, expires_at, subject, details, asked, connected_at = row
        return Connection(
            access,
            refresh,
            datetime.fromtimestamp(expires_at, UTC),
            subject,
            json.loads(details),
            json.loads(asked),
            datetime.fromtimestamp(connected_at, UTC),
        )

    def end(self, session: str, code: str) -> None:
        """Drop what is kept for a session whose consent has ended, but for that it has."""
        with self._open() as database:
            rows = database.execute(
                "DELETE FROM connections WHERE session = ? RETURNING session, subject",
                (_digest(session),),
            ).fetchall()
            _end(database, rows, code)

    def end_subject(self, subject: str, code: str) -> None:
        """The same for every session of a person."""
        with self._open() as database:
            rows = database.execute(
                "DELETE FROM connections WHERE subject = ? RETURNING session, subject",
                (subject,),
            ).fetchall()
            _end(database, rows, code)

    def certify(self, subject: str, certificate: str) -> None:
        """Keep the certificate by which a person's sessions were erased."""
        with self._open() as database:
            database.execute(
                "UPDATE endings SET certificate = ? WHERE subject = ? AND certificate = ''",
                (certificate, _digest(subject)),
            )

    def ending(self, session: str) -> Ending | None:
        """How the session's connection has ended, if it has."""
        with self._open() as database:
            row = database.execute(
                "SELECT code, certificate FROM endings WHERE session = ?", (_digest(session),)
            ).fetchone()
        return None if row is None else Ending(*row)

    def forget(self, session: str) -> None:
        """Drop all that is kept for a session."""
        with self._open() as database:
            for table in ("pending", "connections", "endings"):
                database.execute(
                    f"DELETE FROM {table} WHERE session = ?",  # noqa: S608  of literals
                    (_digest(session),),
                )

    @contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        """A transaction; secure_delete, so that a dropped token is gone from the file too."""
        with closing(sqlite3.connect(self._path, timeout=5)) as database, database:
            database.execute("PRAGMA secure_delete = ON")
            yield database


def _end(database: sqlite3.Connection, rows: list[tuple[bytes, str]], code: str) -> None:
    database.executemany(
        "INSERT OR REPLACE INTO endings VALUES (?, ?, ?, '')",
        [(session, _digest(subject), code) for session, subject in rows],
    )


def _digest(session: str) -> bytes:
    return sha256(session.encode()).digest()


def _seconds(at: datetime) -> int:
    return int(at.timestamp())
