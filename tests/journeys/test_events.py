"""A withdrawal reaches the app, although the portal is killed before it could say so."""

import json
import signal
from collections.abc import Callable, Iterator
from time import monotonic, sleep

import jwt
import pytest

from tests.journeys.kit import START_WITHIN, Portal, details
from tests.mynaportal_sim.delivery.kit import Endpoint


@pytest.fixture
def endpoint() -> Iterator[Endpoint]:
    with Endpoint() as listening:
        yield listening


def test_an_event_outlives_a_killed_portal_and_an_app_that_is_away(
    own_portal: Portal, endpoint: Endpoint
) -> None:
    endpoint.answer = (503, b"", {})
    app = own_portal.register(event_endpoint=endpoint.url)
    browser, redirect = own_portal.walk(app, details("checkup"))
    tokens = app.redeem(redirect)
    _until(lambda: endpoint.taken)
    page = browser.see("/consents")
    [consent] = page["consents"] if isinstance(page["consents"], list) else []
    form = {"csrf": str(page["csrf"]), "version": str(consent["version_id"])}
    path = f"/consents/{consent['arrangement_id']}/withdraw"
    assert browser.post(path, form).status_code == 303
    own_portal.stop(signal.SIGKILL)
    endpoint.answer = (202, b"", {})
    endpoint.taken.clear()
    own_portal.start()
    assert app.fetch(tokens, "/fhir/Observation").status_code == 403
    own_portal.run("clock", "forward", "1h")
    _until(lambda: len(endpoint.taken) >= 2)
    keys = jwt.PyJWKSet.from_dict(own_portal.client().get(f"{own_portal.url}/jwks").json())
    said = [
        jwt.decode(
            token,
            keys[jwt.get_unverified_header(token)["kid"]],
            ["ES256"],
            audience=app.client_id,
            options={"verify_iat": False},
        )
        for token in endpoint.taken
    ]
    names = [next(iter(one["events"])).rpartition("/")[2] for one in said]
    assert sorted(names) == ["consent-granted", "consent-withdrawn"]
    assert {one["sub_id"]["id"] for one in said} == {consent["arrangement_id"]}
    listed = json.loads(own_portal.run("app", "events", app.client_id, "--json"))
    assert [bool(one["acknowledged_at"]) for one in listed] == [True, True]
    assert any(one["fault"] == "HTTP 503" for event in listed for one in event["tries"])


def _until(done: Callable[[], object]) -> None:
    deadline = monotonic() + START_WITHIN
    while not done():
        assert monotonic() < deadline
        sleep(0.05)
