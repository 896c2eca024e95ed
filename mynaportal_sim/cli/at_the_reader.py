"""What `mynasim login` and `mynasim sign` share: the code, the card, and who compares."""

import re
import sys
from pathlib import Path
from time import monotonic, sleep
from typing import Annotated

import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from mynaportal_sim.cli.answer import plain
from mynaportal_sim.cli.card_source import from_environment, only_card
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.second_device import SecondDevice

PortalOption = Annotated[
    str, typer.Option(metavar="URL", help="The portal, as its page shows it.")
]
CodeOption = Annotated[
    str | None,
    typer.Option(metavar="CODE", help="The code on the screen; without it, you are asked."),
]
YesOption = Annotated[
    bool, typer.Option("--yes", help="Do not ask whether the words are on the screen.")
]

_WAIT = 180.0  # seconds: nothing of it lives longer
_CODE = re.compile(r"(?:[^#]*#)?(?P<code>[\w-]{22})", re.ASCII)


def the_card(card: Path | None, reader: str | None) -> tuple[Path | None, str | None]:
    """The card that was named, else that of the environment, else the one on a reader."""
    if card is None and reader is None:
        card, reader = from_environment()
        reader = reader if card or reader else only_card()
    return card, reader


def the_code(given: str | None) -> str:
    """The code, which may come as the whole address that a QR code holds."""
    if given is None:
        if not sys.stdin.isatty():
            raise CommandError("give the code on the screen with --code")
        given = typer.prompt("画面のコード / code on the screen", err=True)
    found = _CODE.fullmatch(given.strip())
    if found is None:
        raise CommandError(
            "this is no code; copy the 22 characters behind --code from the portal's page"
        )
    return found["code"]


def about(device: SecondDevice, purpose: str, title: str) -> Panel:
    """What a person should know before the card is used."""
    shown = device.display
    browser = f"{shown.get('browser', '')} ({shown.get('network', '')})"
    table = Table.grid(padding=(0, 2))
    for heading, value in (
        ("ポータル portal", device.origin),
        ("サービス service", str(shown.get("service", ""))),
        ("目的 purpose", purpose),
        ("ブラウザ browser", browser),
        ("開始 begun", str(shown.get("begun_at", ""))),
    ):
        table.add_row(Text(heading, "dim"), plain(value))
    words = f"{shown.get('request_code_ja', '')}   {shown.get('request_code', '')}"
    table.add_row(Text("画面の言葉 words", "dim"), Text(plain(words).plain, "bold"))
    return Panel(table, title=title, expand=False)


def demand_agreement(warning: str) -> None:
    """Go on only if a person says that their own screen shows the words."""
    if not sys.stdin.isatty():
        raise CommandError(
            "nobody is here to compare the words with the screen; --yes does without, in tests"
        )
    typer.echo(warning, err=True)
    question = "同じ言葉が目の前の画面に出ていますか / Does your own screen show these words?"
    if not typer.confirm(question, default=False, err=True):
        raise CommandError("you said no, so nothing was done and the card was not used")


def state_in_the_end(device: SecondDevice, console: Console, waiting: str) -> str:
    """What has become of what was signed, once the browser has done its part or too late."""
    deadline = monotonic() + _WAIT
    with console.status(waiting):
        while (state := device.state()) == "signed" and monotonic() < deadline:
            sleep(0.5)
    return state
