"""Fills a resident's records with what the domains draw."""

from datetime import date

from sqlalchemy import Connection

from mynaportal_sim.domains.catalogue import DOMAINS
from mynaportal_sim.records import store
from mynaportal_sim.residents.model import Resident


def fill(connection: Connection, resident: Resident, today: date) -> None:
    """Store what has become known about `resident` by `today`; a unit of work.

    Repeated, it adds what the clock has brought since, and changes nothing else.
    """
    for domain in DOMAINS:
        store.add(
            connection, resident.id, domain.category.code, domain.records(resident, today)
        )
