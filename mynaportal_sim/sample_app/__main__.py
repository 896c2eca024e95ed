"""`python -m mynaportal_sim.sample_app`: the app by itself, before any portal."""

import signal
import sys
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException
from urllib.parse import urlsplit

PATIENCE = 60.0  # seconds


def _let_the_portal_start(arguments: list[str]) -> None:
    """Wait for the portal that has just started us, before anything that takes the processor.

    Its socket listens already, so it answers as soon as it can. Where it does not, what comes
    next says why.
    """
    issuers = [one.partition("=")[2] for one in arguments if one.startswith("--issuer=")]
    if "--until-eof" not in arguments or not issuers:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the portal, which ends us
    parts = urlsplit(issuers[0])
    address = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname or ""
    with (
        suppress(OSError, HTTPException),
        closing(HTTPConnection(address, parts.port or 80, timeout=PATIENCE)) as portal,
    ):
        portal.request("GET", "/healthz", headers={"Host": parts.netloc})
        portal.getresponse().read()


if __name__ == "__main__":
    _let_the_portal_start(sys.argv[1:])
    from mynaportal_sim.sample_app.command import main

    raise SystemExit(main())
