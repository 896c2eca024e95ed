"""What an app reads that it may not, though its token holds: by check."""

from collections.abc import Callable

import httpx

from .conftest import Portal
from .kit import AppKit

Sends = Callable[[Portal], httpx.Response]


def _reads(
    meanwhile: Callable[[Portal, AppKit, str], object] = lambda *_: None,
    scope: str = "patient/Observation.rs",
) -> Sends:
    """A search for check-ups by a token of this scope, after what happened meanwhile."""

    def sends(portal: Portal) -> httpx.Response:
        kit = portal.register(profile="smart")
        code = portal.code_of(kit.launch(scope))
        token = portal.redeem(kit, code).json()["access_token"]
        meanwhile(portal, kit, token)
        headers = {"Authorization": f"Bearer {token}"}
        return portal.send("GET", "/fhir/Observation", headers=headers)

    return sends


def _takes_a_card(portal: Portal, *_: object) -> None:
    portal.ask_for_a_card("checkup")


def _revokes(portal: Portal, kit: AppKit, token: str) -> None:
    portal.post("/revoke", kit.signed({"token": token}))


def _withdraws(portal: Portal, kit: AppKit, _: str) -> None:
    portal.withdraw(kit)


READING: dict[str, Sends] = {
    "scope_covers_it": _reads(scope="patient/Observation.r"),
    "login_suffices": _reads(_takes_a_card),
    "token_is_live": _reads(_revokes),
    "consent_gives_it": _reads(_withdraws),
}
