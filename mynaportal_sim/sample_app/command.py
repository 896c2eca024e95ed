"""The command line of the app by itself."""

import argparse
import json
import socket
import sys
from collections.abc import Sequence
from contextlib import closing, suppress

import uvicorn
from pydantic import ValidationError

from mynaportal_sim.beside import stop_at_eof
from mynaportal_sim.sample_app.errors import StartError
from mynaportal_sim.sample_app.portal import Portal
from mynaportal_sim.sample_app.relying_party import public_jwk
from mynaportal_sim.sample_app.settings import Settings
from mynaportal_sim.sample_app.web import create_app

_OPTIONS = {
    "issuer": ("URL", "the portal's issuer [http://localhost:8400]"),
    "client-id": ("ID", "what `mynasim app register` printed"),
    "key": ("FILE", "PEM file with the P-256 key that was registered"),
    "data": ("FILE", "SQLite file for tokens and sessions [sample-app.sqlite3]"),
    "listen": ("ADDRESS", "where to listen [127.0.0.1]"),
    "port": ("N", "at which port [8500]"),
    "url": ("URL", "the app's own origin in browsers [http://127.0.0.1:PORT]"),
    "ca": ("FILE", "PEM file with a root that the portal's certificate may be of"),
    "certificate": ("FILE", "PEM file with the app's certificate and key: it serves https"),
}
_EXAMPLE = """example:
  openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out app.pem
  python -m mynaportal_sim.sample_app --key app.pem --jwks > jwks.json
  mynasim app register --name "こもれび健康ノート" --profile fapi2 --jwks jwks.json \\
    --redirect-uri http://127.0.0.1:8500/callback
  python -m mynaportal_sim.sample_app --key app.pem --client-id app-…"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the app until it is stopped; an error is a sentence and exit code 1."""
    given = _parser().parse_args(arguments)
    options = {name: value for name, value in vars(given).items() if value is not None}
    descriptor, as_child = options.pop("fd", None), options.pop("until_eof")
    wants_jwks, wants_link = options.pop("jwks"), options.pop("operator_link")
    try:
        if wants_jwks:
            options.setdefault("client_id", "not-yet")
        settings = Settings(**options)
        if wants_jwks:
            jwk = public_jwk(settings.private_key())
            print(json.dumps({"keys": [jwk]}))
            return 0
        if wants_link:
            portal = Portal(settings, http=settings.portal_client())
            portal.check()
            print(portal.operator_link())
            return 0
        with closing(_listener(settings, descriptor)) as listener:
            portal = Portal(settings, http=settings.portal_client())
            portal.check()
            _serve(portal, listener, as_child=as_child)
    except ValidationError as error:
        told = (f"--{'-'.join(map(str, one['loc']))}: {one['msg']}" for one in error.errors())
        return _fail("; ".join(told).replace("_", "-"))
    except StartError as error:
        return _fail(str(error))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        "python -m mynaportal_sim.sample_app",
        description="A sample private PHR app. Options may also come as SAMPLE_APP_*.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    for name, (metavar, said) in _OPTIONS.items():
        parser.add_argument(f"--{name}", metavar=metavar, help=said)
    parser.add_argument(
        "--jwks", action="store_true", help="print the key's public half as a JWK Set, and stop"
    )
    parser.add_argument(
        "--operator-link",
        action="store_true",
        help="print a one-time link to this app's console at the portal, and stop",
    )
    parser.add_argument("--fd", type=int, help="a socket that listens already")
    parser.add_argument(
        "--until-eof", action="store_true", help="stop when standard input ends"
    )
    return parser


def _listener(settings: Settings, descriptor: int | None) -> socket.socket:
    if descriptor is not None:
        return socket.socket(fileno=descriptor)
    try:
        return socket.create_server((settings.listen, settings.port))
    except OSError as error:
        raise StartError(
            f"port {settings.port} on {settings.listen} cannot be used ({error.strerror}); "
            "choose another with --port"
        ) from None


def _serve(portal: Portal, listener: socket.socket, *, as_child: bool) -> None:
    tls = portal.settings.tls()
    config = uvicorn.Config(
        create_app(portal),
        log_level="warning",
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=3,
        ssl_context_factory=None if tls is None else lambda *_: tls,
    )
    server = uvicorn.Server(config)
    if as_child:
        stop_at_eof(server)
    with suppress(KeyboardInterrupt):  # uvicorn raises it anew once it has stopped
        server.run(sockets=[listener])


def _fail(sentence: str) -> int:
    print(f"sample app: {sentence}", file=sys.stderr)
    return 1
