"""A login with a card on a reader, from the page to the page."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from mynaportal_sim.cli.benchmarks.private_pcscd import PrivatePcscd
from tests.hardware.kit import simulated
from tests.journeys.kit import PERSONA, Portal, Screen, copy_world, free_port, running


@pytest.fixture(scope="module")
def portal(template: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Portal]:
    data = tmp_path_factory.mktemp("portal") / "data"
    copy_world(template, data)
    with running(Portal(data, free_port())) as started:
        yield started


@pytest.mark.parametrize("named", [True, False], ids=["by name", "the only card there is"])
def test_a_card_on_a_reader_logs_a_browser_in(
    service: PrivatePcscd, portal: Portal, named: bool
) -> None:
    screen = Screen(portal)
    with simulated(service, portal.data / "cards" / f"{PERSONA}.json") as reader:
        command = ["login", "--portal", portal.url, "--code", screen.code, "--pin", "1234"]
        command += ["--yes", "--json", *(("--reader", reader) if named else ())]
        with subprocess.Popen(
            [sys.executable, "-m", "mynaportal_sim", *command],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        ) as running_login:
            assert running_login.stdout is not None
            digits = json.loads(running_login.stdout.readline())["confirm_code"]
            assert screen.type(digits).status_code == 303
            _, said = running_login.communicate(timeout=20)
        assert running_login.returncode == 0, said
    assert screen.logged_in()
