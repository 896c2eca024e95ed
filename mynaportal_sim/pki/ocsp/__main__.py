"""`python -m mynaportal_sim.pki.ocsp FD`: the responder, on a socket that its portal gives it.

Its settings are its portal's, in the environment, and it ends when its standard input does.
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


def main(descriptor: int) -> None:
    """Answer until the portal is gone."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the portal, which ends us
    settings = Settings()
    clock = Clock(settings.clock if settings.mode is Mode.DEV else None)
    with (
        socket.socket(fileno=descriptor) as listener,
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
        stop_at_eof(server)
        server.run(sockets=[listener])


if __name__ == "__main__":
    main(int(sys.argv[1]))
