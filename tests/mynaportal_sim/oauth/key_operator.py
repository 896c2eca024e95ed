"""Who changes the keys of a portal under test, and what its apps then hold."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from os import urandom
from time import sleep
from typing import NamedTuple

import jwt

from mynaportal_sim.oauth.keys import service, store
from mynaportal_sim.oauth.keys.files import KeyFiles
from mynaportal_sim.oauth.keys.following import LOOK_EVERY
from mynaportal_sim.oauth.keys.life import (
    KNOWN_AFTER,
    Key,
    KeyState,
)

from .conftest import Portal
from .kit import AppKit


@dataclass
class Operator:
    """Who changes a portal's keys by commands, as the test's clock has it."""

    portal: Portal
    files: KeyFiles

    def act(self, reason: str = "planned") -> service.Act:
        return service.Act(reason, self.portal.clock.now(), urandom)

    def run(self, unit: Callable[..., Key], *given: object) -> Key:
        return self.portal.server.database.run(unit, *given, self.act())

    def next(self) -> Key:
        return self.run(service.publish, self.files.make())

    def rotate(self) -> Key:
        return self.run(service.rotate, False)

    def rotate_now(self) -> Key:
        if all(key.state is not KeyState.NEXT for key in self.every()):
            self.next()
        return self.run(service.rotate, True)

    def remove(self, kid: str) -> Key:
        return self.run(service.remove, kid)

    def rotate_in_time(self) -> Key:
        """Publish a key, wait until it is known, and go over to it."""
        self.next()
        self.wait(KNOWN_AFTER)
        return self.rotate()

    def wait(self, span: timedelta) -> None:
        self.portal.clock.time += span

    def key(self, kid: str) -> Key:
        return next(key for key in self.every() if key.kid == kid)

    def every(self) -> list[Key]:
        return self.portal.server.database.run(store.every)

    @property
    def active(self) -> str:
        return next(key.kid for key in self.every() if key.state is KeyState.ACTIVE)


def followed() -> None:
    """Let every process see what has been done to the keys."""
    sleep(LOOK_EVERY)


def published(portal: Portal) -> list[str]:
    """The kids in the key set."""
    return [key["kid"] for key in portal.send("GET", "/jwks").json()["keys"]]


def kid_of(token: str) -> str:
    return str(jwt.get_unverified_header(token)["kid"])


class Tokens(NamedTuple):
    access: str
    identity: str
    refresh: str


def tokens(portal: Portal, kit: AppKit) -> Tokens:
    given = portal.redeem(kit, portal.code(kit)).json()
    return Tokens(given["access_token"], given["id_token"], given["refresh_token"])


def refreshed(portal: Portal, kit: AppKit, held: Tokens) -> str:
    return str(portal.refresh(kit, held.refresh).json()["access_token"])


def accepted(portal: Portal, kit: AppKit, access: str) -> bool:
    """Whether gate and introspection take an access token; they agree."""
    gate = portal.fetch(f"Bearer {access}").status_code == 204
    assert portal.introspect(kit, access)["active"] is gate
    return gate
