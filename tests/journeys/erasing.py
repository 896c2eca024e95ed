"""What an app does about an erasure, as several journeys do it."""

from collections.abc import Mapping
from time import monotonic, sleep
from typing import Any

import jwt

from mynaportal_sim.erasure.faults import TYPE
from mynaportal_sim.sample_app.relying_party import RelyingParty
from tests.journeys.kit import START_WITHIN


def first_duty(app: RelyingParty) -> dict[str, Any]:
    """The first erasure that the app is asked for; the end of a consent leads to it soon."""
    deadline = monotonic() + START_WITHIN
    while True:
        found = app.http.post(_url(app), data=app.authentication()).json()["erasures"]
        if found:
            return dict(found[0])
        assert monotonic() < deadline
        sleep(0.05)


def claims(app: RelyingParty, duty: dict[str, Any]) -> dict[str, object]:
    """What an app certifies, or whom it passed data to."""
    now = int(app.clock().timestamp())
    return {
        "iss": app.client_id,
        "aud": app.issuer,
        "iat": now,
        "arrangement": duty["arrangement"],
        "consent_version": duty["consent_version"],
        "erased_at": now,
        "method": "deleted",
        "counts": dict.fromkeys(duty["categories"], 100),
        "derived": "none",
    }


def certificate(
    app: RelyingParty, duty: dict[str, Any], *passed_on: Mapping[str, object]
) -> str:
    """A certificate that the portal takes."""
    said = {**claims(app, duty), "passed_on": list(passed_on)}
    return jwt.encode(said, app.key, "ES256", {"typ": TYPE})


def certify(
    app: RelyingParty, duty: dict[str, Any], *passed_on: Mapping[str, object]
) -> dict[str, Any]:
    """How an erasure stands once the app has certified it."""
    form = app.authentication() | {"certificate": certificate(app, duty, *passed_on)}
    answer = app.http.post(f"{_url(app)}/{duty['id']}/certificate", data=form)
    assert answer.status_code == 200, answer.text
    return dict(answer.json())


def ask_everything(app: RelyingParty, unknown: str) -> None:
    """Use each door of erasures well, and in each way that it refuses."""
    duty, url = first_duty(app), _url(app)
    oauth = {"content-type": "application/x-www-form-urlencoded"}
    good = certificate(app, duty)
    for brought in ("a.b.c", good, f"{good[:-4]}AAAA"):
        for id_ in (duty["id"], unknown):
            form = app.authentication() | {"certificate": brought}
            app.http.post(f"{url}/{id_}/certificate", data=form)
            app.http.post(f"{url}/{id_}/acknowledge", data=app.authentication())
    for path in ("", f"/{duty['id']}/acknowledge", f"/{duty['id']}/certificate"):
        for content in (b"x" * 40_000, b"certificate=x"):
            app.http.post(f"{url}{path}", content=content, headers=oauth)
        app.http.post(f"{url}{path}", content=b"{}")


def _url(app: RelyingParty) -> str:
    return f"{app.issuer}/apps/self/erasures"
