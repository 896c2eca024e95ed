"""Presents a card to pcscd, as if it lay in the virtual reader of vsmartcard-vpcd.

The driver listens on a TCP port; whoever connects is the card, and closing the connection takes
it out. A message is a length (2 bytes, big-endian) and a payload: one byte of control, or a
command APDU. (vsmartcard, `src/ifd-vpcd/vpcd.h`.)
"""

import socket
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager, suppress
from enum import IntEnum, unique
from pathlib import Path

from card_reader.errors import VirtualReaderError
from card_reader.transport import Powered

HOST = "127.0.0.1"
PORT = 35963
"""Where the driver listens for its first slot (0x8C7B); the second is one higher."""
ATR = bytes.fromhex("3B888001000005E0B381A1007F")
"""What a contactless reader makes of the card's ATQB (PC/SC part 3, 3.1.3.2.3.2)."""

_DRIVER = Path("/usr/lib/pcsc/drivers/serial/libifdvpcd.so")
_ENTRY = Path("/etc/reader.conf.d/vpcd")  # which has pcscd load the driver
_LENGTH_BYTES = 2
_PAYLOAD_MAX = 0xFFFF
_CONNECT_WITHIN = 3.0  # seconds
_POLLED_WITHIN = 5.0  # seconds; the driver asks a card that is in for its ATR twice a second


@unique
class Control(IntEnum):
    """What the driver asks of a card besides APDUs. Only GET_ATR is answered."""

    POWER_OFF = 0
    POWER_ON = 1
    RESET = 2
    GET_ATR = 4


_POWER = frozenset({Control.POWER_OFF, Control.POWER_ON, Control.RESET})

Watch = Callable[[bytes], None]
"""Sees each payload from the driver: a control byte, or a command APDU with any PIN in it."""


class Frames:
    """Cuts a stream of bytes into payloads; knows no socket."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, received: bytes) -> Iterator[bytes]:
        """The payloads that are complete now. Raises VirtualReaderError for an empty one."""
        self._buffer += received
        while len(self._buffer) >= _LENGTH_BYTES:
            length = int.from_bytes(self._buffer[:_LENGTH_BYTES], "big")
            if not length:
                raise _no_virtual_reader()
            end = _LENGTH_BYTES + length
            if len(self._buffer) < end:
                return
            payload = bytes(self._buffer[_LENGTH_BYTES:end])
            del self._buffer[:end]
            yield payload


def framed(payload: bytes) -> bytes:
    """`payload` (1 to 65535 bytes) as a message."""
    if not 1 <= len(payload) <= _PAYLOAD_MAX:
        raise ValueError(f"{len(payload)} bytes do not fit a message")
    return len(payload).to_bytes(_LENGTH_BYTES, "big") + payload


def answer(payload: bytes, card: Powered) -> bytes | None:
    """What `card` says to a message of the driver; None if nothing.

    Raises VirtualReaderError for a control byte that no driver sends.
    """
    if len(payload) > 1:
        return card.transmit(payload)
    if payload[0] == Control.GET_ATR:
        return ATR
    if payload[0] not in _POWER:
        raise _no_virtual_reader()
    card.reset()
    return None


def _no_virtual_reader() -> VirtualReaderError:
    return VirtualReaderError(
        "What is connected to sends no messages of a virtual reader.",
        f"Check --port: the first slot of vsmartcard-vpcd listens on {PORT}.",
    )


@contextmanager
def inserted(host: str = HOST, port: int = PORT) -> Iterator[socket.socket]:
    """A connection to the driver: while it is open, a card is in the reader.

    Raises VirtualReaderError if nothing listens there.
    """
    try:
        connection = socket.create_connection((host, port), _CONNECT_WITHIN)
    except OSError as error:
        raise VirtualReaderError(
            f"No virtual reader listens on {host}:{port} ({error.strerror or error}).",
            _how_to_start(),
        ) from None
    with closing(connection):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield connection


def _how_to_start() -> str:
    install = "sudo apt-get install pcscd vsmartcard-vpcd"
    if _DRIVER.exists() and not _ENTRY.exists():  # as `./mynasim test` leaves it in CI
        install = (
            "sudo apt-get install --reinstall -o Dpkg::Options::=--force-confmiss"
            " vsmartcard-vpcd"
        )
    return f"Install it with `{install}`, and start it with `sudo systemctl restart pcscd`."


def serve(connection: socket.socket, card: Powered, watch: Watch = lambda _: None) -> None:
    """Be `card` until the connection ends, from either side.

    Raises VirtualReaderError if the driver says nothing at first: then another card is in.
    """
    frames = Frames()
    connection.settimeout(_POLLED_WITHIN)
    while received := _receive(connection):
        for payload in frames.feed(received):
            connection.settimeout(None)
            said = answer(payload, card)
            watch(payload)
            if said is not None:
                with suppress(ConnectionError):  # then the next receive ends it
                    connection.sendall(framed(said))


def _receive(connection: socket.socket) -> bytes:
    """What has come; empty at the end. Debian's driver sends a message in two segments, so
    without a prompt acknowledgement (which Linux forgets each time) an APDU takes 50 ms."""
    try:
        if hasattr(socket, "TCP_QUICKACK"):
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_QUICKACK, 1)
        return connection.recv(_PAYLOAD_MAX + _LENGTH_BYTES)
    except TimeoutError:
        raise VirtualReaderError(
            "The virtual reader does not ask for the card: another one is in its slot.",
            "Take that one out (stop the other `card present`), or use the second slot with"
            f" --port {PORT + 1}.",
        ) from None
    except OSError:
        return b""
