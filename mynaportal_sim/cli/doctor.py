"""`mynasim doctor`: what is wrong with this machine or this state, and what to do."""

import shlex
import shutil
import socket
import stat
import sys
from collections.abc import Callable, Iterable
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import typer
from sqlalchemy.exc import SQLAlchemyError

from card_reader.emulator.card import Card
from card_reader.errors import CardError
from consent.instants import rfc3339
from consent.ledger import store as ledger
from mynaportal_sim import keys
from mynaportal_sim.cli.findings import Finding, report
from mynaportal_sim.cli.options import (
    DatabaseOption,
    DataOption,
    JsonOption,
    PortOption,
    settings_of,
)
from mynaportal_sim.cli.state import is_there, opened
from mynaportal_sim.clock import Clock, ClockError
from mynaportal_sim.errors import PortalError
from mynaportal_sim.oauth.keys import store as signing_keys
from mynaportal_sim.oauth.keys.files import KeyFiles
from mynaportal_sim.oauth.keys.life import Key, KeyState
from mynaportal_sim.settings import Settings
from mynaportal_sim.tls import store as certificates

FREE_AT_LEAST = 200 * 1024 * 1024
WARN_BEFORE = timedelta(days=7)
app = typer.Typer()


@app.callback(invoke_without_command=True)
def doctor(
    data: DataOption = None,
    db: DatabaseOption = None,
    port: PortOption = None,
    json: JsonOption = False,
) -> None:
    """Look at Python, disk, port, keys, https, cards, database, ledger and clock.

    Exit code 1 says that something needs a hand.

    Example: mynasim doctor --data ./state
    """
    settings = settings_of(data=data, db=db, port=port)
    report([check(settings) for check in CHECKS], json)


def _python(_settings: Settings) -> Finding:
    version = ".".join(map(str, sys.version_info[:3]))
    return Finding("Python", sys.version_info >= (3, 11), version, "install 3.11 or newer")


def _disk(settings: Settings) -> Finding:
    place = next(path for path in (settings.data, *settings.data.parents) if path.exists())
    free = shutil.disk_usage(place).free
    found = f"{free // 1024 // 1024} MB free for {settings.data}"
    return Finding("disk", free >= FREE_AT_LEAST, found, "free some space, or choose --data")


def _port(settings: Settings) -> Finding:
    with closing(socket.socket()) as probe:
        answers = probe.connect_ex(("127.0.0.1", settings.port)) == 0
    found = f"{settings.port} is {'in use (a portal that runs is fine)' if answers else 'free'}"
    return Finding("port", True, found)


def _keys(settings: Settings) -> Finding:
    if not settings.keys.exists():
        return Finding("keys", True, "none yet; `mynasim up` makes them")
    advice = "restore the directory from a backup, or begin anew in another with --data"
    try:
        name = str(keys.ledger_signer(settings.keys).verifier)
        keys.pseudonyms(settings.keys)
        _see_private_halves(settings)
    except PortalError as error:
        return Finding("keys", False, str(error), advice)
    return _readable("keys", settings.keys.iterdir()) or Finding("keys", True, name)


def _see_private_halves(settings: Settings) -> None:
    """Raise PortalError where a key that signs tokens, or will, cannot be read."""
    files, known = KeyFiles(settings.keys), _signing(settings)
    for key in known:
        files.load(key.kid)
    if not known:
        files.first(make=False)


def _signing(settings: Settings) -> list[Key]:
    """The active key and the next one; none of a portal that was never prepared."""
    if not is_there(settings):
        return []
    try:
        with opened(settings) as database:
            every = database.run(signing_keys.every)
    except SQLAlchemyError:  # of which the check of the database tells
        return []
    found = [key for key in every if key.state in {KeyState.ACTIVE, KeyState.NEXT}]
    return sorted(found, key=lambda key: key.state)


def _signing_keys(settings: Settings) -> Finding:
    try:
        now = Clock(settings.clock).now()
    except ClockError:  # of which the check of the clock tells
        return Finding("signing keys", True, "their age depends on the clock")
    told = [f"{key.kid} {key.state} for {_age(now - key.since)}" for key in _signing(settings)]
    return Finding("signing keys", True, "; ".join(told) or "none yet; `mynasim up` makes one")


def _age(since: timedelta) -> str:
    return f"{since.days} d" if since.days else f"{since.seconds // 60} min"


def _https(settings: Settings) -> Finding:
    place = settings.certificates
    try:
        root = certificates.root(place)
    except PortalError as error:
        return Finding("https", False, str(error), "restore the file, or remove it")
    leaf = certificates.leaf(place, certificates.PORTAL)
    if root is None or leaf is None:
        return Finding("https", True, "no certificate yet; `mynasim up --tls` makes it")
    left = leaf.not_valid_after_utc - Clock().now()
    found = f"{root.name} for {', '.join(root.names)}; the certificate ends in {left.days} days"
    renew = "end `mynasim up --tls` and start it again, which renews it"
    well = Finding("https", left >= WARN_BEFORE, found, renew)
    return _readable("https", certificates.with_keys(place)) or well


def _readable(what: str, paths: Iterable[Path]) -> Finding | None:
    """That others can read some of these files, if they can."""
    shared = [path for path in paths if path.stat().st_mode & (stat.S_IRWXG | stat.S_IRWXO)]
    if not shared:
        return None
    found = f"others can read {', '.join(path.name for path in shared)}"
    return Finding(what, False, found, shlex.join(["chmod", "600", *map(str, shared)]))


def _cards(settings: Settings) -> Finding:
    paths = sorted(settings.cards.glob("*.json"))
    damaged = []
    for path in paths:
        try:
            Card.load(path)
        except CardError as error:
            damaged.append(str(error))
    found = "; ".join(damaged) or f"{len(paths)} emulated cards"
    return Finding("cards", not damaged, found, "remove the file; `mynasim up` makes it anew")


def _database(settings: Settings) -> Finding:
    if not is_there(settings):
        return Finding("database", True, "none yet; `mynasim up` makes it")
    try:
        with opened(settings) as database:
            size = database.run(ledger.size)
    except SQLAlchemyError as error:
        reason = str(error).splitlines()[0]
        return Finding("database", False, reason, "check --db, or run `mynasim up` once")
    return Finding(
        "database", True, f"ledger of {size.indexed} entries, {size.waiting} waiting"
    )


def _clock(settings: Settings) -> Finding:
    clock = Clock(settings.clock)
    try:
        return Finding("clock", True, f"{rfc3339(clock.now())}, {clock.offset} ahead")
    except ClockError as error:
        return Finding("clock", False, str(error), "put a backup of the file in its place")


CHECKS: tuple[Callable[[Settings], Finding], ...] = (
    _python, _disk, _port, _keys, _signing_keys, _https, _cards, _database, _clock
)  # fmt: skip
