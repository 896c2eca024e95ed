"""`mynasim card`: make cards, look at them, sign with them, speak to them."""

import base64
from collections.abc import Mapping
from typing import Annotated

import typer

from card_reader.apdu import Command, masked
from card_reader.client import raw
from card_reader.client.guard import Guard, guard_for
from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.client.signing import signed
from card_reader.spec import CREDENTIALS, PHONE_LABELS, Kind
from card_reader.status import meaning
from mynaportal_sim.cli import (
    card_doctor,
    card_list,
    card_new,
    card_pin,
    card_pool,
    card_present,
    card_show,
    pin_entry,
)
from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.card_source import CardOption, ReaderOption, presented
from mynaportal_sim.cli.certificate import described
from mynaportal_sim.cli.options import JsonOption
from mynaportal_sim.cli.pin_entry import PinDescriptorOption, PinOption

app = typer.Typer(help="Make, present, read and use cards.", no_args_is_help=True)
app.command("new")(card_new.new)
app.command("pool")(card_pool.pool)
app.command("show")(card_show.show)
app.command("list")(card_list.list_readers)
app.command("doctor")(card_doctor.doctor)
app.command("present")(card_present.present)
app.command("change-pin")(card_pin.change_pin)

KindOption = Annotated[Kind, typer.Option("--kind", help="Which of the card's certificates.")]


@app.command()
def info(
    card: CardOption = None, reader: ReaderOption = None, json: JsonOption = False
) -> None:
    """Show what a card says of itself. Needs no PIN and spends no try.

    Example: mynasim card info --card card.json
    """
    with presented(card, reader) as transport:
        jpki = Jpki(Session(transport))
        label, simulation = jpki.label(), jpki.is_simulation()
        tries = {kind: jpki.tries(kind) for kind in Kind}
        holds = {kind: jpki.holds(kind) for kind in Kind}
    lines = [
        f"token       {label}",
        f"simulation  {'yes' if simulation else 'NO: this may be a real card'}",
    ]
    for kind in Kind:
        rule = CREDENTIALS[kind].pin
        there = "present" if holds[kind] else "absent"
        lines.append(f"{rule.name_ja}\n  certificate {there}, {tries[kind]} tries left")
    document = {
        "token": label,
        "simulation": simulation,
        "certificates": {kind.value: holds[kind] for kind in Kind},
        "tries": {kind.value: tries[kind] for kind in Kind},
    }
    say(document, "\n".join(lines), json)


@app.command()
def certs(
    card: CardOption = None,
    reader: ReaderOption = None,
    signing: Annotated[
        bool, typer.Option("--signing", help="Also the signing certificate: asks its password.")
    ] = False,
    pin: PinOption = None,
    pin_fd: PinDescriptorOption = None,
    json: JsonOption = False,
) -> None:
    """Show a card's certificates, whole, as PEM.

    Example: mynasim card certs --card card.json --signing
    """
    with presented(card, reader) as transport:
        jpki = Jpki(Session(transport))
        if jpki.label() in PHONE_LABELS:
            secret = (None, None) if signing else (pin, pin_fd)
            pin_entry.verify(jpki, Kind.USER_AUTHENTICATION, *secret)
        found = {
            "user_authentication": jpki.certificate(Kind.USER_AUTHENTICATION),
            "user_authentication_ca": jpki.ca_certificate(Kind.USER_AUTHENTICATION),
            "signing_ca": jpki.ca_certificate(Kind.SIGNING),
        }
        if signing:
            pin_entry.verify(jpki, Kind.SIGNING, pin, pin_fd)
            found["signing"] = jpki.certificate(Kind.SIGNING)
    told = {name: described(der) for name, der in found.items()}
    say(told, "\n".join(_as_text(name, it) for name, it in told.items()), json)


@app.command()
def sign(  # noqa: PLR0913, PLR0917  options of a command
    document: Annotated[
        typer.FileBinaryRead, typer.Argument(metavar="DOCUMENT", help="A file, or - for stdin.")
    ],
    card: CardOption = None,
    reader: ReaderOption = None,
    kind: KindOption = Kind.USER_AUTHENTICATION,
    out: Annotated[
        typer.FileBinaryWrite | None,
        typer.Option("--out", metavar="FILE", help="Write the raw signature here."),
    ] = None,
    pin: PinOption = None,
    pin_fd: PinDescriptorOption = None,
    json: JsonOption = False,
) -> None:
    """Sign a document with a key of the card (RSASSA-PKCS1-v1_5 over its SHA-256).

    Example: mynasim card sign letter.txt --card card.json --kind signing --out letter.sig
    """
    message = document.read()
    with presented(card, reader) as transport:
        jpki = Jpki(Session(transport))
        pin_entry.verify(jpki, kind, pin, pin_fd)
        made = signed(jpki, kind, jpki.certificate(kind), message)
    text = base64.b64encode(made.signature).decode()
    if out is not None:
        out.write(made.signature)
    told = {
        "kind": kind.value,
        "algorithm": made.algorithm.value,
        "signature": text,
        "certificate": base64.b64encode(made.certificate).decode(),
    }
    say(told, text if out is None else f"{out.name}: {len(made.signature)} bytes", json)


@app.command()
def apdu(
    commands: Annotated[list[str], typer.Argument(metavar="APDU...", show_default=False)],
    card: CardOption = None,
    reader: ReaderOption = None,
    json: JsonOption = False,
) -> None:
    """Send command APDUs, written as CLA INS P1 P2, then :DATA and /LE, in hexadecimal.

    All go to the card in one conversation, which begins at power-up. PINs are masked in what is
    shown. A card without the simulation mark gets only SELECT, READ and GET CHALLENGE.

    Example: mynasim card apdu --card card.json 00a4040c:D392F000260100000001 00200098
    """
    parsed = [raw.parse(text) for text in commands]
    with presented(card, reader) as transport:
        session = Session(transport)
        guard = guard_for(session)
        transport.reset()
        shown = [_exchanged(session, guard, command) for command in parsed]
    lines = [
        f"> {entry['command']}\n< {entry['data']} {entry['sw']}  {entry['meaning']}"
        for entry in shown
    ]
    say(shown, "\n".join(lines), json)


def _exchanged(session: Session, guard: Guard | None, command: Command) -> dict[str, str]:
    """Send one command, if the card may have it, and describe what was said."""
    if guard:
        guard.check(command)
    response = session.exchange(bytes(command))
    if guard:
        guard.follow(command, response)
    return {
        "command": masked(bytes(command)).hex().upper(),
        "data": response.data.hex().upper(),
        "sw": f"{response.sw:04X}",
        "meaning": meaning(response.sw),
    }


def _as_text(name: str, told: Mapping[str, str]) -> str:
    lines = [f"{key:10}  {value}" for key, value in told.items() if key != "pem"]
    return "\n".join([name, *lines, told["pem"]])
