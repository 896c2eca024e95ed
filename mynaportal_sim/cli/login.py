"""`mynasim login`: the card's side of a login that was begun in a browser."""

import sys
from typing import Annotated

import typer
from rich.console import Console
from rich.panel import Panel
from rich.text import Text

from card_reader.client.jpki import Jpki
from card_reader.client.login import sign_once_verified
from card_reader.client.session import Session
from card_reader.hardening import keep_pins_out_of_dumps
from card_reader.spec import Kind
from mynaportal_sim.cli import pin_entry
from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.at_the_reader import (
    CodeOption,
    PortalOption,
    YesOption,
    about,
    demand_agreement,
    state_in_the_end,
    the_card,
    the_code,
)
from mynaportal_sim.cli.card_source import (
    CardOption,
    ReaderOption,
    presented,
)
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import DataOption, JsonOption, settings_of
from mynaportal_sim.cli.pin_entry import PinDescriptorOption, PinOption
from mynaportal_sim.cli.portal_client import portal_client
from mynaportal_sim.cli.portal_origin import origin_of
from mynaportal_sim.cli.second_device import SecondDevice

app = typer.Typer()

_PURPOSE = ("ログイン login", "ログインの確認 / about to log in")
_SENT = "誰かに頼まれたログインではありませんか。Do not go on if somebody sent you the code."


@app.callback(invoke_without_command=True)
def login(  # noqa: PLR0913  options of a command
    *,
    portal: PortalOption,
    code: CodeOption = None,
    card: CardOption = None,
    reader: ReaderOption = None,
    pin: PinOption = None,
    pin_fd: PinDescriptorOption = None,
    yes: YesOption = False,
    wait: Annotated[
        bool, typer.Option(help="Wait until the six digits have been typed in the browser.")
    ] = True,
    data: DataOption = None,
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
    origin, entered = origin_of(portal), the_code(code)
    settings = settings_of(data=data)
    with portal_client(settings) as http, presented(*the_card(card, reader)) as transport:
        jpki = Jpki(Session(transport))
        device = SecondDevice.claim(http, origin, entered)
        with device.denied_unless_done():
            if device.text is not None:
                raise CommandError("this code is for a signature: `mynasim sign` takes it")
            if not json:
                console.print(about(device, *_PURPOSE))
            if not yes:
                demand_agreement(_SENT)
            digits = _signed(device, jpki, pin, pin_fd)
        say({"confirm_code": digits, "origin": origin}, _digits(digits), json)
        sys.stdout.flush()
    if wait:
        with portal_client(settings) as http:
            _await_confirmation(device.over(http), console)


def _signed(device: SecondDevice, jpki: Jpki, pin: str | None, pin_fd: int | None) -> str:
    """Have the card sign, and the portal judge it; the six digits."""
    pin_entry.verify(jpki, Kind.USER_AUTHENTICATION, pin, pin_fd)
    return device.sign(sign_once_verified(jpki, device.challenge))


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
    waiting = "Waiting for the digits to be typed in the browser …"
    state = state_in_the_end(device, console, waiting)
    if state == "confirmed":
        console.print("ログインしました。 The browser is logged in.")
        return
    raise CommandError(
        f"the browser was not logged in ({state}); start again on the portal's login page"
    )
