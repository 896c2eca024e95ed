"""A portal inside this process, on a free port and a directory that is thrown away."""

import socket
from collections.abc import Collection, Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from threading import Thread
from time import sleep

import uvicorn

from mynaportal_sim import world
from mynaportal_sim.app import create_app
from mynaportal_sim.clock import Clock
from mynaportal_sim.settings import Settings


@contextmanager
def inner_portal(personas: Collection[str]) -> Iterator[Settings]:
    """Serve a new portal with these personas over HTTP until the block ends."""
    with (
        TemporaryDirectory(prefix="mynasim-") as directory,
        closing(socket.create_server(("127.0.0.1", 0))) as listener,
    ):
        settings = Settings(data=Path(directory), port=listener.getsockname()[1], db=None)
        world.prepare(settings, Clock(settings.clock), lambda _: None, personas)
        server = uvicorn.Server(
            uvicorn.Config(create_app(settings), log_level="warning", access_log=False)
        )
        thread = Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
        thread.start()
        while not server.started:
            sleep(0.005)
        try:
            yield settings
        finally:
            server.should_exit = True
            thread.join()
