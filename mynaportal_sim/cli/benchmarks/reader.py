"""How fast a card on a reader is.

This process, pcscd and the card take turns, so that none is kept on a core of its own.
"""

from statistics import median
from time import perf_counter

from card_reader import pcsc
from card_reader.apdu import Command
from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.emulator.personalise import read_card
from card_reader.spec import EF, JPKI_AID, Kind
from card_reader.statement import digest_info
from card_reader.status import SW
from mynaportal_sim.cli.benchmarks.errors import BenchError
from mynaportal_sim.cli.benchmarks.rig import Rig
from mynaportal_sim.cli.benchmarks.row import Figure
from mynaportal_sim.cli.benchmarks.server import CORES, on_cores
from mynaportal_sim.cli.benchmarks.timing import per_second
from mynaportal_sim.cli.second_browser import SecondBrowser
from mynaportal_sim.sample_app.loopback import client

_BY_CLOCK = "by the wall clock"
_LOGINS = 15  # a round


def signatures(rig: Rig) -> Figure:
    """Signatures per second (SELECT EF, COMPUTE DIGITAL SIGNATURE)."""
    data, message = read_card(rig.card), digest_info(b"bench")
    with pcsc.opened(rig.reader) as opened, on_cores(CORES):
        jpki = Jpki(Session(opened))
        jpki.verify(Kind.USER_AUTHENTICATION, data.pin)
        rate = per_second(
            lambda: jpki.sign(Kind.USER_AUTHENTICATION, message), rig.effort, perf_counter
        )
    return Figure(rate, f"two APDUs each, {_BY_CLOCK}")


def reads(rig: Rig) -> Figure:
    """READ BINARY of 256 bytes of a certificate per second."""
    command = bytes(Command.read_binary(0, 256))
    with pcsc.opened(rig.reader) as opened, on_cores(CORES):
        session = Session(opened)
        session.select(JPKI_AID)
        selected = session.read_file(EF.AUTHENTICATION_CERTIFICATE, 256)
        expected = selected + SW.OK.to_bytes(2, "big")
        if opened.transmit(command) != expected:
            raise BenchError("the card does not read as it was written")
        rate = per_second(lambda: opened.transmit(command), rig.effort, perf_counter)
    return Figure(rate, _BY_CLOCK)


def login(rig: Rig) -> Figure:
    """Milliseconds of a login: reader opened, page, challenge, PIN, signature, checks."""
    url, pin = rig.portal.server.url, read_card(rig.card).pin
    took = []
    for _ in range(rig.effort.rounds * _LOGINS):
        with client() as http:
            browser, began = SecondBrowser(http, url), perf_counter()
            with pcsc.opened(rig.reader) as opened, on_cores(CORES):
                browser.log_in(Jpki(Session(opened)), pin)
            took.append(perf_counter() - began)
    return Figure(1000 * median(took), f"from opening the reader to its release, {_BY_CLOCK}")
