"""`mynasim pki anchor`: have a dev portal let in cards that were not made here, as a guest."""

import re
import sys
from pathlib import Path
from secrets import token_bytes
from typing import Annotated

import typer
from rich.table import Table

from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.spec import Kind, is_marked
from consent.instants import rfc3339
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.at_the_reader import the_card
from mynaportal_sim.cli.card_source import CardOption, ReaderOption, presented
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import DatabaseOption, DataOption, JsonOption, settings_of
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock
from mynaportal_sim.login import sessions, unchecked
from mynaportal_sim.pki import added, authority
from mynaportal_sim.pki.certificate import Anchor
from mynaportal_sim.settings import Mode, Settings
from mynaportal_sim.world import welcome_guest

app = typer.Typer(
    help="Add, list and remove authorities under which cards log in as a guest.",
    no_args_is_help=True,
)

_SPACING = re.compile(r"[\s:]")
_NOT_CHECKED = (
    "Cards that it certified log in as an invented guest. Whether such a certificate was"
    " revoked is not checked: nobody here can be asked. Nothing of a real person is kept."
)


@app.command()
def add(  # noqa: PLR0913  one parameter per option
    *,
    from_card: Annotated[
        bool, typer.Option("--from-card", help="Read it from a card (EF 000B); no PIN.")
    ] = False,
    file: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Read it from a file, in PEM or DER.")
    ] = None,
    card: CardOption = None,
    reader: ReaderOption = None,
    fingerprint: Annotated[
        str | None,
        typer.Option(metavar="SHA256", help="Its fingerprint, as you know it otherwise."),
    ] = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask; takes --fingerprint as well.")
    ] = False,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Trust the authority that certified a card, so that the card logs in as a guest.

    What is read from the card is its authority's certificate, which is free to read: nothing
    of the person's, no PIN, no try. Compare the fingerprint before you agree.

    Examples: mynasim pki anchor add --from-card · mynasim pki anchor add --file ca.pem
    """
    settings = _dev(data, db)
    if from_card == (file is not None):
        raise CommandError("say where it is read from: either --from-card or --file FILE")
    if yes and fingerprint is None:
        raise CommandError("--yes takes --fingerprint: somebody must have compared it")
    der = _from_card(card, reader) if file is None else _from_file(file)
    anchor = added.anchor_of(der)
    told = _document(anchor)
    if not json:
        typer.echo(_shown(told), err=True)
    now = Clock(settings.clock).now()
    own = {one.key_hash for one in authority.load_all(settings.authorities).every}
    if fault := added.why_not(anchor, own, now):
        raise CommandError(f"this certificate is no anchor: {fault}")
    if fingerprint is not None and _bare(fingerprint) != told["sha256"]:
        raise CommandError("its fingerprint is another than --fingerprint says; not added")
    if not yes:
        _agree()
    with opened(settings) as database:
        welcome_guest(database, now)
    added.add(_folder(settings), anchor.certificate)
    say(told, f"Added. {_NOT_CHECKED}", json)


@app.command("list")
def list_anchors(data: DataOption = None, json: JsonOption = False) -> None:
    """Show the anchors that were added.

    Example: mynasim pki anchor list
    """
    told = [_document(one) for one in added.load_all(_folder(settings_of(data=data)))]
    table = Table("SHA-256", "until", "simulation", "subject", box=None)
    for one in told:
        marked = "yes" if one["simulation"] else "no"
        row = (_grouped(str(one["sha256"])), str(one["not_after"]), marked, str(one["subject"]))
        table.add_row(*map(plain, row))
    say(told, table if told else "No anchor was added.", json)


@app.command()
def remove(
    fingerprint: Annotated[
        str, typer.Argument(metavar="FINGERPRINT", help="As `anchor list` shows it.")
    ],
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Trust an added anchor no longer, and end the sessions of such cards, all of them.

    A running portal follows at once.

    Example: mynasim pki anchor remove 1f2e3d…
    """
    settings = settings_of(data=data, db=db)
    folder = _folder(settings)
    known = {added.fingerprint(one.certificate) for one in added.load_all(folder)}
    wanted = _bare(fingerprint)
    if wanted not in known or not added.remove(folder, wanted):
        raise CommandError("no such anchor was added; `mynasim pki anchor list` shows them")
    now = Clock(settings.clock).now()
    with opened(settings) as database:
        ended = database.run(sessions.end_unchecked, now)
        database.run(unchecked.erase_ended, now, token_bytes)
    say(
        {"removed": wanted, "sessions_ended": ended},
        "Removed: no card of that authority logs in any more.",
        json,
    )


def _dev(data: Path | None, db: str | None) -> Settings:
    """Settings of a dev portal: a strict one lets nobody in whose revocation is not checked."""
    settings = settings_of(data=data, db=db)
    if settings.mode is Mode.STRICT:
        raise CommandError(
            "a strict portal takes no added anchors: it could not check what they revoke"
        )
    return settings


def _folder(settings: Settings) -> Path:
    return settings.data / added.FOLDER


def _from_card(card: Path | None, reader: str | None) -> bytes:
    with presented(*the_card(card, reader)) as transport:
        return Jpki(Session(transport)).ca_certificate(Kind.USER_AUTHENTICATION)


def _from_file(path: Path) -> bytes:
    try:
        return added.der_of(path.read_bytes())
    except OSError as error:
        raise CommandError(f"{path} cannot be read ({error.strerror})") from None


def _agree() -> None:
    if not sys.stdin.isatty():
        raise CommandError(
            "nobody is here to compare the fingerprint; --yes with --fingerprint does without"
        )
    if not typer.confirm("Is this the fingerprint that it should have?", err=True):
        raise CommandError("you said no, so nothing was added")


def _document(anchor: Anchor) -> dict[str, str | bool]:
    certificate = anchor.certificate
    return {
        "subject": certificate.subject.rfc4514_string(),
        "not_before": rfc3339(certificate.not_valid_before_utc),
        "not_after": rfc3339(certificate.not_valid_after_utc),
        "sha256": added.fingerprint(certificate),
        "simulation": is_marked(added.der(certificate)),
    }


def _shown(told: dict[str, str | bool]) -> str:
    mark = "yes" if told["simulation"] else "no: it may be a real authority's"
    lines = {
        "subject": plain(str(told["subject"])).plain,
        "valid": f"{told['not_before']} to {told['not_after']}",
        "simulation mark": mark,
        "SHA-256": _grouped(str(told["sha256"])),
    }
    return "\n".join(f"{name:16} {value}" for name, value in lines.items())


def _grouped(sha256: str) -> str:
    """A fingerprint as people compare it: in groups of four."""
    return " ".join(sha256[at : at + 4] for at in range(0, len(sha256), 4))


def _bare(fingerprint: str) -> str:
    return _SPACING.sub("", fingerprint).lower()
