"""`python -m mynaportal_sim.pki.ocsp [FD]`: the responder, with its portal's settings.

A portal gives it a socket, and it ends when its standard input does. By itself it listens on
loopback, at the port that certificates name.
"""

import signal
import socket
import sys
from contextlib import closing

import uvicorn

from mynaportal_sim.beside import stop_at_eof
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.pki.ocsp.server import OcspServer
from mynaportal_sim.settings import Mode, Settings


def main(descriptor: int | None) -> None:
    """Answer until the portal is gone, or a signal comes."""
    settings = Settings()
    clock = Clock(settings.clock if settings.mode is Mode.DEV else None)
    with (
        _listener(settings, descriptor) as listener,
        closing(Database(settings.database_url)) as database,
    ):
        config = uvicorn.Config(
            OcspServer(database, clock, settings.authorities),
            lifespan="off",
            log_level="warning",
            access_log=False,
            server_header=False,
            date_header=False,  # the portal's time is in the answer
            timeout_graceful_shutdown=1,
        )
        server = uvicorn.Server(config)
        if descriptor is not None:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the portal
            stop_at_eof(server)
        server.run(sockets=[listener])


def _listener(settings: Settings, descriptor: int | None) -> socket.socket:
    if descriptor is not None:
        return socket.socket(fileno=descriptor)
    return socket.create_server(("127.0.0.1", settings.ocsp_place))


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else None)
