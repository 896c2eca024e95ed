"""Chromium, and a portal with its sample app to look at."""

import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, BrowserType, sync_playwright

from tests.browser.kit import ARGUMENTS, NewTab, Tab
from tests.journeys.kit import Portal, copy_world, free_port, running

HERE = Path(__file__).parent
WIDE = (1280, 900)


def launched(kind: BrowserType, environment: Mapping[str, str], *options: str) -> Browser:
    """Chromium as somebody with this environment starts it."""
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        pytest.skip("Chromium is not installed: apt-get install chromium")
    arguments = [*ARGUMENTS, *options]
    return kind.launch(executable_path=program, args=arguments, env={**environment})


@contextmanager
def chromium_of(environment: Mapping[str, str]) -> Iterator[Browser]:
    """The same, with what drives it."""
    with sync_playwright() as playwright:
        browser = launched(playwright.chromium, environment)
        yield browser
        browser.close()


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """One browser for a module's tests, each of which has a profile of its own.

    It is closed after them: as long as it runs, no other test of the process can run a loop.
    """
    with chromium_of(os.environ) as browser:
        yield browser


@pytest.fixture(scope="module")
def portal(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    """A portal that the tests share; each has a persona of its own."""
    data = tmp_path_factory.mktemp("browser") / "data"
    copy_world(template, data)
    with running(Portal(data, free_port(), app_port=free_port())) as started:
        yield started


@pytest.fixture
def new_tab(chromium: Browser, portal: Portal) -> Iterator[NewTab]:
    """Opens tabs of new profiles; in the end no page may have done what it must not."""
    contexts: list[BrowserContext] = []
    tabs: list[Tab] = []

    def opened(
        language: str = "ja", size: tuple[int, int] = WIDE, *, scripts: bool = True
    ) -> Tab:
        width, height = size
        context = chromium.new_context(
            locale=language,
            viewport={"width": width, "height": height},
            java_script_enabled=scripts,
            accept_downloads=True,
        )
        context.set_default_timeout(15_000)
        contexts.append(context)
        tabs.append(Tab.open(context, portal))
        return tabs[-1]

    yield opened
    for context in contexts:
        context.close()
    assert [complaint for tab in tabs for complaint in tab.complaints] == []
