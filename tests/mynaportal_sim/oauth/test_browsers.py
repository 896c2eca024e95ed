"""Pages of public clients call the token endpoint and the FHIR server; no other pages do."""

from collections.abc import Mapping

import httpx
import pytest

from mynaportal_sim.oauth.browsers import Browsers

from .conftest import Portal
from .kit import ISSUER

PAGE = "https://app.example"  # where it is sent back to, too
PORTED = "http://127.0.0.1:9000"
PREFLIGHT = {"Access-Control-Request-Method": "POST", "Access-Control-Request-Headers": "dpop"}
sqlite = pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)


@pytest.fixture
def pages(portal: Portal) -> Portal:
    """A portal with a public client, two of whose addresses are its pages'."""
    portal.let_public_clients_in(let=True)
    redirect_uris = (f"{PAGE}:443/back", f"{PORTED}/back")
    portal.register(
        profile="smart",
        jwks="",
        public=True,
        scopes=("patient/Observation.rs",),
        redirect_uris=redirect_uris,
    )
    return portal


def sent(portal: Portal, method: str, path: str, headers: Mapping[str, str]) -> httpx.Response:
    async def send() -> httpx.Response:
        transport = httpx.ASGITransport(Browsers(portal.web, portal.server.database))
        async with httpx.AsyncClient(transport=transport, base_url=ISSUER) as client:
            return await client.request(method, path, headers=dict(headers))

    return portal.runner.run(send())


@sqlite
@pytest.mark.parametrize("path", ["/token", "/par", "/revoke", "/userinfo", "/fhir/Patient"])
@pytest.mark.parametrize("origin", [PAGE, PORTED])
def test_a_page_of_a_public_client_reads_what_it_is_answered(
    pages: Portal, path: str, origin: str
) -> None:
    method = "GET" if path.startswith("/fhir") else "POST"
    answered = sent(pages, method, path, {"Origin": origin})
    assert answered.status_code in {400, 401}
    assert answered.headers["access-control-allow-origin"] == origin
    assert answered.headers["vary"] == "Origin"
    assert "DPoP-Nonce" in answered.headers["access-control-expose-headers"]
    assert "access-control-allow-credentials" not in answered.headers
    asked = sent(pages, "OPTIONS", path, {"Origin": origin, **PREFLIGHT})
    assert asked.status_code == 204
    assert asked.headers["access-control-allow-origin"] == origin
    assert asked.headers["access-control-allow-methods"] == "GET, POST"
    assert {"Authorization", "DPoP"} <= {
        *asked.headers["access-control-allow-headers"].split(", ")
    }


@sqlite
@pytest.mark.parametrize(
    ("origin", "path"),
    [
        pytest.param("https://evil.example", "/token", id="another's page"),
        pytest.param("http://app.example", "/token", id="another scheme"),
        pytest.param(f"{PAGE}:8443", "/token", id="another port"),
        pytest.param(f"{PAGE}.evil.example", "/token", id="nearly the name"),
        pytest.param("null", "/token", id="a page that is nowhere"),
        pytest.param(PAGE, "/introspect", id="a place that takes proof"),
        pytest.param(PAGE, "/authorize", id="a page of the person's"),
    ],
)
def test_no_other_page_does(pages: Portal, origin: str, path: str) -> None:
    pages.register(redirect_uris=("https://evil.example/back",))  # which has a key
    for method, more in (("POST", {}), ("OPTIONS", PREFLIGHT)):
        answered = sent(pages, method, path, {"Origin": origin, **more})
        assert answered.status_code >= 400
        assert not [name for name in answered.headers if name.startswith("access-control")]
        assert ("vary" in answered.headers) is (path == "/token")


@sqlite
def test_what_anybody_may_read_says_so_once(pages: Portal) -> None:
    path = "/fhir/.well-known/smart-configuration"
    answered = sent(pages, "GET", path, {"Origin": PAGE})
    assert answered.headers.get_list("access-control-allow-origin") == ["*"]
