"""`mynasim up`: the portal, from nothing to its first page."""

import os
import socket
from contextlib import closing

import typer
import uvicorn
from rich.console import Console, Group
from rich.table import Table
from rich.text import Text
from uvicorn.supervisors import Multiprocess

from mynaportal_sim import world
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import (
    AllowHostOption,
    DatabaseOption,
    DataOption,
    ExposeOption,
    IssuerOption,
    JsonOption,
    ListenOption,
    ModeOption,
    PersonasOption,
    PortOption,
    WorkersOption,
    settings_of,
)
from mynaportal_sim.clock import Clock
from mynaportal_sim.hardening import keep_pins_out_of_dumps
from mynaportal_sim.residents.model import CardState, Resident
from mynaportal_sim.settings import Mode, Settings

app = typer.Typer(help="Start the portal; the first start prepares everything.")


@app.callback(invoke_without_command=True)
def up(  # noqa: PLR0913  one option each
    *,
    port: PortOption = None,
    data: DataOption = None,
    db: DatabaseOption = None,
    personas: PersonasOption = None,
    workers: WorkersOption = None,
    listen: ListenOption = None,
    expose: ExposeOption = None,
    issuer: IssuerOption = None,
    allow_host: AllowHostOption = None,
    mode: ModeOption = None,
    json: JsonOption = False,
) -> None:
    """Start the portal and say where it is and who can log in.

    Examples: mynasim up · mynasim up --port 9000 --data ./state --personas mine.json
    """
    keep_pins_out_of_dumps()
    settings = settings_of(
        port=port, data=data, db=db, personas=personas, workers=workers,
        listen=listen, expose=expose, issuer=issuer, allow_host=allow_host, mode=mode,
    )  # fmt: skip
    if settings.workers > 1 and settings.database_url.startswith("sqlite"):
        raise CommandError("several workers need PostgreSQL: give --db postgresql://…")
    console = Console(stderr=True)
    with closing(_bound(settings)) as listener, world.claim(settings):
        clock = Clock(settings.clock if settings.mode is Mode.DEV else None)
        with console.status("Preparing the portal …"):
            residents = world.prepare(settings, clock, console.print)
        _announce(settings, residents, json)
        _serve(settings, listener)


def _bound(settings: Settings) -> socket.socket:
    """A listening socket, so that a port in use is known before anything else happens."""
    family = socket.AF_INET6 if ":" in settings.listen else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((settings.listen, settings.port))
        listener.listen(2048)
    except OSError as error:
        listener.close()
        raise CommandError(
            f"port {settings.port} on {settings.listen} cannot be used ({error.strerror}); "
            "stop what listens there, or choose another with --port"
        ) from None
    listener.set_inheritable(True)
    return listener


def _serve(settings: Settings, listener: socket.socket) -> None:
    os.environ.update(_as_environment(settings))
    config = uvicorn.Config(
        "mynaportal_sim.app:from_environment",
        factory=True,
        workers=settings.workers,
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=5,
    )
    server = uvicorn.Server(config)
    if settings.workers == 1:
        server.run(sockets=[listener])
    else:
        Multiprocess(config, sockets=[listener]).run()


def _as_environment(settings: Settings) -> dict[str, str]:
    """The settings as worker processes read them."""
    values = settings.model_dump(mode="json", exclude_none=True)
    return {f"MYNASIM_{name.upper()}": str(value) for name, value in values.items()}


def _announce(settings: Settings, residents: list[Resident], json: bool) -> None:
    shown = residents if settings.mode is Mode.DEV else []
    people = [
        {"id": one.persona, "name": one.name.full, "pin": one.card.pin, "note": one.note_en}
        for one in shown
    ]
    address = Text(f"\n{settings.issuer}/", "bold")
    place = Text(f"   (data in {settings.data}; stop with Ctrl-C)\n")
    text = Group(address + place, _table(shown))
    say({"url": settings.issuer, "personas": people}, text, json)


def _table(residents: list[Resident]) -> Table:
    table = Table(box=None, pad_edge=False, show_header=bool(residents))
    for heading in ("persona", "name", "PIN", "card", "what for"):
        table.add_column(heading)
    for one in residents:
        state = "" if one.card.state is CardState.GOOD else one.card.state.value
        cells = (one.persona, one.name.full, one.card.pin, state, one.note_en)
        table.add_row(*map(plain, cells))
    return table
