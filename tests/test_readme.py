"""README.md shows commands that work and output that they print."""

import os
import re
import signal
import socket
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest

from mynaportal_sim.cli import config

ROOT = Path(__file__).parents[1]
SHOWN_PORT, SHOWN_APP_PORT = "8400", "8500"
STARTED = "./mynasim up"
PATIENCE = 60.0

BLOCK = re.compile(
    r"(?:<!-- not run: (?P<reason>.+?) -->\n)?^```console\n(?P<body>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Step:
    """A command of a console block and the output shown below it; `…` stands for anything."""

    command: str
    shown: tuple[str, ...]

    def missing(self, printed: str) -> list[str]:
        """The shown lines that were not printed, or not in this order."""
        rest = iter(printed.splitlines())
        return [line for line in self.shown if not any(_alike(line, actual) for actual in rest)]


def _alike(shown: str, printed: str) -> bool:
    pattern = ".*".join(re.escape(part) for part in shown.split("…"))
    return re.fullmatch(pattern, printed.rstrip()) is not None


def _steps(readme: str, port: int) -> Iterator[Step]:
    for block in BLOCK.finditer(readme):
        if block["reason"]:
            continue
        body = block["body"].replace(SHOWN_PORT, str(port)).replace("\\\n", "")
        body = body.replace(SHOWN_APP_PORT, str(port + 100))
        for entry in re.split(r"^\$ ", body, flags=re.MULTILINE)[1:]:
            command, *shown = entry.splitlines()
            yield Step(command, tuple(shown))


@pytest.fixture
def port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        number: int = probe.getsockname()[1]
        return number


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """An empty folder to stand in, where ./mynasim is this checkout's."""
    (tmp_path / "mynasim").symlink_to(ROOT / "mynasim")
    return tmp_path


@pytest.fixture
def environment(tmp_path: Path, port: int) -> dict[str, str]:
    settings = {"MYNASIM_DATA": str(tmp_path / "data"), "MYNASIM_PORT": str(port)}
    plain = {"LANG": "C.UTF-8", "NO_COLOR": "1", "COLUMNS": "120"}
    inherited = {name: os.environ[name] for name in ("PATH", "HOME") if name in os.environ}
    return inherited | plain | settings


def _await_ready(server: subprocess.Popen[str], port: int) -> None:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        assert server.poll() is None, f"`{STARTED}` ended with {server.returncode}"
        try:
            if httpx.get(f"http://127.0.0.1:{port}/readyz").is_success:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    pytest.fail(f"`{STARTED}` was not ready after {PATIENCE:.0f} s")


def test_each_command_does_what_the_readme_shows(
    place: Path, environment: dict[str, str], port: int
) -> None:
    server: subprocess.Popen[str] | None = None
    try:
        for step in _steps((ROOT / "README.md").read_text(), port):
            if step.command == STARTED:
                printed = place / "printed"
                with printed.open("w") as output:
                    server = subprocess.Popen(
                        STARTED.split(), cwd=place, env=environment, stdout=output, text=True
                    )
                _await_ready(server, port)
                assert step.missing(printed.read_text()) == []
                continue
            done = subprocess.run(
                ["sh", "-c", step.command],
                cwd=place,
                env=environment,
                capture_output=True,
                text=True,
                check=False,
                timeout=PATIENCE,
            )
            assert done.returncode == 0, f"$ {step.command}\n{done.stdout}{done.stderr}"
            assert step.missing(done.stdout) == [], f"$ {step.command}\n{done.stdout}"
    finally:
        if server is not None:
            server.send_signal(signal.SIGINT)
            server.wait(timeout=PATIENCE)


def test_the_two_set_up_commands_are_in_the_readme() -> None:
    commands = {
        line.removeprefix("$ ")
        for block in BLOCK.finditer((ROOT / "README.md").read_text())
        for line in block["body"].splitlines()
    }
    assert {"./mynasim up", "./mynasim test"} <= commands


def test_the_table_of_configuration_is_that_of_the_code() -> None:
    assert config.table() in (ROOT / "README.md").read_text()


def test_the_readme_is_one_that_people_finish() -> None:
    assert 100 <= len((ROOT / "README.md").read_text().splitlines()) <= 180


@pytest.mark.parametrize(
    ("shown", "printed", "missing"),
    [
        pytest.param("a", "a\n", [], id="same"),
        pytest.param("a…c\n…", "x\nabc\nlast\n", [], id="ellipsis"),
        pytest.param("b\na", "a\nb\n", ["a"], id="wrong order"),
        pytest.param("1.2", "1x2\n", ["1.2"], id="a dot is a dot"),
    ],
)
def test_shown_output_is_compared(shown: str, printed: str, missing: list[str]) -> None:
    assert Step("", tuple(shown.splitlines())).missing(printed) == missing
