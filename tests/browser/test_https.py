"""A browser takes the portal's https once `mynasim tls trust` has told it of the root."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Error

from tests import commands
from tests.browser.conftest import chromium_of
from tests.browser.kit import Tab
from tests.journeys.kit import Portal, copy_world, free_port, running


@pytest.fixture
def secure_portal(template: Path, tmp_path: Path) -> Iterator[Portal]:
    copy_world(template, tmp_path / "data")
    started = Portal(tmp_path / "data", free_port(), app_port=free_port(), tls=True)
    with running(started):
        yield started


def test_a_person_connects_an_app_in_a_browser_that_was_told_of_the_root(
    secure_portal: Portal, tmp_path: Path
) -> None:
    if shutil.which("certutil") is None:
        pytest.skip("certutil is not installed: apt-get install libnss3-tools")
    home = {"HOME": str(tmp_path / "home")}
    (tmp_path / "home").mkdir()
    with chromium_of({**os.environ, **home}) as stranger:
        page = stranger.new_page()
        with pytest.raises(Error, match="ERR_CERT_AUTHORITY_INVALID"):
            page.goto(secure_portal.url)
    environment = {**secure_portal.environment, **home}
    trusted = commands.run(("tls", "trust", "--yes"), environment)
    assert trusted.returncode == 0, trusted.stderr
    with chromium_of({**os.environ, **home}) as browser:
        tab = Tab.open(browser.new_context(locale="ja"), secure_portal)
        tab.connect("checkup")
        tab.log_in("sato-hanako")
        tab.decide("checkup")
        tab.page.wait_for_url(f"{secure_portal.app_url}/")
        tab.page.goto(f"{secure_portal.app_url}/checkups")
        assert tab.page.locator("svg").count() > 0
        tab.go("/consents")
        tab.see("健診結果")
        names = {cookie["name"] for cookie in tab.page.context.cookies()}
        assert f"__Host-mynasim-session-{secure_portal.port}" in names
        assert all(cookie["secure"] for cookie in tab.page.context.cookies())
        assert tab.complaints == []
