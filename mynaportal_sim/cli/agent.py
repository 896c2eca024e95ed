"""`mynasim agent`: a process through which the portal's pages reach a card on this machine.

Nothing heavy is imported before it is needed: `agent run` shall be ready at once.
"""

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from card_reader.agent.settings import HOST, PORT, PinUi, Settings
from mynaportal_sim import __version__
from mynaportal_sim.cli.card_source import CardOption, ReaderOption, from_environment
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.portal_origin import origin_of

app = typer.Typer(
    help="Let the portal's pages reach a card on this machine.", no_args_is_help=True
)


PortalOption = Annotated[
    list[str],
    typer.Option("--portal", metavar="URL", help="A portal whose pages may ask; repeatable."),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]
AgentPortOption = Annotated[
    int | None, typer.Option("--port", help="Which agent, where several run.")
]


@app.command("run")
def run_agent(  # noqa: PLR0913  options of a command
    *,
    portal: PortalOption,
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: any that is free.")] = PORT,
    host: Annotated[str, typer.Option(help="127.0.0.1 or ::1.")] = HOST,
    card: CardOption = None,
    reader: ReaderOption = None,
    pin_ui: Annotated[PinUi, typer.Option(help="How the PIN is asked for.")] = PinUi.AUTO,
    pin_fd: Annotated[
        int | None,
        typer.Option(
            metavar="N",
            min=0,
            help="For tests, with --card only: a PIN a line from this descriptor, and all else"
            " is agreed to.",
        ),
    ] = None,
    idle_exit: Annotated[
        str | None, typer.Option(metavar="SPAN", help="End after so long unused, as in 30m.")
    ] = None,
    json: JsonOption = False,
) -> None:
    """Wait for the portal's login page, and have a card answer it once you have agreed.

    Pages of no other site are served. The PIN is typed in a window, at this terminal or on the
    reader's keys, and goes to the card alone. Exit code 3: the port is taken.

    Example: mynasim agent run --portal http://localhost:8400
    """
    card, reader = _named(card, reader)
    settings = Settings(
        origins=tuple(map(origin_of, portal)),
        version=__version__,
        host=host,
        port=port,
        card=str(card) if card else None,
        reader=reader or "",
        pin_ui=pin_ui.value,
        pin_fd=pin_fd,
        idle_exit=_seconds(idle_exit),
        json=json,
    )
    program = [sys.executable, "-P", "-m", "card_reader.agent", settings.to_json()]
    os.execv(sys.executable, program)  # noqa: S606  our own module


@app.command()
def pair(port: AgentPortOption = None, json: JsonOption = False) -> None:
    """Have the running agent show a new pairing code; the one before is no longer good.

    Example: mynasim agent pair
    """
    from card_reader.agent import control  # noqa: PLC0415  as the module says

    answer = control.chosen(port).ask("pair")
    if "error" in answer:
        raise CommandError(
            "too many wrong codes were tried, so the agent pairs no more; stop it, and start it"
            " anew"
        )
    _say(answer, f"{answer['pairing_code']}\n{answer['expires_in']} s", json=json)


@app.command()
def revoke(port: AgentPortOption = None, json: JsonOption = False) -> None:
    """Have the running agent forget every page that has paired.

    Example: mynasim agent revoke
    """
    from card_reader.agent import control  # noqa: PLC0415  as the module says

    answer = control.chosen(port).ask("revoke")
    _say(answer, f"{answer['forgotten']} pairings forgotten", json=json)


@app.command()
def readers(
    card: CardOption = None, reader: ReaderOption = None, json: JsonOption = False
) -> None:
    """Show the readers as a paired page sees them; no certificate is read.

    Example: mynasim agent readers
    """
    from card_reader.agent.cards import InFile, OnReaders  # noqa: PLC0415

    card, reader = _named(card, reader)
    found = (InFile(card) if card else OnReaders(reader or "")).readers()
    lines = [
        f"{one.name}  card: {one.card}"
        f"{', PIN blocked' if one.locked else ''}{', has a pinpad' if one.pinpad else ''}"
        for one in found
    ]
    text = "\n".join(lines) or "no reader; connect one, or name an emulated card with --card"
    _say([one.as_json() for one in found], text, json=json)


@app.command()
def doctor(
    portal: Annotated[
        str, typer.Option(metavar="URL", help="The portal to reach.")
    ] = "http://localhost:8400",
    port: Annotated[int, typer.Option(help="Where the agent listens.")] = PORT,
    card: CardOption = None,
    reader: ReaderOption = None,
    json: JsonOption = False,
) -> None:
    """Look at service, readers, card, window, port, portal and clock, in this order.

    Asks for no PIN and spends no try. Exit code 1 says that something needs a hand.

    Example: mynasim agent doctor --portal http://localhost:8400
    """
    from mynaportal_sim.cli.agent_doctor import findings  # noqa: PLC0415
    from mynaportal_sim.cli.findings import report  # noqa: PLC0415

    report(findings(portal, port, *_named(card, reader)), json)


def _named(card: Path | None, reader: str | None) -> tuple[Path | None, str | None]:
    """The card or reader that the options, or else the environment, name."""
    if card is not None and reader is not None:
        raise CommandError("name one card: either --card FILE or --reader NAME")
    return (card, reader) if card or reader else from_environment()


def _seconds(span: str | None) -> float | None:
    if span is None:
        return None
    from mynaportal_sim.cli.clock import duration  # noqa: PLC0415

    return duration(span).total_seconds()


def _say(document: object, text: str, *, json: bool) -> None:
    from mynaportal_sim.cli.answer import say  # noqa: PLC0415

    say(document, text, json)
