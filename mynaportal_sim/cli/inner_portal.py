"""A portal inside this process, on a free port and a directory that is thrown away."""

import socket
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from time import sleep

import uvicorn
from starlette.types import ASGIApp

from mynaportal_sim import world
from mynaportal_sim.app import create_app
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.clock import Clock
from mynaportal_sim.settings import Mode, Settings


@contextmanager
def inner_portal(personas: Collection[str]) -> Iterator[Settings]:
    """Serve a new portal with these personas over HTTP until the block ends."""
    with (
        TemporaryDirectory(prefix="mynasim-") as directory,
        closing(socket.create_server(("127.0.0.1", 0))) as listener,
    ):
        port = listener.getsockname()[1]
        # Each is named, so that a MYNASIM_* meant for a portal that lasts does not reach this.
        settings = Settings(
            data=Path(directory), port=port, db=None, tls=False, issuer="", mode=Mode.DEV,
            personas=None, listen="127.0.0.1", expose=False, allow_host=(), workers=1,
            sample_app=False, sample_app_port=None, ocsp=False, ocsp_port=None,
        )  # fmt: skip
        world.prepare(settings, Clock(settings.clock), lambda _: None, personas)
        with served(create_app(settings), listener):
            yield settings


@contextmanager
def served(app: ASGIApp, listener: socket.socket) -> Iterator[None]:
    """Serve `app` from a thread until the block ends.

    Raises:
        CommandError: the app does not start.
    """
    server = uvicorn.Server(
        uvicorn.Config(app, lifespan="on", log_level="warning", access_log=False)
    )
    thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    while not server.started:
        if not thread.is_alive():
            raise CommandError("the inner portal did not start; its reason stands above")
        sleep(0.005)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
