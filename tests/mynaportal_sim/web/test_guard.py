"""Only requests that name the portal are answered, whatever name they came by."""

from collections.abc import Iterator
from typing import Any

import pytest

from mynaportal_sim.app import create_app
from mynaportal_sim.settings import Settings
from tests.mynaportal_sim.web.kit import ORIGIN, PORT, Portal

OWN = f"localhost:{PORT}"
ALLOWED = "portal.test:8400"


@pytest.fixture
def portal(portal: Portal) -> Iterator[Portal]:
    """A portal that programs may also call by another name."""
    data = portal.web.state.settings.data
    web = create_app(Settings(data=data, port=PORT, allow_host=(ALLOWED,)))
    yield Portal(web, portal.runner)
    web.state.database.close()


@pytest.mark.parametrize("host", [OWN, ALLOWED, OWN.upper()])
def test_a_request_that_names_the_portal_is_answered(portal: Portal, host: str) -> None:
    assert _status(portal, "/", [host]) == 200


@pytest.mark.parametrize(
    "hosts",
    [
        pytest.param([], id="missing"),
        pytest.param([""], id="empty"),
        pytest.param(["evil.example"], id="another name"),
        pytest.param([f"evil.example:{PORT}"], id="another name and our port"),
        pytest.param(["localhost"], id="no port"),
        pytest.param(["localhost:8401"], id="another port"),
        pytest.param(["portal.test"], id="allowed but for the port"),
        pytest.param([f"localhost.:{PORT}"], id="trailing dot"),
        pytest.param([f"x.{ALLOWED}"], id="below an allowed name"),
        pytest.param([f"{ALLOWED}.evil.example"], id="allowed name as a prefix"),
        pytest.param([f"localhost@{ALLOWED}"], id="user"),
        pytest.param([f"127.0.0.1:{PORT}"], id="loopback by address"),
        pytest.param([f"0.0.0.0:{PORT}"], id="every address"),
        pytest.param([f"127.1:{PORT}"], id="short address"),
        pytest.param([f"{OWN}, {OWN}"], id="two in one"),
        pytest.param([OWN, OWN], id="doubled"),
        pytest.param([OWN, "evil.example"], id="doubled, ours first"),
        pytest.param(["evil.example", OWN], id="doubled, ours last"),
    ],
)
def test_a_request_that_does_not_name_the_portal_is_misdirected(
    portal: Portal, hosts: list[str]
) -> None:
    assert _status(portal, "/", hosts) == 421
    assert _status(portal, "/healthz", hosts) == 200


@pytest.mark.parametrize(
    ("accept", "type_", "says"),
    [
        pytest.param("text/html,*/*", "text/html; charset=utf-8", "別のアドレス", id="person"),
        pytest.param("*/*", "application/problem+json", "host_not_allowed", id="program"),
    ],
)
@pytest.mark.parametrize("host", ["evil.example", "[evil", "evil/x?lang=en", ""])
def test_who_asks_under_another_name_is_told_the_portals_own(
    portal: Portal, host: str, accept: str, type_: str, says: str
) -> None:
    status, headers, body = _answer(portal, "/history", [host], accept)
    assert (status, headers["content-type"]) == (421, type_)
    assert says in body
    assert f"{ORIGIN}/" in body
    assert "evil" not in body


def _status(portal: Portal, path: str, hosts: list[str]) -> int:
    return _answer(portal, path, hosts, "*/*")[0]


def _answer(
    portal: Portal, path: str, hosts: list[str], accept: str
) -> tuple[int, dict[str, str], str]:
    """Ask by bare ASGI, since an HTTP client would mend the Host header."""
    scope = {
        "type": "http",
        "method": "GET",
        "path": path,
        "raw_path": path.encode(),
        "query_string": b"",
        "headers": [
            *((b"host", host.encode()) for host in hosts),
            (b"accept", accept.encode()),
        ],
        "scheme": "http",
        "http_version": "1.1",
        "server": ("127.0.0.1", 8400),
        "client": ("127.0.0.1", 1),
    }
    said: list[dict[str, Any]] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": b"", "more_body": False}

    async def send(message: dict[str, Any]) -> None:
        said.append(message)

    portal.runner.run(portal.web(scope, receive, send))  # type: ignore[arg-type]  # ASGI's types are wider
    [start, *parts] = said
    headers = {name.decode(): value.decode() for name, value in start["headers"]}
    return start["status"], headers, b"".join(part.get("body", b"") for part in parts).decode()
