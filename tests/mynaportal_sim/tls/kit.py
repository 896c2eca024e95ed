"""A handshake over real sockets, as any client and this project's servers make it."""

import ssl
from contextlib import closing, suppress
from pathlib import Path
from socket import create_connection, create_server, socket
from threading import Thread

from mynaportal_sim.sample_app.https import server_context


def trusting(root: Path | None) -> ssl.SSLContext:
    """A client that trusts this root alone; None for one that has never heard of it.

    It is as strict as Python's own are by default from 3.13 on.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.verify_flags |= ssl.VERIFY_X509_STRICT
    if root is not None:
        context.load_verify_locations(root)
    return context


def shake_hands(certificate: Path, client: ssl.SSLContext, host: str) -> tuple[str, str]:
    """The TLS version and cipher that a client agrees on with a server that it knows as `host`.

    Raises:
        ssl.SSLError: one of them refuses.
    """
    with closing(create_server(("127.0.0.1", 0))) as listener:
        server = Thread(target=_serve_once, args=(listener, server_context(certificate)))
        server.start()
        try:
            with (
                create_connection(listener.getsockname()) as plain,
                client.wrap_socket(plain, server_hostname=host) as secured,
            ):
                cipher = secured.cipher()
                assert cipher is not None
                return str(secured.version()), cipher[0]
        finally:
            server.join()


def _serve_once(listener: socket, context: ssl.SSLContext) -> None:
    peer, _ = listener.accept()
    with peer, suppress(OSError), context.wrap_socket(peer, server_side=True) as secured:
        secured.recv(1)
