"""What the app does when the portal answers oddly; faults come in at the HTTP transport."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)

from mynaportal_sim.clock import Clock
from mynaportal_sim.sample_app.errors import (
    AccessEndedError,
    NotGrantedError,
    PortalDownError,
    RelyingPartyError,
    StartError,
)
from mynaportal_sim.sample_app.portal import PAGES_MAX, Portal
from mynaportal_sim.sample_app.settings import Settings
from mynaportal_sim.sample_app.store import Connection

ISSUER = "http://portal.test"
SESSION = "s" * 43
FOREVER = datetime(2100, 1, 1, tzinfo=UTC)
KEPT = Connection("kept-access", "kept-refresh", FOREVER, "", [], ["checkup"], FOREVER)
METADATA = {
    "issuer": ISSUER,
    "token_endpoint": f"{ISSUER}/token",
    "introspection_endpoint": f"{ISSUER}/introspect",
    "revocation_endpoint": f"{ISSUER}/revoke",
}
Answer = Callable[[httpx.Request], httpx.Response]


class Wire:
    """A portal of canned answers by path; keeps what it was asked."""

    def __init__(self) -> None:
        self.asked: list[httpx.Request] = []
        self.answers: dict[str, Answer] = {}

    def __call__(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        if request.url.path.startswith("/.well-known/"):
            return httpx.Response(200, json=METADATA)
        return self.answers[request.url.path](request)

    def at(self, path: str, *answers: httpx.Response) -> None:
        """Answer at `path` with these in turn, and with the last for ever."""
        waiting = list(answers)
        self.answers[path] = lambda _: waiting.pop(0) if len(waiting) > 1 else waiting[0]


def _refusal(status: int, code: str) -> httpx.Response:
    issue = {"code": "forbidden", "details": {"coding": [{"code": code}], "text": code}}
    return httpx.Response(status, json={"resourceType": "OperationOutcome", "issue": [issue]})


def _page(next_url: str | None = None) -> httpx.Response:
    links = [{"relation": "next", "url": next_url}] if next_url else []
    return httpx.Response(200, json={"link": links, "entry": [{"resource": {"id": "1"}}]})


def _tokens(**more: object) -> httpx.Response:
    return httpx.Response(200, json={"access_token": "renewed", "expires_in": 300, **more})


@pytest.fixture
def wire() -> Wire:
    return Wire()


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    (tmp_path / "key.pem").write_bytes(pem)
    return Settings(
        issuer=ISSUER, client_id="app-1", key=tmp_path / "key.pem", data=tmp_path / "a.sqlite3"
    )


@pytest.fixture
def portal(settings: Settings, wire: Wire) -> Iterator[Portal]:
    with httpx.Client(transport=httpx.MockTransport(wire)) as http:
        made = Portal(settings, http=http)
        made.store.keep(SESSION, KEPT)
        yield made


def test_pages_are_followed_up_to_a_limit(portal: Portal, wire: Wire) -> None:
    more = f"{ISSUER}/fhir/Observation?_after=1"
    wire.at("/fhir/Observation", _page(more), _page(more), _page())
    found = portal.search(SESSION, "Observation")
    assert (len(found.resources), found.cut) == (3, False)

    wire.at("/fhir/Observation", _page(more))
    endless = portal.search(SESSION, "Observation")
    assert (len(endless.resources), endless.cut) == (PAGES_MAX, True)


def test_a_token_goes_nowhere_but_to_the_portal(portal: Portal, wire: Wire) -> None:
    wire.at("/fhir/Observation", _page("http://evil.test/fhir/Observation"))
    portal.search(SESSION, "Observation")
    assert {request.url.host for request in wire.asked} == {"portal.test"}


@pytest.mark.parametrize(
    ("answer", "error", "kept"),
    [
        pytest.param(_refusal(403, "other_category"), NotGrantedError, True, id="not given"),
        pytest.param(_refusal(403, "withdrawn"), AccessEndedError, False, id="withdrawn"),
        pytest.param(_refusal(403, "expired"), AccessEndedError, False, id="expired"),
        pytest.param(_refusal(403, "replaced"), AccessEndedError, False, id="replaced"),
        pytest.param(_refusal(403, "unheard-of"), RelyingPartyError, True, id="other refusal"),
        pytest.param(_refusal(400, "value"), RelyingPartyError, True, id="bad request"),
        pytest.param(httpx.Response(500, text="<html>"), RelyingPartyError, True, id="broken"),
    ],
)
def test_an_end_forgets_the_person_and_nothing_else_does(
    portal: Portal, wire: Wire, answer: httpx.Response, error: type[Exception], kept: bool
) -> None:
    wire.at("/fhir/Observation", answer)
    with pytest.raises(error):
        portal.search(SESSION, "Observation")
    assert (portal.store.find(SESSION) is not None) is kept


def test_an_access_token_that_has_run_out_is_renewed(portal: Portal, wire: Wire) -> None:
    details = [{"type": "phr_access", "categories": ["medication"]}]
    wire.at("/fhir/Observation", httpx.Response(401), _page())
    wire.at("/token", _tokens(authorization_details=details))
    assert portal.search(SESSION, "Observation").resources
    connection = portal.store.find(SESSION)
    assert connection
    assert (connection.access_token, connection.refresh_token) == ("renewed", "kept-refresh")
    assert connection.granted == ["medication"]


@pytest.mark.parametrize(
    ("answer", "error", "kept"),
    [
        pytest.param(
            httpx.Response(400, json={"error": "invalid_grant"}), AccessEndedError, False,
            id="ended",
        ),
        pytest.param(
            httpx.Response(401, json={"error": "invalid_client"}), RelyingPartyError, True,
            id="not known",
        ),
        pytest.param(
            httpx.Response(200, text="<html>"), RelyingPartyError, True, id="no token at all"
        ),
    ],
)  # fmt: skip
def test_a_refresh_that_is_refused(
    portal: Portal, wire: Wire, answer: httpx.Response, error: type[Exception], kept: bool
) -> None:
    wire.at("/fhir/Observation", httpx.Response(401))
    wire.at("/token", answer)
    with pytest.raises(error):
        portal.search(SESSION, "Observation")
    assert (portal.store.find(SESSION) is not None) is kept


def test_the_app_follows_a_portal_whose_clock_has_moved(portal: Portal, wire: Wire) -> None:
    date = format_datetime(Clock().now() + timedelta(days=30), usegmt=True)
    wrong = httpx.Response(401, json={"error": "invalid_client"}, headers={"Date": date})
    good = httpx.Response(
        200, json={"active": True, "exp": 4_000_000_000}, headers={"Date": date}
    )
    wire.at("/introspect", wrong, good)
    assert portal.standing(SESSION).until
    assert timedelta(days=29) < portal.clock.now() - Clock().now() < timedelta(days=31)


def test_a_portal_that_is_down_loses_nobody(portal: Portal, wire: Wire) -> None:
    def down(_request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    wire.answers["/fhir/Observation"] = wire.answers["/introspect"] = down
    wire.answers["/revoke"] = down
    with pytest.raises(PortalDownError):
        portal.search(SESSION, "Observation")
    with pytest.raises(StartError, match="mynasim up"):
        portal.check()
    assert portal.store.find(SESSION) == KEPT
    assert portal.disconnect(SESSION) is False
    assert portal.store.find(SESSION) is None


def test_nothing_secret_shows_in_a_repr_or_stays_in_the_file(
    portal: Portal, settings: Settings
) -> None:
    assert "kept-" not in repr(KEPT)
    assert SESSION.encode() not in settings.data.read_bytes()
    assert b"kept-" in settings.data.read_bytes()
    portal.store.forget(SESSION)
    assert b"kept-" not in settings.data.read_bytes()


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(None, "cannot be read", id="no file"),
        pytest.param(b"key", "no unencrypted PEM key", id="no key"),
    ],
)
def test_a_key_that_cannot_be_used(
    settings: Settings, content: bytes | None, said: str
) -> None:
    if content is None:
        settings.key.unlink()
    else:
        settings.key.write_bytes(content)
    with pytest.raises(StartError, match=said):
        settings.private_key()
