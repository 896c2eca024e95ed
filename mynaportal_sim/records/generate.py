"""Fills a resident's records with what the domains draw."""

from datetime import date, datetime

from sqlalchemy import Connection

from consent.japan import day_of, start_of
from mynaportal_sim.domains.catalogue import DOMAINS
from mynaportal_sim.records import store
from mynaportal_sim.residents.model import Resident


def fill(connection: Connection, resident: Resident, today: date) -> None:
    """Store what has become known about `resident` by `today`; a unit of work.

    Repeated, it adds what the clock has brought since, and changes nothing else but what
    follows the register.
    """
    follow(connection, resident, start_of(today))
    for domain in DOMAINS:
        if not domain.follows:
            drawn = domain.records(resident, today)
            store.add(connection, resident.id, domain.category.code, drawn)


def follow(connection: Connection, resident: Resident, now: datetime) -> None:
    """Let records say what the register says of `resident` from `now` on; a unit of work."""
    for domain in DOMAINS:
        if domain.follows:
            drawn = domain.records(resident, day_of(now))
            store.put(connection, resident.id, domain.category.code, drawn, now)
