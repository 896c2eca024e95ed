"""The documented interface is the interface."""

import json
import re

from fastapi.routing import APIRoute

from mynaportal_sim import __version__
from mynaportal_sim.oauth import managed
from mynaportal_sim.oauth.scopes import SCOPES, SYSTEM
from mynaportal_sim.web.docs import document
from tests.mynaportal_sim.web.kit import Browser, Portal

PUBLISHED = {  # answered before anything is routed
    ("GET", "/.well-known/oauth-authorization-server"),
    ("GET", "/.well-known/openid-configuration"),
    ("GET", "/fhir/.well-known/smart-configuration"),
    ("GET", "/.well-known/oauth-protected-resource"),
    ("GET", "/.well-known/oauth-protected-resource/fhir"),
    ("GET", "/.well-known/oauth-protected-resource/grants"),
    ("GET", "/authorization-details-types"),
    ("GET", "/jwks"),
    ("GET", "/ledger/checkpoint"),
}
FOR_PEOPLE_ALONE = {
    ("GET", "/"),
    ("GET", "/x"),
    ("GET", "/docs"),
    ("GET", "/openapi.json"),
    ("GET", "/device/done"),
    ("GET", "/consents/{arrangement_id}/withdraw"),
    ("GET", "/consents/withdraw"),
    ("GET", "/login/second-device/{login_id}/code.svg"),
    ("POST", "/login/second-device/{login_id}/code"),
    ("POST", "/login/second-device/{login_id}/cancel"),
    # What they show, an app reads as JSON at /apps/self/….
    ("GET", "/apps/console"),
    ("GET", "/apps/console/open"),
    ("POST", "/apps/console/open"),
    ("POST", "/apps/console/log-out"),
    ("GET", "/apps/console/purposes"),
    ("GET", "/apps/console/arrangements"),
    ("GET", "/apps/console/arrangements/{sub}/{arrangement_id}"),
    ("GET", "/apps/console/erasures"),
    ("GET", "/apps/console/events"),
    ("GET", "/apps/console/accesses"),
    ("GET", "/apps/console/requests"),
    ("GET", "/apps/console/registered"),
    # What they do, a program does at /dev/counter.
    ("GET", "/counter"),
    ("GET", "/counter/{persona}"),
    ("POST", "/counter/{persona}/{event}"),
    # What they do, an app does by POST /register.
    ("GET", "/apps/register"),
    ("POST", "/apps/register"),
}


def _documented() -> set[tuple[str, str]]:
    return {
        (method.upper(), path)
        for path, methods in document()["paths"].items()
        for method in methods
    }


def test_each_route_is_documented_and_each_documented_route_exists(portal: Portal) -> None:
    routed = {
        (method, route.path)
        for route in portal.web.routes
        if isinstance(route, APIRoute) and route.include_in_schema
        for method in route.methods or ()
    }
    assert _documented() | FOR_PEOPLE_ALONE == routed | PUBLISHED
    assert _documented().isdisjoint(FOR_PEOPLE_ALONE)


def test_the_document_is_whole() -> None:
    text = json.dumps(document())
    schemas, schemes = (
        document()["components"]["schemas"],
        document()["components"]["securitySchemes"],
    )
    assert set(re.findall(r"#/components/schemas/(\w+)", text)) == schemas.keys()
    assert all(schema["description"] for schema in schemas.values())
    operations = [one for methods in document()["paths"].values() for one in methods.values()]
    assert len({one["operationId"] for one in operations}) == len(operations)
    used = {name for one in operations for wanted in one.get("security", ()) for name in wanted}
    assert used == schemes.keys()
    flows = schemes["oauth2"]["flows"]
    assert flows["authorizationCode"]["scopes"].keys() == SCOPES - SYSTEM | managed.SCOPES
    assert flows["clientCredentials"]["scopes"].keys() == SYSTEM | managed.SCOPES
    tags = {tag["name"] for tag in document()["tags"]}
    assert {tag for one in operations for tag in one["tags"]} == tags
    for path, methods in document()["paths"].items():
        for one in methods.values():
            named = {p["name"] for p in one.get("parameters", ()) if p["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path)), path


def test_the_document_names_the_portal_that_serves_it(browser: Browser) -> None:
    served = browser.get("/openapi.json").json()
    assert served["servers"] == [{"url": browser.origin}]
    assert served["info"]["version"] == __version__
    assert served["paths"] == document()["paths"]


def test_the_page_shows_each_operation(browser: Browser) -> None:
    page = browser.get("/docs").text
    for _, path in _documented():
        assert f'<code class="path">{path}</code>' in page
    for name in document()["components"]["schemas"]:
        assert f'id="shape-{name}"' in page
    assert "<script" not in page
