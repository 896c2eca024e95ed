"""Each end of a session is taken up once, each delivery by one, however many ask at once."""

from datetime import UTC, datetime, timedelta
from functools import partial
from os import urandom
from uuid import uuid4

from mynaportal_sim.database import Database
from mynaportal_sim.delivery import logouts
from mynaportal_sim.delivery.flight import EACH
from mynaportal_sim.delivery.logouts import Logout
from mynaportal_sim.delivery.reach import ANYWHERE
from mynaportal_sim.delivery.security_event import Signer
from mynaportal_sim.delivery.sender import Targets
from mynaportal_sim.login import sessions
from mynaportal_sim.login.challenge import Channel
from mynaportal_sim.oauth import backchannel, families
from mynaportal_sim.oauth.backchannel import Teller
from mynaportal_sim.oauth.families import Family, NewFamily
from mynaportal_sim.pseudonyms import Pseudonyms
from tests.consent.kit import at_once

NOW = datetime(2026, 11, 28, 6, 0, tzinfo=UTC)
SOON = NOW + timedelta(seconds=30)


def test_of_many_that_claim_at_once_one_gets_each_delivery(database: Database) -> None:
    new = [
        Logout(uuid4(), f"app-{app}", "sub", f"sid-{number}", NOW)
        for app in range(5)
        for number in range(EACH)
    ]
    database.run(logouts.add, new)
    claim = partial(logouts.claim, busy=(), now=NOW, until=SOON, most=20)
    claimed = at_once(database, [claim] * 4)
    found = [one.id for some in claimed if isinstance(some, list) for one in some]
    assert sorted(found) == sorted(one.id for one in new)
    assert not database.run(logouts.any_due, (), NOW)
    assert database.run(logouts.any_due, (), SOON)  # whoever stops while it sends leaves them


def test_of_many_that_take_up_ended_sessions_at_once_one_tells_each(database: Database) -> None:
    for _ in range(5):
        anonymous = database.run(sessions.begin, NOW, urandom)
        person = sessions.Person(uuid4(), Channel.SOFT)
        session = database.run(sessions.log_in, anonymous.id, person, NOW, urandom)
        _redeemed_in(database, session.began_as)
        database.run(sessions.end, session.id, NOW)
    database.run(sessions.end, "nobody's", NOW)
    targets = Targets(lambda _: {"app-1": "https://app.example/out"}, ANYWHERE)
    names = Pseudonyms(b"k" * 32)
    teller = Teller("https://portal.example", names, _nobody_signs, targets, urandom)
    at_once(database, [partial(backchannel.take_up, teller=teller)] * 4)
    assert len({one.sid for one in database.run(logouts.of_app, "app-1", 20)}) == 5
    assert len(database.run(logouts.of_app, "app-1", 20)) == 5
    assert not database.run(backchannel.any_untold)


def _redeemed_in(database: Database, session: bytes) -> None:
    """An app gets an ID token in a session."""
    family = Family(
        id=uuid4(),
        client_id="app-1",
        sub="sub",
        arrangement_id=uuid4(),
        version_id=uuid4(),
        scope="openid",
        redirect_uri="https://app.example/cb",
        code_challenge="challenge",
        nonce=None,
        dpop_jkt=None,
        authenticated_at=int(NOW.timestamp()),
        acr="acr",
        amr="amr",
        sender_constrained=False,
        session=session,
    )
    new = NewFamily(family, NOW + timedelta(hours=1))
    code = database.run(families.begin, new, NOW, urandom)
    assert database.run(families.redeem, "app-1", code, NOW, code, constrained=False)


async def _nobody_signs() -> Signer:
    raise AssertionError
