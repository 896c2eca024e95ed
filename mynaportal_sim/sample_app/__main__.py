"""`python -m mynaportal_sim.sample_app`: the app by itself, before any portal."""

import signal
import ssl
import sys
from contextlib import closing, suppress
from http.client import HTTPConnection, HTTPException, HTTPSConnection
from urllib.parse import SplitResult, urlsplit

PATIENCE = 60.0  # seconds


def _let_the_portal_start(arguments: list[str]) -> None:
    """Wait for the portal that has just started us, before anything that takes the processor.

    Its socket listens already, so it answers as soon as it can. Where it does not, what comes
    next says why.
    """
    issuer, ca = _given(arguments, "issuer"), _given(arguments, "ca")
    if "--until-eof" not in arguments or not issuer:
        return
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # Ctrl-C is for the portal, which ends us
    parts = urlsplit(issuer)
    address = "127.0.0.1" if parts.hostname == "localhost" else parts.hostname or ""
    with suppress(OSError, HTTPException), closing(_connection(parts, address, ca)) as portal:
        portal.request("GET", "/healthz", headers={"Host": parts.netloc})
        portal.getresponse().read()


def _connection(parts: SplitResult, address: str, ca: str) -> HTTPConnection:
    if parts.scheme == "http":
        return HTTPConnection(address, parts.port or 80, timeout=PATIENCE)
    trusted = ssl.create_default_context(cafile=ca or None)
    return HTTPSConnection(address, parts.port or 443, timeout=PATIENCE, context=trusted)


def _given(arguments: list[str], name: str) -> str:
    values = [one.partition("=")[2] for one in arguments if one.startswith(f"--{name}=")]
    return values[0] if values else ""


if __name__ == "__main__":
    _let_the_portal_start(sys.argv[1:])
    from mynaportal_sim.sample_app.command import main

    raise SystemExit(main())
