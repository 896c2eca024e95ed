"""A device that has no browser, and the person who types its code where there is one."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from uuid import UUID

import httpx

from mynaportal_sim.oauth import devices
from mynaportal_sim.oauth.device_authorization import take_up, turn_away
from mynaportal_sim.oauth.grants.device_code import NAME

from .conftest import Portal
from .kit import ISSUER, AppKit, Form

ASK, TOKEN = "/device_authorization", "/token"


def on_devices(portal: Portal, **changed: object) -> AppKit:
    """An app that is registered as one that runs on devices."""
    return portal.register(devices=True, **changed)


def asked(kit: AppKit, **spoilt: str | None) -> Form:
    """What a device asks for: what an app does, but for what a browser would need."""
    for_browsers = ("response_type", "redirect_uri", "state", "nonce", "code_challenge")
    unsent = dict.fromkeys((*for_browsers, "code_challenge_method"))
    return kit.request(**{**unsent, **spoilt})


@dataclass
class Device:
    """One device. With `proves`, it shows a key whenever it asks."""

    portal: Portal
    kit: AppKit
    proves: bool = False
    told: dict[str, str] = field(default_factory=dict)

    def ask(self, **spoilt: str | None) -> httpx.Response:
        form = self.kit.signed(asked(self.kit, **spoilt))
        answered = self.portal.post(ASK, form, self._proof(ASK))
        if answered.status_code == 200:
            self.told = answered.json()
        return answered

    def poll(self, **spoilt: str) -> httpx.Response:
        form = {"grant_type": NAME, "device_code": self.told["device_code"], **spoilt}
        return self.portal.post(TOKEN, self.kit.signed(form), self._proof(TOKEN))

    def error(self, **spoilt: str) -> str:
        """What a poll is refused with."""
        answered = self.poll(**spoilt)
        assert answered.status_code == 400, answered.text
        error: str = answered.json()["error"]
        return error

    def _proof(self, path: str) -> dict[str, str]:
        return self.kit.proof(f"{ISSUER}{path}") if self.proves else {}

    def taken_up(self) -> UUID | None:
        """The interaction that a person begins with the code they read."""
        server = self.portal.server
        typed = devices.read(self.told["user_code"])
        assert typed is not None
        began_as = self.portal.session().began_as
        return server.database.run(take_up, server, typed, began_as, self.portal.clock.now())

    def turned_away(self) -> bool:
        server = self.portal.server
        typed = devices.read(self.told["user_code"])
        assert typed is not None
        return server.database.run(turn_away, server, typed, self.portal.clock.now())

    def allowed(self, *categories: str) -> str:
        """Where the person ends who types the code and gives these categories."""
        interaction = self.taken_up()
        assert interaction is not None
        return self.portal.allow(interaction, *categories)


def asking(portal: Portal, **spoilt: str | None) -> Device:
    """A device that has asked."""
    device = Device(portal, on_devices(portal))
    answered = device.ask(**spoilt)
    assert answered.status_code == 200, answered.text
    return device


def device_asks(**spoilt: str) -> Callable[[Portal], httpx.Response]:
    """What a device is answered that asks so."""
    return lambda portal: Device(portal, on_devices(portal)).ask(**spoilt)


def device_of(profile: str) -> Callable[[Portal], httpx.Response]:
    """What a device is answered of an app that has registered none."""
    return lambda portal: Device(portal, portal.register(profile=profile), proves=True).ask()


def polls(
    spoilt: Callable[[Device], object] = lambda _: None, **form: str
) -> Callable[[Portal], httpx.Response]:
    """What a poll is answered, once something was done to what it asks about."""

    def sends(portal: Portal) -> httpx.Response:
        device = asking(portal)
        spoilt(device)
        return device.poll(**form)

    return sends


def waits(device: Device) -> None:
    """Let the codes run out."""
    device.portal.clock.time += timedelta(minutes=10)
