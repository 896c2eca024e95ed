"""`mynasim sign`: the card's side of what is signed on a page in a browser."""

import sys
from dataclasses import dataclass
from typing import Annotated

import typer
from pydantic import TypeAdapter, ValidationError
from rich.console import Console
from rich.panel import Panel
from rich.table import Table
from rich.text import Text

from card_reader.client.consent import sign_consent_once_verified
from card_reader.client.jpki import Jpki
from card_reader.client.login import sign_once_verified
from card_reader.client.session import Session
from card_reader.client.signing import Signed
from card_reader.hardening import keep_pins_out_of_dumps
from card_reader.spec import Kind
from card_reader.statement import ConsentStatement
from mynaportal_sim.cli import pin_entry
from mynaportal_sim.cli.answer import plain, say
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
from mynaportal_sim.cli.card_source import CardOption, ReaderOption, presented
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import DataOption, JsonOption, settings_of
from mynaportal_sim.cli.pin_entry import PinDescriptorOption, PinOption
from mynaportal_sim.cli.portal_client import portal_client
from mynaportal_sim.cli.portal_origin import origin_of
from mynaportal_sim.cli.second_device import SecondDevice
from mynaportal_sim.cli.sign_document import Document
from mynaportal_sim.jose import JoseError, strict_json

app = typer.Typer()

_DONE = "署名しました。ブラウザに戻ってください。\nSigned. Go back to the browser."
_LINES = TypeAdapter(list[tuple[str, str]])
_SENT = "誰かに頼まれた署名ではありませんか。Do not go on if somebody sent you the code."


@app.callback(invoke_without_command=True)
def sign(  # noqa: PLR0913  options of a command
    *,
    portal: PortalOption,
    code: CodeOption = None,
    card: CardOption = None,
    reader: ReaderOption = None,
    pin: PinOption = None,
    pin_fd: PinDescriptorOption = None,
    yes: YesOption = False,
    wait: Annotated[bool, typer.Option(help="Wait until the browser has taken it.")] = True,
    data: DataOption = None,
    json: JsonOption = False,
) -> None:
    """Sign with a card that lies here what a page in a browser wants signed.

    Choose the card reader on the page where you sign, and run the command that it shows. Each
    line of what you hand over, or the document, is shown here before the card signs it. Without
    --card and --reader the one card that lies on a reader is used. The password goes to the
    card and nowhere else.

    Example: mynasim sign --portal http://localhost:8400 --code … --card hanako.json
    """
    keep_pins_out_of_dumps()
    console = Console(stderr=True, highlight=False)
    origin, entered = origin_of(portal), the_code(code)
    settings = settings_of(data=data)
    with portal_client(settings) as http, presented(*the_card(card, reader)) as transport:
        jpki = Jpki(Session(transport))
        device = SecondDevice.claim(http, origin, entered)
        with device.denied_unless_done():
            document = Document.of(device)
            asked = _Consent.of(device) if document is None else document
            kind = Kind(device.kind)
            if not json:
                console.print(about(device, *_PURPOSES[type(asked)]))
                console.print(asked.shown())
            if not yes:
                demand_agreement(_SENT)
            pin_entry.verify(jpki, kind, pin, pin_fd)
            device.hand_in(asked.signed(jpki, device))
        what = "statement" if document is None else "document"
        said = {what: asked.sha256, "kind": kind.value, "origin": origin}
        say(said, _DONE, json)
        sys.stdout.flush()
    if wait:
        with portal_client(settings) as http:
            _await_the_browser(device.over(http), console)


@dataclass(frozen=True, slots=True)
class _Consent:
    """The text of a consent, as the card signs it."""

    statement: ConsentStatement

    @classmethod
    def of(cls, device: SecondDevice) -> "_Consent":
        """The text to sign, if it is the one that the challenge names. Raises CommandError."""
        if device.text is None:
            raise CommandError("this code is for a login: `mynasim login` takes it")
        statement = ConsentStatement(device.text)
        if device.challenge.purpose != statement.purpose or device.kind not in set(Kind):
            raise CommandError("the portal wants a signature for another text than it shows")
        return cls(statement)

    @property
    def sha256(self) -> str:
        return self.statement.sha256

    def shown(self) -> Panel:
        """What is signed, line by line as the page puts it."""
        table = Table.grid(padding=(0, 2))
        for heading, said in _shown(self.statement.text):
            table.add_row(Text(plain(heading).plain, "dim"), plain(said))
        return Panel(table, title="署名する内容 / what you sign", expand=False)

    def signed(self, jpki: Jpki, device: SecondDevice) -> Signed:
        """What the card makes of it."""
        if device.kind == Kind.SIGNING:
            return sign_consent_once_verified(jpki, self.statement)
        return sign_once_verified(jpki, device.challenge)


_PURPOSES = {
    _Consent: ("同意の署名 signing a consent", "署名の確認 / about to sign"),
    Document: ("文書の署名 signing a document", "署名の確認 / about to sign"),
}


def _shown(text: str) -> list[tuple[str, str]]:
    """The lines that the text says a page showed. Raises CommandError if it says none."""
    try:
        said = strict_json(text.encode())
        shown = _LINES.validate_python(said["shown"] if isinstance(said, dict) else None)
    except (JoseError, KeyError, ValidationError):
        shown = []
    if not shown:
        raise CommandError("the portal does not say in words what is to be signed")
    return shown


def _await_the_browser(device: SecondDevice, console: Console) -> None:
    state = state_in_the_end(device, console, "Waiting for the browser to hand it over …")
    if state == "confirmed":
        console.print("署名はブラウザに届きました。 The browser has taken the signature.")
        return
    raise CommandError(f"the browser has not taken the signature ({state}); sign again there")
