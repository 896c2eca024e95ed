"""A consent that its person has withdrawn, and the app that must erase."""

from dataclasses import dataclass
from os import urandom
from typing import Any

import httpx
import jwt

from mynaportal_sim.delivery.sender import take_up
from mynaportal_sim.erasure.faults import TYPE
from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.kit import JSON, ORIGIN, Browser, Portal


@dataclass(frozen=True)
class Ended:
    """A consent of check-ups that its person has withdrawn."""

    client: Client
    browser: Browser
    path: str

    @property
    def shown(self) -> dict[str, Any]:
        """What the person's page says of the erasure."""
        found: dict[str, Any] = self.browser.get(self.path, **JSON).json()["erasure"]
        return found

    @property
    def duty(self) -> dict[str, Any]:
        """What the app is told that it must do."""
        [found] = self.client.ask("erasures").json()["erasures"]
        assert isinstance(found, dict)
        return found

    @property
    def claims(self) -> dict[str, object]:
        """What the app certifies, if it passed nothing on."""
        duty, now = self.duty, int(self.client.portal.web.state.clock.now().timestamp())
        return {
            "iss": self.client.client_id,
            "aud": ORIGIN,
            "iat": now,
            "arrangement": duty["arrangement"],
            "consent_version": duty["consent_version"],
            "erased_at": now,
            "method": "deleted",
            "counts": {"checkup": 12},
            "derived": "erased",
        }

    def certificate(self, **changed: object) -> str:
        return jwt.encode({**self.claims, **changed}, self.client.key, "ES256", {"typ": TYPE})

    def certify(self, certificate: str) -> httpx.Response:
        id_ = self.path.rpartition("/")[2]
        return self.client.ask(f"erasures/{id_}/certificate", certificate=certificate)


def told(portal: Portal) -> None:
    """Let what has happened become events and erasures, as the portal does each moment."""
    state = portal.web.state
    for _ in range(2):
        ring, now = portal.runner.run(state.token_keys.fresh()), state.clock.now()
        state.database.run(take_up, ORIGIN, ring.sign, now, urandom)


def withdrawn(portal: Portal, client: Client) -> Ended:
    """A consent of check-ups to this app, which has ended and whose end has reached the app."""
    browser = portal.given("checkup", client_id=client.client_id)
    [consent] = browser.get("/consents", **JSON).json()["consents"]
    assert consent["erasure"] is None
    form = {"csrf": browser.csrf("/consents"), "version": consent["version_id"]}
    browser.post(f"/consents/{consent['arrangement_id']}/withdraw", form)
    told(portal)
    path = f"/consents/{consent['arrangement_id']}/{consent['version_id']}"
    return Ended(client, browser, path)
