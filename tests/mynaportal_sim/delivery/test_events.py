"""Each change of a consent is told once, signed, and is on its way until the app has heard."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from os import urandom
from uuid import uuid4

import httpx
import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from consent import service
from consent.model import Actor, ConsentVersion, Event, OnWithdrawal, Retention
from consent.service import Proposal
from consent.store import outbox
from consent.token import SigningKey
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.delivery import pinned, push, store
from mynaportal_sim.delivery.model import BACKOFF, Delivery, Try, Way, wait
from mynaportal_sim.delivery.reach import ANYWHERE
from mynaportal_sim.delivery.sender import Targets, send_for_ever, take_up
from mynaportal_sim.oauth.keys.files import pair
from mynaportal_sim.oauth.keys.life import Key, KeyState
from mynaportal_sim.oauth.keys.ring import KeyRing
from tests.consent.kit import at_once, change, granted_to
from tests.mynaportal_sim.delivery.kit import Endpoint

ISSUER = "https://portal.example"
BEGUN = datetime(2026, 1, 1, tzinfo=UTC)


def ring_of_one() -> KeyRing:
    made = pair(ec.generate_private_key(ec.SECP256R1()))
    key = Key(made.kid, KeyState.ACTIVE, BEGUN, made.jwk, "")
    return KeyRing.of(SigningKey(made.kid, made.private), [key], BEGUN)


RING = ring_of_one()
SECOND = timedelta(seconds=1)
DAY = timedelta(days=1)


def told(database: Database, now: datetime) -> list[Mapping[str, object]]:
    """The claims of each event that is made now, its signature checked."""
    database.run(take_up, ISSUER, RING.sign, now, urandom)
    made = database.run(store.claim, ["walking-app", "app-1"], now, now + 30 * SECOND, 100)
    for one in made:
        assert jwt.get_unverified_header(one.token)["typ"] == "secevent+jwt"
        database.run(store.settle, one, Try(now, Way.PUSH, ""), now)
    key = jwt.PyJWKSet.from_json(RING.jwks.decode()).keys[0]
    return [
        jwt.decode(
            one.token, key, ["ES256"], options={"verify_aud": False, "verify_iat": False}
        )
        for one in made
    ]


def names(claims: list[Mapping[str, object]]) -> list[str]:
    found = [next(iter(one["events"])) for one in claims if isinstance(one["events"], dict)]
    return [name.removeprefix(f"{ISSUER}/events/consent-") for name in found]


@pytest.mark.parametrize(
    ("event", "actor", "name", "ends"),
    [
        pytest.param(Event.SUSPEND, Actor.PERSON, "suspended", False, id="suspended"),
        pytest.param(Event.WITHDRAW, Actor.PERSON, "withdrawn", True, id="withdrawn"),
        pytest.param(Event.WITHDRAW, Actor.APP, "withdrawn", True, id="given back"),
        pytest.param(Event.REVOKE, Actor.AUTHORITY, "revoked", True, id="revoked"),
        pytest.param(Event.INVALIDATE, Actor.AUTHORITY, "invalidated", True, id="invalidated"),
        pytest.param(Event.LAPSE, Actor.PORTAL, "lapsed", True, id="lapsed"),
    ],
)
def test_an_app_is_told_what_became_of_a_consent_and_of_whom_it_is_told_nothing(
    database: Database,
    proposal: Proposal,
    noon: datetime,
    event: Event,
    actor: Actor,
    name: str,
    *,
    ends: bool,
) -> None:
    retention = Retention(None, OnWithdrawal.DEIDENTIFY, timedelta(days=7))
    asked = replace(proposal, terms=replace(proposal.terms, retention=retention))
    version = granted_to(database, asked, noon)
    assert names(told(database, noon)) == ["granted"]
    database.run(service.change, change(version, event, actor), noon + SECOND, urandom)
    [claims] = told(database, noon + SECOND)
    assert names([claims]) == [name]
    assert (claims["iss"], claims["aud"]) == (ISSUER, version.app_id)
    assert claims["sub_id"] == {"format": "opaque", "id": str(version.arrangement_id)}
    assert str(version.resident_id) not in json.dumps(claims)
    events = claims["events"]
    assert isinstance(events, dict)
    [said] = events.values()
    at = int((noon + SECOND).timestamp())
    assert said["by"] == actor.value
    assert said["event_timestamp"] == at
    erased = {"on_end": "deidentify", "erase_by": at + 7 * 86_400} if ends else {}
    assert {name: said[name] for name in said if name in {"on_end", "erase_by"}} == erased


def test_that_a_consent_runs_out_is_told_once_on_its_day_and_not_if_it_ended_before(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    version = granted_to(database, proposal, noon)
    end = version.terms.valid_until
    other = replace(proposal, id=uuid4(), app_id="app-1")
    ended = granted_to(database, other, noon)
    database.run(service.change, change(ended, Event.WITHDRAW), noon, urandom)
    assert sorted(names(told(database, end - SECOND))) == ["granted", "granted", "withdrawn"]
    [claims] = told(database, end)
    assert names([claims]) == ["expired"]
    assert claims["aud"] == version.app_id
    assert told(database, end + DAY) == []


def test_of_two_that_take_up_events_at_once_each_event_is_taken_by_one(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    for number in range(10):
        granted_to(database, replace(proposal, id=uuid4(), service=f"s{number}"), noon)
    taken = at_once(database, [lambda connection: outbox.take(connection, noon, 100)] * 4)
    found = [notice for some in taken if isinstance(some, list) for notice in some]
    assert len(found) == len({notice.id for notice in found}) == 10


def test_whoever_stops_while_sending_leaves_the_event_to_the_next(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    version = granted_to(database, proposal, noon)
    database.run(take_up, ISSUER, RING.sign, noon, urandom)
    mine = ([version.app_id], noon, noon + 30 * SECOND, 10)
    [claimed] = database.run(store.claim, *mine)
    assert database.run(store.claim, *mine) == []
    later = noon + 30 * SECOND
    [again] = database.run(store.claim, mine[0], later, later + SECOND, 10)
    assert (again.jti, again.token, again.tries) == (claimed.jti, claimed.token, 2)


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        pytest.param((202, b"", {}), "", id="accepted"),
        pytest.param((200, b"", {}), "HTTP 200", id="another status"),
        pytest.param(
            (400, b'{"err":"invalid_key","description":"who?"}', {}),
            "HTTP 400: invalid_key who?",
            id="refused with a reason",
        ),
        pytest.param((400, b'{"err":"\\u001b[31m"}', {}), "HTTP 400: �[31m", id="a terminal's"),
        pytest.param((500, b"<html>", {}), "HTTP 500", id="broken"),
        pytest.param((400, b'{"err":"' + b"x" * 9000 + b'"}', {}), "HTTP 400", id="endless"),
        pytest.param((307, b"", {"Location": "/other"}), "HTTP 307", id="elsewhere"),
    ],
)
def test_only_202_is_an_acknowledgement_and_nothing_else_is_followed(
    endpoint: Endpoint, answer: tuple[int, bytes, dict[str, str]], fault: str
) -> None:
    endpoint.answer = answer
    assert asyncio.run(_pushed(endpoint.url)) == fault
    assert endpoint.taken == [b"a.b.c"]
    assert endpoint.headers[0]["Content-Type"] == "application/secevent+jwt"


def test_an_endpoint_that_is_away_is_no_error_of_ours(endpoint: Endpoint) -> None:
    endpoint.close()
    assert asyncio.run(_pushed(endpoint.url)) == "no answer: ConnectError"


async def _pushed(url: str) -> str:
    async with pinned.client() as http:
        assert isinstance(http, httpx.AsyncClient)
        return await push.push(http, url, "a.b.c", ANYWHERE)


def test_tries_are_ever_further_apart_and_never_end(
    database: Database, proposal: Proposal, noon: datetime
) -> None:
    assert list(BACKOFF) == sorted(BACKOFF)
    assert wait(1_000) == BACKOFF[-1]
    version = granted_to(database, proposal, noon)
    database.run(take_up, ISSUER, RING.sign, noon, urandom)
    now, claimed = noon, _claim(database, version, noon)
    for number, pause in enumerate(BACKOFF, 1):
        assert claimed.tries == number
        done = Try(now, Way.PUSH, "HTTP 500")
        database.run(store.settle, claimed, done, now + wait(claimed.tries))
        before = ([version.app_id], now + pause - SECOND, now + DAY, 1)
        assert database.run(store.claim, *before) == []
        now += pause
        claimed = _claim(database, version, now)
    database.run(store.settle, claimed, Try(now, Way.PUSH, ""), now)
    [arrived] = database.run(store.of_app, version.app_id, 10)
    assert arrived.acknowledged_at == now
    faults = [one.fault for one in database.run(store.tries, [arrived.jti])[arrived.jti]]
    assert faults == ["HTTP 500"] * len(BACKOFF) + [""]
    assert not database.run(store.resend, "app-1", arrived.jti, now)
    assert database.run(store.resend, version.app_id, arrived.jti, now)
    assert _claim(database, version, now).token == arrived.token


def _claim(database: Database, version: ConsentVersion, now: datetime) -> Delivery:
    [claimed] = database.run(store.claim, [version.app_id], now, now + SECOND, 10)
    return claimed


@pytest.mark.parametrize("to", ["https://xn--a.example/", "https://xn--/", "mailto:x"])
def test_a_redirect_that_leads_nowhere_is_a_fault(endpoint: Endpoint, to: str) -> None:
    endpoint.answer = (302, b"", {"Location": to})

    assert asyncio.run(_pushed(endpoint.url)).startswith(("HTTP 302", "no answer"))


def test_an_endpoint_that_cannot_be_reached_keeps_no_other_app_waiting(
    database: Database, proposal: Proposal, endpoint: Endpoint
) -> None:
    clock = Clock()
    now = clock.now()
    for app in ("bad", "good"):
        terms = replace(proposal.terms, valid_from=now)
        asked = replace(proposal, id=uuid4(), resident_id=uuid4(), app_id=app, terms=terms)
        granted_to(database, asked, now)
    places = {"bad": "https://xn--a.example/", "good": endpoint.url}
    targets = Targets(lambda _: places, ANYWHERE)

    asyncio.run(asyncio.wait_for(_until_taken(database, clock, RING, targets, endpoint), 10))


def test_an_app_that_answers_slowly_gets_a_few_at_once_and_keeps_no_other_waiting(
    database: Database, proposal: Proposal, endpoint: Endpoint
) -> None:
    clock = Clock()
    now = clock.now()
    before = now - timedelta(minutes=1)
    terms = replace(proposal.terms, valid_from=before)
    for number in range(20):
        asked = replace(proposal, id=uuid4(), service=f"s{number}", app_id="slow", terms=terms)
        granted_to(database, asked, before)
    database.run(take_up, ISSUER, RING.sign, before, urandom)
    granted_to(database, replace(proposal, id=uuid4(), app_id="quick", terms=terms), now)
    with Endpoint() as slow:
        slow.takes = 30
        targets = Targets(lambda _: {"slow": slow.url, "quick": endpoint.url}, ANYWHERE)
        told = _until_taken(database, clock, RING, targets, endpoint)
        asyncio.run(asyncio.wait_for(told, 2))
        assert len(slow.taken) <= 4


def test_an_event_is_pushed_by_the_key_that_signs_when_it_leaves(
    database: Database, proposal: Proposal, endpoint: Endpoint
) -> None:
    clock, later = Clock(), ring_of_one()
    now = clock.now()
    asked = replace(proposal, terms=replace(proposal.terms, valid_from=now))
    granted_to(database, asked, now)
    database.run(take_up, ISSUER, RING.sign, now, urandom)
    targets = Targets(lambda _: {proposal.app_id: endpoint.url}, ANYWHERE)

    asyncio.run(asyncio.wait_for(_until_taken(database, clock, later, targets, endpoint), 10))
    [token] = endpoint.taken
    key = jwt.PyJWKSet.from_json(later.jwks.decode()).keys[0]
    claims = jwt.decode(
        token, key, ["ES256"], options={"verify_aud": False, "verify_iat": False}
    )
    assert jwt.get_unverified_header(token)["typ"] == "secevent+jwt"
    [made] = database.run(store.of_app, proposal.app_id, 1)
    assert claims == jwt.decode(made.token, options={"verify_signature": False})
    assert made.token.encode() != token


async def _until_taken(
    database: Database, clock: Clock, ring: KeyRing, targets: Targets, endpoint: Endpoint
) -> None:
    """Deliver, while this ring signs, until somebody has taken something."""

    async def signing() -> KeyRing:
        return ring

    sending = send_for_ever(database, clock, ISSUER, signing, targets, urandom)
    task = asyncio.create_task(sending)
    while not endpoint.taken:
        assert not task.done()
        await asyncio.sleep(0.05)
    task.cancel()
