"""Keys that sign tokens, as a portal that has just been prepared has them."""

from os import urandom
from pathlib import Path

from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.oauth.keys import service
from mynaportal_sim.oauth.keys.files import KeyFiles
from mynaportal_sim.oauth.keys.following import SigningKeys


def begun(database: Database, clock: Clock, directory: Path) -> SigningKeys:
    """The keys of one process of the portal, the first of which has been made if need be."""
    act = service.Act(service.BEGINNING, clock.now(), urandom)
    database.run(service.begin, KeyFiles(directory), act, make=True)
    return SigningKeys(database, clock, directory)
