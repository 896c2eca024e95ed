"""A presented card in a real pcscd, which a demonstrator may restart."""

import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from mynaportal_sim.cli.benchmarks.private_pcscd import PrivatePcscd, private_pcscd
from tests.hardware.kit import COMMAND


@contextmanager
def _service(
    monkeypatch: pytest.MonkeyPatch, port: int | None = None
) -> Iterator[PrivatePcscd]:
    """A service that the test may stop; commands find it, this process does not."""
    with (
        TemporaryDirectory(prefix="mynasim-") as place,
        private_pcscd(Path(place), port=port) as service,
    ):
        for name, value in service.environment.items():
            monkeypatch.setenv(name, value)
        yield service


@pytest.mark.usefixtures("service")
def test_a_card_comes_back_with_pcscd_and_stays_out_of_a_full_slot(
    card: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    present = ("card", "present", card, "--port")
    with _service(monkeypatch) as first:
        process = subprocess.Popen(
            [sys.executable, "-m", "mynaportal_sim", *map(str, present), str(first.port)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        assert process.stdout is not None
        assert process.stderr is not None
        assert "Ctrl-C takes it out" in process.stdout.readline()
        assert "another one is in its slot" in COMMAND.run(*present, str(first.port), status=1)
    assert "let go" in process.stderr.readline()
    with _service(monkeypatch, first.port) as second:
        assert "in again" in process.stderr.readline()
        info = COMMAND.answer("card", "info", "--reader", second.readers[0])
        assert isinstance(info, dict)
        assert info["simulation"] is True
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=30)
    assert process.returncode == 0
