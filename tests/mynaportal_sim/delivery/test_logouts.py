"""Each end of a session is taken up once, each delivery by one, however many ask at once."""

from datetime import UTC, datetime, timedelta
from functools import partial
from os import urandom
from uuid import uuid4

from mynaportal_sim.database import Database
from mynaportal_sim.delivery import logouts
from mynaportal_sim.delivery.logouts import Logout
from mynaportal_sim.login import sessions
from mynaportal_sim.login.challenge import Channel
from tests.consent.kit import at_once

NOW = datetime(2026, 11, 28, 6, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=30)


def test_of_many_that_claim_at_once_one_gets_each_delivery(database: Database) -> None:
    new = [Logout(uuid4(), "app-1", "sub", f"sid-{number}", NOW) for number in range(20)]
    database.run(logouts.add, new)
    claim = partial(logouts.claim, now=NOW, until=SOON, most=20)
    claimed = at_once(database, [claim] * 4)
    found = [one.id for some in claimed if isinstance(some, list) for one in some]
    assert sorted(found) == sorted(one.id for one in new)
    assert not database.run(logouts.any_due, NOW)
    assert database.run(logouts.any_due, SOON)  # whoever stops while it sends leaves them


def test_of_many_that_look_for_ended_sessions_at_once_one_gets_each(database: Database) -> None:
    ended = []
    for _ in range(5):
        anonymous = database.run(sessions.begin, NOW, urandom)
        person = (uuid4(), Channel.SOFT)
        session = database.run(sessions.log_in, anonymous.id, person, NOW, urandom)
        ended.append(session.began_as)
        database.run(sessions.end, session.id, NOW)
    database.run(sessions.end, "nobody's", NOW)
    found = at_once(database, [partial(sessions.take_ended, most=9)] * 4)
    taken = [one.began_as for some in found if isinstance(some, list) for one in some]
    assert sorted(taken) == sorted(ended)
    assert not database.run(sessions.any_ended)
