"""`mynasim login`: the card's side of a login that was begun in a browser."""

import re
import sys
from time import monotonic, sleep
from typing import Annotated

import typer
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from card_reader.client.jpki import Jpki
from card_reader.client.login import sign_once_verified
from card_reader.client.session import Session
from card_reader.spec import Kind
from mynaportal_sim.cli import pin_entry
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.card_source import (
    CardOption,
    ReaderOption,
    from_environment,
    only_card,
    presented,
)
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import JsonOption
from mynaportal_sim.cli.pin_entry import PinDescriptorOption, PinOption
from mynaportal_sim.cli.second_device import SecondDevice, origin_of
from mynaportal_sim.hardening import keep_pins_out_of_dumps
from mynaportal_sim.sample_app.loopback import client

app = typer.Typer()

_CODE = re.compile(r"(?:[^#]*#)?(?P<code>[\w-]{22})", re.ASCII)
_WAIT = 180.0  # seconds: a login lives no longer


@app.callback(invoke_without_command=True)
def login(  # noqa: PLR0913  options of a command
    *,
    portal: Annotated[
        str, typer.Option(metavar="URL", help="The portal, as its page shows it.")
    ],
    code: Annotated[
        str | None,
        typer.Option(metavar="CODE", help="The code on the screen; without it, you are asked."),
    ] = None,
    card: CardOption = None,
    reader: ReaderOption = None,
    pin: PinOption = None,
    pin_fd: PinDescriptorOption = None,
    yes: Annotated[
        bool, typer.Option("--yes", help="Do not ask whether the words are on the screen.")
    ] = False,
    wait: Annotated[
        bool, typer.Option(help="Wait until the six digits have been typed in the browser.")
    ] = True,
    json: JsonOption = False,
) -> None:
    """Log a browser in with a card that lies here: read the card, ask its PIN, show digits.

    Open the portal's login page, choose the card reader, and run the command that it shows.
    Type the six digits that this prints into that page. Without --card and --reader the one
    card that lies on a reader is used. The PIN goes to the card and nowhere else.

    Example: mynasim login --portal http://localhost:8400 --code … --card hanako.json
    """
    keep_pins_out_of_dumps()
    console = Console(stderr=True, highlight=False)
    origin, entered = origin_of(portal), _code(code)
    if card is None and reader is None:
        card, reader = from_environment()
        reader = reader if card or reader else only_card()
    with client() as http, presented(card, reader) as transport:
        jpki = Jpki(Session(transport))
        device = SecondDevice.claim(http, origin, entered)
        with device.denied_unless_done():
            if not json:
                console.print(_about(device))
            if not yes:
                _demand_agreement()
            digits = _signed(device, jpki, pin, pin_fd)
        say({"confirm_code": digits, "origin": origin}, _digits(digits), json)
        sys.stdout.flush()
    if wait:
        with client() as http:
            _await_confirmation(device.over(http), console)


def _signed(device: SecondDevice, jpki: Jpki, pin: str | None, pin_fd: int | None) -> str:
    """Have the card sign, and the portal judge it; the six digits."""
    certificate = jpki.certificate(Kind.USER_AUTHENTICATION)
    pin_entry.verify(jpki, Kind.USER_AUTHENTICATION, pin, pin_fd)
    signature = sign_once_verified(jpki, device.challenge, certificate)
    return device.sign(certificate, signature)


def _code(given: str | None) -> str:
    """The code, which may come as the whole address that a QR code holds."""
    if given is None:
        if not sys.stdin.isatty():
            raise CommandError("give the code on the screen with --code")
        given = typer.prompt("画面のコード / code on the screen", err=True)
    found = _CODE.fullmatch(given.strip())
    if found is None:
        raise CommandError(
            "this is no code of a login page; copy the 22 characters behind --code from it"
        )
    return found["code"]


def _about(device: SecondDevice) -> Panel:
    """What a person should know before the card is used."""
    shown = device.display
    browser = f"{shown.get('browser', '')} ({shown.get('network', '')})"
    table = Table.grid(padding=(0, 2))
    for heading, value in (
        ("ポータル portal", device.origin),
        ("サービス service", str(shown.get("service", ""))),
        ("目的 purpose", "ログイン login"),
        ("ブラウザ browser", browser),
        ("開始 begun", str(shown.get("begun_at", ""))),
    ):
        table.add_row(Text(heading, "dim"), plain(value))
    words = f"{shown.get('request_code_ja', '')}   {shown.get('request_code', '')}"
    table.add_row(Text("画面の言葉 words", "dim"), Text(plain(words).plain, "bold"))
    return Panel(table, title="ログインの確認 / about to log in", expand=False)


def _demand_agreement() -> None:
    """Go on only if a person says that their own screen shows the words."""
    if not sys.stdin.isatty():
        raise CommandError(
            "nobody is here to compare the words with the screen; --yes does without, in tests"
        )
    typer.echo(
        "誰かに頼まれたログインではありませんか。Do not go on if somebody sent you the code.",
        err=True,
    )
    question = "同じ言葉が目の前の画面に出ていますか / Does your own screen show these words?"
    if not typer.confirm(question, default=False, err=True):
        raise CommandError("you said no, so nobody is logged in and the card was not used")


def _digits(digits: str) -> Panel:
    spaced = f"{digits[:3]} {digits[3:]}"
    return Panel(
        Text.assemble(
            (
                "ブラウザの画面に入力してください\nType this into the page in the browser\n\n",
                "",
            ),
            (f"    {spaced}", "bold"),
        ),
        expand=False,
    )


def _await_confirmation(device: SecondDevice, console: Console) -> None:
    deadline = monotonic() + _WAIT
    with console.status("Waiting for the digits to be typed in the browser …"):
        while (state := device.state()) == "signed" and monotonic() < deadline:
            sleep(0.5)
    if state == "confirmed":
        console.print("ログインしました。 The browser is logged in.")
        return
    raise CommandError(
        f"the browser was not logged in ({state}); start again on the portal's login page"
    )
