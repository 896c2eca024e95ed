"""`mynasim up`: the portal, from nothing to its first page."""

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager, nullcontext
from functools import partial
from pathlib import Path
from secrets import token_bytes
from types import FrameType

import typer
import uvicorn
from rich.console import Console
from uvicorn.supervisors import Multiprocess

from card_reader.hardening import keep_pins_out_of_dumps
from mynaportal_sim import world
from mynaportal_sim.app import OCSP_VARIABLE, SAMPLE_APP_VARIABLE
from mynaportal_sim.cli import sample_app
from mynaportal_sim.cli.announcing import announce
from mynaportal_sim.cli.doorkeeper import Doorkeeper
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
    OcspOption,
    PersonasOption,
    PortOption,
    SampleAppOption,
    SampleAppPortOption,
    TlsOption,
    WitnessesOption,
    WorkersOption,
    settings_of,
)
from mynaportal_sim.cli.program import program
from mynaportal_sim.cli.sample_app import SampleApp
from mynaportal_sim.clock import Clock
from mynaportal_sim.domains.catalogue import catalogue
from mynaportal_sim.errors import PortalError
from mynaportal_sim.login import demands
from mynaportal_sim.sample_app.errors import StartError
from mynaportal_sim.setting_names import variable
from mynaportal_sim.settings import Mode, Settings
from mynaportal_sim.tls import store as certificates
from mynaportal_sim.tls.names import LOOPBACK

LOOPBACK_ADDRESS = "127.0.0.1"
_ENDING = (signal.SIGINT, signal.SIGTERM)

app = typer.Typer()


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
    tls: TlsOption = None,
    issuer: IssuerOption = None,
    allow_host: AllowHostOption = None,
    mode: ModeOption = None,
    sample_app: SampleAppOption = None,
    sample_app_port: SampleAppPortOption = None,
    witnesses: WitnessesOption = None,
    ocsp: OcspOption = None,
    json: JsonOption = False,
) -> None:
    """Start the portal and a private app beside it; say where they are and who can log in.

    Examples: mynasim up · mynasim up --tls · mynasim up --port 9000 --data ./state
    """
    keep_pins_out_of_dumps()
    settings = settings_of(
        port=port, data=data, db=db, personas=personas, workers=workers,
        listen=listen, expose=expose, tls=tls, issuer=issuer, allow_host=allow_host, mode=mode,
        sample_app=sample_app, sample_app_port=sample_app_port, witnesses=witnesses,
        ocsp=ocsp,
    )  # fmt: skip
    _check(settings)
    _run(settings, json)


def _check(settings: Settings) -> None:
    """Raise what keeps a portal from being started like this."""
    settings.check_exposure()
    known = catalogue()
    demands.read(settings.step_up, known.categories)  # before workers fail at it
    for purpose in settings.minors_purposes:
        if purpose not in known.purposes:
            raise CommandError(
                f"{variable('minors_purposes')}: there is no purpose {purpose!r};"
                f" choose of {', '.join(known.purposes)}"
            )
    if settings.workers > 1 and settings.database_url.startswith("sqlite"):
        raise CommandError("several workers need PostgreSQL: give --db postgresql://…")


def _run(settings: Settings, json: bool) -> None:
    """Prepare what is missing, say what there is, and serve until the process is stopped."""
    console = Console(stderr=True)
    with closing(_bound(settings)) as listener, world.claim(settings):
        clock = Clock(settings.clock if settings.mode is Mode.DEV else None)
        with console.status("Preparing the portal …"):
            residents = world.prepare(settings, clock, console.print)
            certificate = _certificate(settings) if settings.tls else None
        companion = None
        if settings.mode is Mode.DEV and settings.sample_app:
            companion = _companion(settings, clock, console)
        if companion is not None:
            os.environ[SAMPLE_APP_VARIABLE] = f"{companion.url}/"
        responder = _responder(settings, console)
        if responder is not None:
            os.environ[OCSP_VARIABLE] = f"http://127.0.0.1:{settings.ocsp_place}/ocsp"
        with _told_to_stop(_config(settings, certificate), listener) as serve:
            announce(settings, residents, None if companion is None else companion.url, json)
            with _beside(companion, settings), _answering(responder):
                serve()


def _certificate(settings: Settings) -> Path:
    """The file with the portal's certificate for https, made or renewed when it is due."""
    now = Clock().now()
    certificates.ensure_root(settings.certificates, settings.names, now, token_bytes)
    names = (*LOOPBACK, *settings.names)
    return certificates.ensure_leaf(
        settings.certificates, certificates.PORTAL, names, now, token_bytes
    )


def _companion(settings: Settings, clock: Clock, console: Console) -> SampleApp | None:
    """The sample app, ready to run; None, with the reason told, if it cannot be."""
    port = settings.sample_app_port or sample_app.default_port(settings.port)
    # An exposed portal's ports are published by a container, and so is the app's.
    address = settings.listen if settings.expose else sample_app.ADDRESS
    try:
        listener = _listening(address, port)
    except OSError as error:
        console.print(
            f"The sample app is not started: port {port} cannot be used ({error.strerror}); "
            "choose another with --sample-app-port, or leave it out with --no-sample-app",
            style="yellow",
        )
        return None
    try:
        return sample_app.register(settings, listener, clock.now())
    except (StartError, PortalError, OSError) as error:
        listener.close()
        console.print(f"The sample app is not started: {error}", style="yellow")
        return None


def _beside(companion: SampleApp | None, settings: Settings) -> AbstractContextManager[None]:
    """Run the sample app as long as the portal, and see it end before this process does."""
    if companion is None:
        return nullcontext()
    return sample_app.running(companion, settings.issuer)


def _responder(settings: Settings, console: Console) -> socket.socket | None:
    """The socket of the OCSP responder; None, with the reason told, if it cannot be."""
    if settings.mode is not Mode.DEV or not settings.ocsp:
        return None
    address = settings.listen if settings.expose else LOOPBACK_ADDRESS
    try:
        return _listening(address, settings.ocsp_place)
    except OSError as error:
        console.print(
            f"The OCSP responder is not started: port {settings.ocsp_place} cannot be used "
            f"({error.strerror}); revocation is read from lists. Choose another port with "
            "MYNASIM_OCSP_PORT, or leave it out with --no-ocsp",
            style="yellow",
        )
        return None


def _answering(responder: socket.socket | None) -> AbstractContextManager[None]:
    """Run the OCSP responder as long as the portal, in a process of its own."""
    if responder is None:
        return nullcontext()
    return program(("mynaportal_sim.pki.ocsp", str(responder.fileno())), responder)


@contextmanager
def _told_to_stop(
    config: uvicorn.Config, listener: socket.socket
) -> Iterator[Callable[[], None]]:
    """What serves until a signal ends it, one that comes before it has begun included.

    A handler only notes the signal: an exception that it raised would be lost wherever Python
    ignores exceptions, in a weak reference's callback for one, and the portal would stay.
    """
    kept = {number: signal.getsignal(number) for number in _ENDING}
    noted: list[int] = []
    serve: Callable[[], None]
    if config.workers == 1:
        server = uvicorn.Server(config)

        def note(number: int, frame: FrameType | None) -> None:
            noted.append(number)
            server.handle_exit(number, frame)

        for number in _ENDING:
            signal.signal(number, note)
        serve = partial(server.run, [listener])
    else:
        serve = Multiprocess(config, [listener]).run  # takes the signals as it is made
    try:
        yield serve
    finally:
        for number, handler in kept.items():
            signal.signal(number, handler)
    if noted:
        raise SystemExit(128 + noted[0])


def _bound(settings: Settings) -> socket.socket:
    """A listening socket, so that a port in use is known before anything else happens."""
    try:
        listener = _listening(settings.listen, settings.port)
    except OSError as error:
        raise CommandError(
            f"port {settings.port} on {settings.listen} cannot be used ({error.strerror}); "
            "stop what listens there, or choose another with --port"
        ) from None
    listener.set_inheritable(True)
    return listener


def _listening(address: str, port: int) -> socket.socket:
    family = socket.AF_INET6 if ":" in address else socket.AF_INET
    listener = socket.socket(family, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
        listener.listen(2048)
    except OSError:
        listener.close()
        raise
    return listener


def _config(settings: Settings, certificate: Path | None) -> uvicorn.Config:
    os.environ.update(_as_environment(settings))
    return uvicorn.Config(
        "mynaportal_sim.app:from_environment",
        factory=True,
        workers=settings.workers,
        log_level="warning",
        access_log=False,
        server_header=False,
        date_header=False,  # the app gives the portal's own time
        proxy_headers="FORWARDED_ALLOW_IPS" in os.environ,  # else anybody says who they are
        timeout_graceful_shutdown=5,
        http="auto"
        if certificate is None
        else partial(Doorkeeper, certificate, settings.issuer),  # type: ignore[arg-type]  # called as a class is
    )


def _as_environment(settings: Settings) -> dict[str, str]:
    """The settings as worker processes read them."""
    values = settings.model_dump(mode="json", exclude_none=True)
    return {f"MYNASIM_{name.upper()}": str(value) for name, value in values.items()}
