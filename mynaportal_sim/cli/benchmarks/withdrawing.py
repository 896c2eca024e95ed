"""How long after a withdrawal, committed by another process, an app still gets something."""

from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from math import ceil
from secrets import token_bytes
from threading import Event as Flag
from threading import Thread
from time import perf_counter, sleep
from uuid import UUID, uuid4

from sqlalchemy import Connection

from consent import service
from consent.model import Event
from consent.service import Change
from mynaportal_sim import keys
from mynaportal_sim.cli.benchmarks.contender import Contender
from mynaportal_sim.cli.benchmarks.errors import BenchError
from mynaportal_sim.cli.benchmarks.portal import consented
from mynaportal_sim.cli.benchmarks.rig import Rig
from mynaportal_sim.cli.benchmarks.row import Figure
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.sample_app.loopback import client

CONNECTIONS = 8
ROUNDS = 100
WARM_UP = 3  # answers before the withdrawal, on each connection
GIVEN, REFUSED = 200, 403
WITHIN = 5.0  # seconds
PATH = "/fhir/Observation?_count=1"


@dataclass
class Reader:
    """An app that reads without pause; what it was answered, with when it asked and heard."""

    answers: list[tuple[float, float, int]] = field(default_factory=list)

    def read(self, contender: Contender, token: str, stop: Flag) -> None:
        party = contender.party
        url = f"{contender.server.url}{PATH}"
        with client() as http:
            while not stop.is_set():
                headers = {
                    "Authorization": f"DPoP {token}",
                    "DPoP": party.proof("GET", url, token),
                }
                asked = perf_counter()
                answer = http.get(url, headers=headers)
                self.answers.append((asked, perf_counter(), answer.status_code))


def refusal(rig: Rig) -> Figure:
    """Milliseconds from the commit to the last answer with data, 99th percentile."""
    rounds = max(5, round(ROUNDS * rig.effort.share))
    with closing(Database(rig.settings.database_url)) as database:
        took = sorted(_withdrawn(rig, database) for _ in range(rounds))
    at = took[ceil(len(took) * 0.99) - 1]
    median = took[len(took) // 2]
    note = (
        f"{rounds} withdrawals by another process while {CONNECTIONS} connections read; "
        f"p50 {1000 * median:.1f} ms; nothing that was asked after the commit got data"
    )
    return Figure(1000 * at, note)


def _withdrawn(rig: Rig, database: Database) -> float:
    """Seconds from one withdrawal's commit to the last answer with data, 0 if none came.

    Raises:
        BenchError: data were given to a request that was sent after the commit.
    """
    contender, person = rig.portal, rig.people[1]  # the first one's consent serves other rows
    tokens = consented(contender.party, rig.settings.data, person)
    holder = keys.pseudonyms(rig.settings.keys).holder(person.id)
    app = contender.party.client_id
    readers = [Reader() for _ in range(CONNECTIONS)]
    with _reading(contender, tokens.access_token, readers):
        _until(lambda: all(len(one.answers) >= WARM_UP for one in readers))
        database.run(_withdraw, app, person.id, holder)
        committed = perf_counter()
        _until(lambda: all(one.answers[-1][2] == REFUSED for one in readers))
    given = [one for reader in readers for one in reader.answers if one[2] == GIVEN]
    if not given:
        statuses = sorted({one[2] for reader in readers for one in reader.answers})
        raise BenchError(f"nothing was given before the withdrawal: {statuses}")
    if any(asked > committed for asked, _, _ in given):
        raise BenchError("data were given to a request sent after the withdrawal")
    return max(0.0, max(heard for _, heard, _ in given) - committed)


def _until(done: Callable[[], bool]) -> None:
    deadline = perf_counter() + WITHIN
    while not done():
        if perf_counter() > deadline:
            raise BenchError(f"what was waited for did not come within {WITHIN:g} s")
        sleep(0.001)


@contextmanager
def _reading(contender: Contender, token: str, readers: list[Reader]) -> Iterator[None]:
    """Have every reader read until the block ends."""
    stop = Flag()
    threads = [Thread(target=one.read, args=(contender, token, stop)) for one in readers]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join()


def _withdraw(connection: Connection, app: str, resident_id: UUID, holder: bytes) -> None:
    now = Clock().now()
    [version] = service.in_force(connection, resident_id, app, now)
    wish = Change(
        Event.WITHDRAW,
        uuid4(),
        resident_id,
        version.arrangement_id,
        version.id,
        "command",
        holder,
    )
    service.change(connection, wish, now, token_bytes)
