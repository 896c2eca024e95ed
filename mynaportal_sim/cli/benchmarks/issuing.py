"""How fast the municipal counter issues cards, with their keys and from keys made ahead."""

from contextlib import closing
from dataclasses import replace
from pathlib import Path
from secrets import token_bytes
from tempfile import mkdtemp
from time import perf_counter, process_time
from uuid import uuid4

from mynaportal_sim.cli.benchmarks.rig import Rig
from mynaportal_sim.cli.benchmarks.row import Figure
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.issuing.counter import counter_of, personalise_all
from mynaportal_sim.issuing.keys import Pool, fill
from mynaportal_sim.residents.model import Resident

SCALE = 1000
CARDS, READY_CARDS = 20, 50


def with_keys(rig: Rig) -> Figure:
    """Seconds for 1,000 cards whose keys are made with them."""
    place = Path(mkdtemp(dir=rig.directory))
    return _issued(rig, place, max(3, round(CARDS * rig.effort.share)))


def from_ready_keys(rig: Rig) -> Figure:
    """Seconds for 1,000 cards whose keys were made ahead."""
    place = Path(mkdtemp(dir=rig.directory))
    cards = max(5, round(READY_CARDS * rig.effort.share))
    fill(Pool(place / "pool"), cards)
    return _issued(rig, place, cards)


def _issued(rig: Rig, place: Path, cards: int) -> Figure:
    """Issue so many cards with the keys that lie in `place`, registered and on disk."""
    now, people = Clock().now(), rig.people
    counter = replace(counter_of(rig.settings, now, token_bytes), pool=Pool(place / "pool"))
    wanted = [_like(people[at % len(people)], at) for at in range(cards)]
    with closing(Database(rig.settings.database_url)) as database:
        began, cpu_began = perf_counter(), process_time()
        personalise_all(database, counter, wanted, place / "cards", now)
        took, cpu_took = perf_counter() - began, process_time() - cpu_began
    note = (
        f"CPU time of {cards} cards, to 1,000; by the wall clock {took * SCALE / cards:.1f} s"
    )
    return Figure(cpu_took * SCALE / cards, note)


def _like(person: Resident, number: int) -> Resident:
    return replace(person, id=uuid4(), persona=f"resident-{number}")
