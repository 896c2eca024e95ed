"""SIGKILL at any moment loses no acknowledged entry, and the next start goes on from there."""

import json
import signal
from collections import Counter
from dataclasses import dataclass, field
from random import Random
from threading import Event, Thread
from time import sleep

import httpx
import pytest

from mynaportal_sim.sample_app.errors import RelyingPartyError
from mynaportal_sim.sample_app.relying_party import RelyingParty, Tokens
from tests.journeys.kit import Portal, details

KILLS = 100  # on each of the two databases
CLIENTS = 4
LIFE = (0.02, 0.6)  # seconds between the portal's readiness and its end


@dataclass
class Client:
    """An app that fetches without pause, and remembers what it was answered."""

    app: RelyingParty
    tokens: Tokens
    acknowledged: int = 0
    stop: Event = field(default_factory=Event)

    def work(self) -> None:
        while not self.stop.is_set():
            try:
                answer = self.app.fetch(self.tokens, "/fhir/Observation?_count=1")
                if answer.status_code == 200:
                    self.acknowledged += 1
                elif answer.status_code == 401:
                    self.tokens = self.app.refresh(self.tokens)
            except (httpx.TransportError, RelyingPartyError):
                sleep(0.01)


def _client(portal: Portal) -> Client:
    app = portal.register()
    _, redirect = portal.walk(app, details("checkup"))
    return Client(app, app.redeem(redirect))


@pytest.mark.deep
def test_no_acknowledged_entry_is_lost_and_no_index_given_twice(own_portal: Portal) -> None:
    rng = Random(20261123)
    clients = [_client(own_portal) for _ in range(CLIENTS)]
    threads = [Thread(target=client.work) for client in clients]
    for thread in threads:
        thread.start()
    for _ in range(KILLS):
        sleep(rng.uniform(*LIFE))
        own_portal.stop(signal.SIGKILL)
        own_portal.start()
    for client, thread in zip(clients, threads, strict=True):
        client.stop.set()
        thread.join()
    sleep(1)  # for the sequencer to index the last entries
    own_portal.run("ledger", "verify")
    entries = json.loads(own_portal.run("ledger", "list", "--limit", "1000000", "--json"))
    indices = Counter(entry["index"] for entry in entries)
    assert sorted(indices) == list(range(len(entries)))
    permitted = Counter(
        entry["fields"]["app_id"] for entry in entries if entry["type"] == "access.permitted"
    )
    for client in clients:
        assert client.acknowledged > KILLS / 10
        assert permitted[client.app.client_id] >= client.acknowledged
