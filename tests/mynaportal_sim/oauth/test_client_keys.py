"""The keys of an app are those at its jwks_uri, of which the last good set always counts."""

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from mynaportal_sim.apps import fetching, key_sets
from mynaportal_sim.apps.errors import RegistrationError
from mynaportal_sim.apps.key_sets import PAUSE, READ_EVERY
from mynaportal_sim.delivery.reach import ANYWHERE, PUBLIC, Reach, is_public
from mynaportal_sim.oauth import client_keys
from mynaportal_sim.sample_app.relying_party import public_jwk
from mynaportal_sim.settings import Mode
from tests.mynaportal_sim.delivery.kit import Endpoint, Names

from .conftest import Portal
from .kit import ISSUER, AppKit
from .registering import Document, Newcomer

pytestmark = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
SECOND = timedelta(seconds=1)


class Served:
    """An app whose keys stand on a server of its own, and what its requests are answered."""

    def __init__(self, portal: Portal, endpoint: Endpoint) -> None:
        self.portal, self.endpoint = portal, endpoint
        newcomer = Newcomer(portal)
        self.publish(newcomer.key)
        said: Document = {"jwks": None, "jwks_uri": endpoint.jwks_uri}
        self.told = newcomer.registered(**said)
        self.kit = _naming(newcomer.kit(self.told), newcomer.key)
        endpoint.got.clear()

    def publish(self, *keys: ec.EllipticCurvePrivateKey) -> None:
        self.endpoint.serve({"keys": [public_jwk(key) for key in keys]})

    def rotated(self) -> AppKit:
        """The app with a new key, which stands nowhere yet."""
        return _naming(self.kit, ec.generate_private_key(ec.SECP256R1()))

    def push(self, kit: AppKit) -> httpx.Response:
        return self.portal.post("/par", kit.signed(kit.request()))

    def push_while_read(self, first: AppKit) -> int:
        """What the app is answered while what another request began is still being read."""
        held, answered = Event(), list[bool]()
        self.endpoint.meanwhile = lambda: answered.append(held.wait(3))
        before = len(self.endpoint.got)

        async def beside() -> int:
            transport = httpx.ASGITransport(self.portal.web)
            async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
                began = client.post("/par", data=first.signed(first.request()))
                beginning = asyncio.create_task(began)
                while len(self.endpoint.got) == before:
                    await asyncio.sleep(0.01)
                own = self.kit.signed(self.kit.request())
                pushed = await client.post("/par", data=own)
                assert answered == []
                held.set()
                await beginning
                return pushed.status_code

        return self.portal.runner.run(beside())

    def later(self, by: timedelta) -> None:
        self.portal.clock.time += by


def _naming(kit: AppKit, key: ec.EllipticCurvePrivateKey) -> AppKit:
    return replace(kit, key=key, kid=public_jwk(key)["kid"])


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as listening:
        yield listening


@pytest.fixture
def served(portal: Portal, endpoint: Endpoint) -> Served:
    return Served(portal, endpoint)


def test_oidcc_registration_jwks_uri(served: Served) -> None:
    """The keys at jwks_uri are the app's; they are not read for each request."""
    assert served.told["jwks_uri"] == served.endpoint.jwks_uri
    assert "jwks" not in served.told
    for _ in range(3):
        assert served.push(served.kit).status_code == 201
    assert served.endpoint.got == []


def test_oidcc_refresh_token_rp_key_rotation(served: Served, portal: Portal) -> None:
    """An app signs by a key as soon as it has published it, also to refresh its tokens."""
    tokens = portal.redeem(served.kit, portal.code(served.kit)).json()
    rotated = served.rotated()
    served.publish(rotated.key)
    assert portal.refresh(rotated, tokens["refresh_token"]).status_code == 200
    assert served.endpoint.got == ["/jwks.json"]
    assert served.push(served.kit).status_code == 401  # the old key stands there no more
    [(_, entry)] = [one for one in portal.ledger() if one[0] == "app.keys_changed"]
    assert entry["keys"] == [rotated.kid]


def test_a_key_that_was_removed_counts_no_longer_than_a_set_is_kept(served: Served) -> None:
    served.publish(served.rotated().key)
    served.later(READ_EVERY - SECOND)
    assert served.push(served.kit).status_code == 201
    served.later(SECOND)
    assert served.push(served.kit).status_code == 401


def test_nobody_has_the_portal_ask_in_a_loop(served: Served) -> None:
    for _ in range(5):
        assert served.push(served.rotated()).status_code == 401
    assert len(served.endpoint.got) == 1
    served.later(PAUSE)
    assert served.push(served.rotated()).status_code == 401
    assert len(served.endpoint.got) == 2


def test_who_comes_while_the_keys_are_read_waits_for_them(
    served: Served, portal: Portal
) -> None:
    rotated = served.rotated()
    served.publish(rotated.key)
    served.endpoint.takes = 0.1

    async def at_once() -> list[int]:
        transport = httpx.ASGITransport(portal.web)
        async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
            forms = [rotated.signed(rotated.request()) for _ in range(4)]
            pushed = await asyncio.gather(*(client.post("/par", data=form) for form in forms))
            return [answered.status_code for answered in pushed]

    assert portal.runner.run(at_once()) == [201] * 4
    assert len(served.endpoint.got) == 1


def test_a_stranger_holds_up_nobody_whose_key_is_known(served: Served) -> None:
    stranger = served.rotated()
    assert served.push_while_read(stranger) == 201


def test_a_server_that_is_away_holds_its_app_up_once(served: Served) -> None:
    served.endpoint.answer = (500, b"", PLAIN)
    served.later(READ_EVERY)
    assert served.push(served.kit).status_code == 201
    served.later(PAUSE)
    assert served.push_while_read(served.kit) == 201


def test_who_comes_to_another_process_meanwhile_waits_too(
    served: Served, portal: Portal
) -> None:
    rotated = served.rotated()
    served.publish(rotated.key)
    served.endpoint.takes = 0.2

    async def in_both() -> int:
        # The server of the test and that of its web application share a database alone.
        asked = (portal.server, rotated.app, rotated.kid, portal.clock.now())
        first = asyncio.create_task(client_keys.current(*asked))
        await asyncio.sleep(0.1)
        transport = httpx.ASGITransport(portal.web)
        async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
            pushed = await client.post("/par", data=rotated.signed(rotated.request()))
        assert (await first).keys[0].kid == rotated.kid
        return pushed.status_code

    assert portal.runner.run(in_both()) == 201
    assert len(served.endpoint.got) == 1


PLAIN: dict[str, str] = {}
NEW = ec.generate_private_key(ec.SECP256R1())
PRIVATE = {**public_jwk(NEW), "d": "c2VjcmV0LXNlY3JldA"}


@pytest.mark.parametrize(
    ("answer", "fault"),
    [
        pytest.param((500, b"{}", PLAIN), "HTTP 500", id="away"),
        pytest.param(
            (302, b"", {"Location": "http://169.254.169.254/"}), "no redirect", id="redirect"
        ),
        pytest.param((200, b"<html>", PLAIN), "cannot be read as keys", id="a page"),
        pytest.param((200, b"\xff", PLAIN), "no JSON in UTF-8", id="no UTF-8"),
        pytest.param((200, b'{"keys":[]}', PLAIN), "1 to 20 keys", id="no key"),
        pytest.param((200, b" " * 65_537, PLAIN), "65536 bytes", id="huge"),
        pytest.param(
            (200, b"\x1f\x8b", {"Content-Encoding": "gzip"}), "compressed", id="a gzip bomb"
        ),
    ],
)
def test_what_is_no_key_set_leaves_the_keys_as_they_were(
    served: Served, portal: Portal, answer: tuple[int, bytes, dict[str, str]], fault: str
) -> None:
    served.endpoint.answer = answer
    assert served.push(served.rotated()).status_code == 401
    assert served.push(served.kit).status_code == 201
    known = portal.server.database.run(key_sets.find, served.kit.client_id)
    assert known is not None
    assert fault in known.fault
    served.later(PAUSE)
    rotated = served.rotated()
    served.publish(rotated.key)
    assert served.push(rotated).status_code == 201


@pytest.mark.parametrize(
    ("keys", "fault"),
    [
        pytest.param([PRIVATE], "PRIVATE key", id="private"),
        pytest.param([{"kty": "oct", "k": "c2VjcmV0LXNlY3JldA"}], "PRIVATE", id="symmetric"),
        pytest.param([public_jwk(NEW)] * 2, "same kid", id="kid twice"),
        pytest.param([{"kty": "RSA", "n": "AQAB", "e": "AQAB"}], "2048", id="short RSA"),
    ],
)
def test_a_key_that_nobody_should_publish_is_never_stored(
    served: Served, portal: Portal, keys: list[object], fault: str
) -> None:
    served.endpoint.serve({"keys": keys})
    assert served.push(_naming(served.kit, NEW)).status_code == 401
    assert served.push(served.kit).status_code == 201
    known = portal.server.database.run(key_sets.find, served.kit.client_id)
    assert known is not None
    assert fault in known.fault
    refused = Newcomer(portal).register(None, jwks=None, jwks_uri=served.endpoint.jwks_uri)
    assert (refused.json()["member"], refused.status_code) == ("jwks_uri", 400)
    assert fault in refused.json()["reason"]
    place = Path(str(portal.server.database.engine.url.database))
    stored = b"".join(path.read_bytes() for path in place.parent.glob(f"{place.name}*"))
    assert str(served.kit.kid).encode() in stored
    assert b"c2VjcmV0LXNlY3JldA" not in stored


@pytest.mark.parametrize("what", ["takes", "drips"])
def test_a_slow_server_holds_an_app_up_no_longer_than_a_moment(
    served: Served, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    monkeypatch.setattr(fetching, "SECONDS_IN_ALL", 0.05)
    setattr(served.endpoint, what, 0.3)
    assert served.push(served.rotated()).status_code == 401
    assert served.push(served.kit).status_code == 201


@pytest.mark.parametrize(
    ("uri", "reach", "fault"),
    [
        pytest.param("http://169.254.169.254/k", ANYWHERE, "must be https", id="metadata, dev"),
        pytest.param("https://169.254.169.254/k", PUBLIC, "no public address", id="metadata"),
        pytest.param("https://localhost/k", PUBLIC, "no public address", id="itself"),
        pytest.param("http://127.0.0.1/k", PUBLIC, "no public address", id="itself by http"),
        pytest.param("https://[::ffff:10.0.0.1]/k", PUBLIC, "no public", id="mapped"),
        pytest.param("https://2130706433/k", PUBLIC, "no public", id="another spelling"),
        pytest.param("file:///etc/passwd", ANYWHERE, "host", id="file"),
        pytest.param("https://a@app.example/k", ANYWHERE, "no user name", id="user name"),
        pytest.param(
            "https://app.example/k",
            Reach(Names([["93.184.215.14", "10.0.0.1"]]), is_public),
            "10.0.0.1",
            id="a name that leads home",
        ),
    ],
)
def test_nothing_is_asked_where_only_the_portals_own_network_is(
    portal: Portal, uri: str, reach: Reach, fault: str
) -> None:
    with pytest.raises(RegistrationError, match=fault) as failure:
        portal.runner.run(fetching.key_set(uri, reach))
    assert failure.value.field == "jwks_uri"


@pytest.mark.parametrize("member", ["jwks_uri", "sector_identifier_uri"])
def test_a_strict_portal_asks_nobody_beside_it(
    portal: Portal, endpoint: Endpoint, member: str
) -> None:
    portal.web.state.settings.mode = Mode.STRICT
    said: Document = {member: endpoint.jwks_uri}
    if member == "jwks_uri":
        said["jwks"] = None
    refused = Newcomer(portal).register(None, **said)
    assert (refused.status_code, refused.json()["member"]) == (400, member)
    assert "no public address" in refused.json()["reason"]
    assert endpoint.got == []


def test_an_app_takes_its_keys_in_hand_again(served: Served, portal: Portal) -> None:
    newcomer = Newcomer(portal)
    assert newcomer.manage(served.told, "PUT").status_code == 200
    kit = _naming(served.kit, newcomer.key)
    assert served.push(kit).status_code == 201
    assert portal.server.database.run(key_sets.find, kit.client_id) is None
