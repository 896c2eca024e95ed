"""A running portal pushes events to where its mode lets it."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from time import monotonic

import pytest

from mynaportal_sim.app import create_app
from mynaportal_sim.apps import store as apps
from mynaportal_sim.delivery import store
from mynaportal_sim.delivery.model import Try
from mynaportal_sim.settings import Mode, Settings
from tests.mynaportal_sim.delivery.kit import Endpoint
from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.kit import Portal

WITHIN = 20.0  # seconds


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as listening:
        yield listening


@pytest.mark.parametrize(
    ("mode", "fault"),
    [
        pytest.param(Mode.DEV, "", id="dev"),
        pytest.param(Mode.STRICT, "not sent: the host leads to 127.0.0.1, which", id="strict"),
    ],
)
def test_loopback_gets_events_of_a_dev_portal_alone(
    portal: Portal, endpoint: Endpoint, mode: Mode, fault: str
) -> None:
    client = Client.registered(portal)
    database, given = portal.web.state.database, portal.web.state.settings
    app = database.run(apps.find, client.client_id)
    database.run(apps.set_addresses, replace(app, event_endpoint=endpoint.url))
    portal.given("checkup", client_id=client.client_id)
    running = Settings(data=given.data, mode=mode, issuer="https://portal.example")
    [first, *_] = portal.runner.run(tried(running, client.client_id))
    assert first.fault.startswith(fault)
    assert len(endpoint.taken) == (not fault)


async def tried(settings: Settings, client_id: str) -> list[Try]:
    """The tries to tell an app, once there is one, by a portal that runs until then."""
    web = create_app(settings)
    deadline = monotonic() + WITHIN
    async with web.router.lifespan_context(web):
        while monotonic() < deadline:
            await asyncio.sleep(0.05)
            made = await web.state.database.read(store.of_app, client_id, 10)
            tries = await web.state.database.read(store.tries, [one.jti for one in made])
            if found := [one for some in tries.values() for one in some]:
                return found
    raise AssertionError("the portal did not try")
