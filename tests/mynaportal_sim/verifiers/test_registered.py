"""Only an app that can prove itself is a verifier, and its console says that it is one."""

import pytest

from mynaportal_sim.apps.errors import RegistrationError
from tests.mynaportal_sim.web.client import Client
from tests.mynaportal_sim.web.console import inside, part
from tests.mynaportal_sim.web.kit import Portal


def test_an_app_without_keys_is_none(portal: Portal) -> None:
    with pytest.raises(RegistrationError, match="verifier"):
        Client.registered(portal, verifier=True, public=True)


@pytest.mark.parametrize("verifier", [True, False])
def test_its_console_says_so(portal: Portal, verifier: bool) -> None:
    client = Client.registered(portal, verifier=verifier)
    assert ("署名検証者等" in part(inside(client), "")) is verifier
