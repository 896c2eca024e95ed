"""Lets the ledger grow while the portal runs: gives entries their place, publishes files."""

import asyncio
import logging
from pathlib import Path

from sqlalchemy.exc import SQLAlchemyError

from consent.ledger.errors import LedgerError
from consent.ledger.note import Signer
from consent.ledger.publish import publish
from consent.ledger.sequencer import sequence
from mynaportal_sim.clock import Clock, ClockError
from mynaportal_sim.database import Database

EVERY = 0.2  # seconds
BATCH = 250

_log = logging.getLogger(__name__)


async def keep(database: Database, clock: Clock, signer: Signer, directory: Path) -> None:
    """Sequence and publish until cancelled; workers may do so side by side.

    Raises:
        LedgerError: the stored tree is not the one that was signed; nothing may follow it.
    """
    behind = True
    while True:
        count = 0
        try:
            count = await database.write(sequence, signer, clock.now(), BATCH)
            if count or behind:
                behind = await database.read_aside(publish, directory) is None
        except (SQLAlchemyError, ClockError, OSError):
            behind = True
            _log.exception("the ledger could not be extended or published; trying again")
        except LedgerError:
            _log.critical("the ledger is not as it was signed: see `mynasim ledger verify`")
            raise
        if count < BATCH:
            await asyncio.sleep(EVERY)
