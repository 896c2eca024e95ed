"""How long a person waits for a page, on a machine that does nothing else."""

import json
from statistics import median
from time import perf_counter

import httpx

from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from mynaportal_sim.cli.benchmarks import portal
from mynaportal_sim.cli.benchmarks.errors import BenchError
from mynaportal_sim.cli.benchmarks.rig import Rig
from mynaportal_sim.cli.benchmarks.row import Figure
from mynaportal_sim.cli.second_browser import SecondBrowser
from mynaportal_sim.sample_app.loopback import client

ENTRIES = 300
"""Accesses in the person's history before it is looked at."""
ROUNDS = 40
_HTML = {"Accept": "text/html", "Accept-Language": "ja"}


def slowest(rig: Rig) -> Figure:
    """Median milliseconds of the slowest page, from request to last byte; the note has each."""
    contender, (person, *_) = rig.portal, rig.people
    for _ in range(ENTRIES):
        contender.party.fetch(contender.tokens, "/fhir/Observation?_count=1")
    url = contender.server.url
    with client() as http:
        browser = SecondBrowser(http, url)
        asked = contender.party.authorization_url(json.loads(portal.DETAILS), prompt="consent")
        interaction = browser.open(asked)
        card = Card.load(rig.settings.cards / f"{person.persona}.json")
        login = _took(http, f"{url}/login")
        browser.log_in(Jpki(Session(card)), person.card.pin, interaction)
        paths = ("/", "/consents", "/history", "/history?kind=consent", "/docs")
        times = {path: _took(http, f"{url}{path}") for path in paths}
        times |= {"/login": login, "consent": _took(http, f"{url}/interactions/{interaction}")}
    note = ", ".join(
        f"{name} {median(took):.1f} (at most {took[-1]:.1f})" for name, took in times.items()
    )
    return Figure(max(map(median, times.values())), f"{ENTRIES} entries of history; ms: {note}")


def _took(http: httpx.Client, url: str) -> list[float]:
    """Milliseconds of each round, shortest first; the first round is not counted."""
    took = []
    for _ in range(ROUNDS + 1):
        began = perf_counter()
        answer = http.get(url, headers=_HTML)
        took.append(1000 * (perf_counter() - began))
        if not answer.is_success:
            raise BenchError(f"{url} answers {answer.status_code}")
    return sorted(took[1:])
