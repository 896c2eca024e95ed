"""Nobody has the portal fetch without end, by whichever token."""

import asyncio
from collections.abc import Callable
from datetime import timedelta
from threading import Lock
from time import sleep

import httpx
import pytest

from mynaportal_sim.oauth.server import FETCHES, TRIES, TRY_EVERY

from .conftest import Portal
from .kit import ISSUER
from .registering import Document, Newcomer, invited, serving

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)

Attempt = Callable[[], httpx.Response]


@pytest.fixture
def newcomer(portal: Portal) -> Newcomer:
    return Newcomer(portal)


def _registers_by(member: str) -> Callable[[Newcomer, str], Attempt]:
    def tries(newcomer: Newcomer, uri: str) -> Attempt:
        token = invited(newcomer.portal)
        said = _pointing(member, uri)
        return lambda: newcomer.register(token, **said)

    return tries


def _changes(newcomer: Newcomer, uri: str) -> Attempt:
    told = newcomer.registered()
    return lambda: newcomer.manage(told, "PUT", **_pointing("jwks_uri", uri))


def _pointing(member: str, uri: str) -> Document:
    return {"jwks": None, member: uri} if member == "jwks_uri" else {member: uri}


@pytest.mark.parametrize(
    "tries",
    [
        pytest.param(_registers_by("jwks_uri"), id="keys of a new app"),
        pytest.param(_registers_by("sector_identifier_uri"), id="its sector"),
        pytest.param(_changes, id="keys of a registered app"),
    ],
)
def test_one_token_has_little_fetched_at_once_and_then_slowly(
    newcomer: Newcomer,
    portal: Portal,
    tries: Callable[[Newcomer, str], Attempt],
) -> None:
    with serving() as endpoint:  # what stands there is of no use
        attempt = tries(newcomer, endpoint.jwks_uri)
        said = [attempt().status_code for _ in range(TRIES + 2)]
        assert said == [400] * TRIES + [429] * 2
        assert len(endpoint.got) == TRIES
        stopped = attempt()
        assert stopped.json()["error"] == "rate_limited"
        assert stopped.headers["content-type"] == "application/json"
        assert stopped.headers["retry-after"] == str(int(TRY_EVERY))
        assert newcomer.register().status_code == 201  # by another token
        portal.clock.time += timedelta(seconds=TRY_EVERY)
        assert [attempt().status_code for _ in range(2)] == [400, 429]


def test_an_invitation_for_many_apps_registers_them_one_after_the_other(
    newcomer: Newcomer, portal: Portal
) -> None:
    token = invited(portal, uses=TRIES + 1)
    said = [newcomer.register(token).status_code for _ in range(TRIES + 1)]
    assert said == [201] * (TRIES + 1)


def test_many_who_register_at_once_wait_for_their_turn(
    newcomer: Newcomer, portal: Portal
) -> None:
    here, most, lock = 0, 0, Lock()

    def stays_a_moment() -> None:
        nonlocal here, most
        with lock:
            here += 1
            most = max(most, here)
        sleep(0.05)
        with lock:
            here -= 1

    async def at_once(uri: str, tokens: list[str]) -> list[int]:
        transport = httpx.ASGITransport(portal.web)
        document = newcomer.metadata(jwks=None, jwks_uri=uri)
        async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
            asked = (
                client.post(
                    "/register", json=document, headers={"Authorization": f"Bearer {token}"}
                )
                for token in tokens
            )
            return [answered.status_code for answered in await asyncio.gather(*asked)]

    with serving() as endpoint:
        endpoint.meanwhile = stays_a_moment
        tokens = [invited(portal) for _ in range(FETCHES + 4)]
        assert set(portal.runner.run(at_once(endpoint.jwks_uri, tokens))) == {400}
        assert len(endpoint.got) == FETCHES + 4
    assert 1 < most <= FETCHES
