"""`mynasim keys`: the keys that sign tokens, and what becomes of each."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from secrets import token_bytes
from time import sleep
from typing import Annotated

import typer
from rich.table import Column, Table

from consent.instants import rfc3339
from mynaportal_sim.apps import texts
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.oauth.keys import service, store
from mynaportal_sim.oauth.keys.files import KeyFiles
from mynaportal_sim.oauth.keys.life import FOLLOWED_WITHIN, Key, KeyState, KeyStatus
from mynaportal_sim.oauth.keys.service import Act

PLANNED = "planned"
KID_LENGTH = 43  # a SHA-256 thumbprint in base64url

app = typer.Typer(
    help="See the keys that sign tokens, rotate them, and remove one in an emergency.",
    no_args_is_help=True,
)

PlannedOption = Annotated[
    str, typer.Option(help="Why, for the ledger, where anybody may come to read it.")
]


@app.command("list")
def list_keys(
    data: DataOption = None, db: DatabaseOption = None, json: JsonOption = False
) -> None:
    """Show each key there has been, newest first, and what it is now.

    Example: mynasim keys list
    """
    settings = settings_of(data=data, db=db)
    now = Clock(settings.clock).now()
    with opened(settings) as database:
        keys = database.run(store.every)
    kid = Column("kid", no_wrap=True, min_width=KID_LENGTH)
    table = Table(kid, "status", "since", "then", "reason", box=None)
    for key in keys:
        status = key.status(now)
        cells = (key.kid, status.value, rfc3339(key.since), _then(key, status), key.reason)
        table.add_row(*map(plain, cells))
    say([_document(key, now) for key in keys], table, json)


@app.command("next")
def publish(
    reason: PlannedOption = PLANNED,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Make the next key and publish it, so that apps know it before it signs anything.

    Example: mynasim keys next
    """
    with _desk(data, db, reason) as desk:
        key = desk.publish()
    text = f"{key.kid} is published. Rotate to it from {rfc3339(key.known_at)} on."
    say(_document(key, key.since), text, json)


@app.command()
def rotate(
    *,
    now: Annotated[
        bool, typer.Option("--now", help="Wait for no cache; make a key if none is next.")
    ] = False,
    reason: PlannedOption = PLANNED,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Sign with the next key from now on; what the one before has signed stays good.

    Apps that hold a key set without the next key would refuse what it signs, so this is refused
    while a cache may hold one. --now is for when something must end at once.

    Examples: mynasim keys rotate · mynasim keys rotate --now --reason "backup lost"
    """
    with _desk(data, db, reason) as desk:
        if now:
            desk.have_next()
        key = desk.run(service.rotate, now)
        left = desk.tidy()
    say(_document(key, key.since), f"{key.kid} signs from now on.{left}", json)


# A kid may begin with a hyphen, and is no option all the same.
@app.command(context_settings={"ignore_unknown_options": True})
def remove(
    kid: Annotated[str, typer.Argument(help="The key, as `keys list` names it.")],
    reason: Annotated[str, typer.Option(help="Why, for the ledger. Name no person.")],
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Take a key out at once, as when it has leaked: what it signed is good for nothing.

    Where it was the active one, the next key signs from now on; where there is none, one is
    made first, which takes a second. If the next one may have leaked too, remove that first.

    Example: mynasim keys remove KID --reason "found in a backup that was lost"
    """
    with _desk(data, db, reason) as desk:
        if any(key.kid == kid and key.state is KeyState.ACTIVE for key in desk.every()):
            desk.have_next()
        key = desk.run(service.remove, kid)
        left = desk.tidy()
    text = f"{kid} is removed, with all that it has signed. {key.kid} signs.{left}"
    say({"removed": kid, "active": _document(key, key.since)}, text, json)


@dataclass(frozen=True, slots=True)
class KeyDesk:
    """From where the keys of a portal are changed, all for one reason."""

    database: Database
    clock: Clock
    files: KeyFiles
    reason: str

    def run(self, unit: Callable[..., Key], *given: object) -> Key:
        """What a unit of work makes of a key, now."""
        return self.database.run(unit, *given, Act(self.reason, self.clock.now(), token_bytes))

    def every(self) -> list[Key]:
        return self.database.run(store.every)

    def publish(self) -> Key:
        """Make the next key; its private half lies there before anybody looks for it."""
        made = self.files.make()
        try:
            return self.run(service.publish, made)
        except Exception:
            self.files.drop(made.kid)
            raise

    def have_next(self) -> None:
        """See that there is a next key which every worker of the portal has published.

        One that signed before would have apps ask another for a key that it does not know.
        """
        found = next((key for key in self.every() if key.state is KeyState.NEXT), None)
        known = found or self.publish()
        if self.clock.now() < known.since + 2 * FOLLOWED_WITHIN:  # `since` is cut to seconds
            sleep(FOLLOWED_WITHIN.total_seconds())

    def tidy(self) -> str:
        """Delete the private halves of keys that sign no more; what could not be, in words."""
        ended = {KeyState.RETIRED, KeyState.REMOVED}
        kids = [key.kid for key in self.every() if key.state in ended]
        left = [str(path) for kid in kids if (path := self.files.drop(kid)) is not None]
        told = f" Delete {', '.join(left)} yourself: it cannot be deleted from here."
        return told if left else ""


@contextmanager
def _desk(data: Path | None, db: str | None, reason: str) -> Iterator[KeyDesk]:
    texts.named("--reason", reason)
    settings = settings_of(data=data, db=db)
    with opened(settings) as database:
        yield KeyDesk(database, Clock(settings.clock), KeyFiles(settings.keys), reason)


def _then(key: Key, status: KeyStatus) -> str:
    """What comes next for a key, and when."""
    match status:
        case KeyStatus.NEXT:
            return f"may sign from {rfc3339(key.known_at)}"
        case KeyStatus.RETIRED:
            return f"gone at {rfc3339(key.gone_at)}"
        case _:
            return ""


def _document(key: Key, now: datetime) -> dict[str, object]:
    status = key.status(now)
    return {
        "kid": key.kid,
        "status": status.value,
        "since": rfc3339(key.since),
        "may_sign_from": rfc3339(key.known_at) if status is KeyStatus.NEXT else None,
        "gone_at": rfc3339(key.gone_at) if key.state is KeyState.RETIRED else None,
        "reason": key.reason,
    }
