"""`mynasim card present`, whose virtual reader is played by the test at its socket."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from card_reader.vpcd import ATR, Control, framed
from mynaportal_sim.cli.benchmarks.server import free_port

GET_ATR = bytes((Control.GET_ATR,))
SELECT = bytes.fromhex("00A4040C0AD392F000260100000001")
SELECT_PIN = bytes.fromhex("00A4020C020018")


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("card")
    made = ("card", "new", "--out", str(folder / "card"), "--data", str(folder / "data"))
    subprocess.run([sys.executable, "-m", "mynaportal_sim", *made], check=True)
    return folder / "card"


@pytest.fixture
def driver() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        listening.settimeout(30)
        yield listening


@contextmanager
def _presented(card: Path, port: int) -> Iterator["subprocess.Popen[str]"]:
    arguments = ("card", "present", str(card), "--port", str(port), "--json")
    process = subprocess.Popen(
        [sys.executable, "-m", "mynaportal_sim", *arguments],
        env={**os.environ, "PCSCLITE_CSOCK_NAME": "/nonexistent"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        yield process
    finally:
        process.kill()
        process.communicate()


def _ask(reader: socket.socket, command: bytes) -> bytes:
    reader.settimeout(30)
    reader.sendall(framed(command))
    return reader.recv(1000)[2:]


@pytest.mark.parametrize("end", [signal.SIGINT, signal.SIGTERM])
def test_a_card_waits_for_its_reader_to_come_back(
    card: Path, driver: socket.socket, end: signal.Signals
) -> None:
    port = driver.getsockname()[1]
    with _presented(card, port) as process:
        reader, _ = driver.accept()
        assert _ask(reader, GET_ATR) == ATR
        assert process.stdout is not None
        ready = json.loads(process.stdout.readline())
        assert (ready["card"], ready["port"], ready["reader"]) == (str(card), port, None)
        assert _ask(reader, SELECT) == b"\x90\x00"
        reader.close()
        again, _ = driver.accept()
        assert _ask(again, GET_ATR) == ATR
        assert _ask(again, SELECT_PIN) == b"\x6a\x82"  # power was lost
        process.send_signal(end)
        printed, told = process.communicate(timeout=30)
        again.close()
    assert process.returncode == 0, told
    assert printed == ""
    assert told.splitlines() == [
        "pcscd has let go of the card; waiting for it to come back …",
        "pcscd is back; the card is in again.",
        "The card is out.",
    ]


def test_without_virtual_reader_it_is_said_how_to_get_one(card: Path) -> None:
    with _presented(card, free_port()) as process:
        printed, told = process.communicate(timeout=30)
    assert (process.returncode, printed) == (1, "")
    assert "vsmartcard-vpcd" in told
