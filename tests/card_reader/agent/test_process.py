"""The agent as a process, over its real socket: A4, A6, A8, A9, A14, A20, C6; its commands."""

import json
import os
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from card_reader.emulator.personalise import CardData, write_card
from tests import commands
from tests.card_reader.agent.process import ORIGIN, PORTAL, Running, ready

PIN = "7413"
RESIDENT_MAX = 60_000  # kB, while nothing happens


@pytest.fixture(scope="module")
def card(tmp_path_factory: pytest.TempPathFactory, adult: CardData) -> Path:
    path = tmp_path_factory.mktemp("card") / "card.json"
    write_card(path, adult)
    return path


def start(place: Path, card: Path, *more: str, pins: str = "") -> Running:
    """An agent that is ready, with this emulated card."""
    given, giving = os.pipe()
    os.write(giving, pins.encode())
    os.close(giving)
    running = ready(place, given, "--card", card, "--pin-fd", "0", *more)
    os.close(given)
    return running


@pytest.fixture(scope="module")
def agent(card: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    place = tmp_path_factory.mktemp("run")
    running = start(place, card, pins=f"{PIN}\n1234\n")
    try:
        running.pair()
        yield running
    finally:
        running.process.terminate()
    assert running.process.wait(10) == 0
    assert not list((place / "mynasim").iterdir()), "it leaves nothing behind"


def request(*headers: str, line: str = "GET /v1/hello HTTP/1.1") -> bytes:
    return "\r\n".join((line, *headers, "Connection: close", "", "")).encode()


ROWS = (
    pytest.param(("Host: {host}", "Origin: {origin}"), 200, id="a good one"),
    pytest.param(("Host: {host}", "Origin: {origin}", "Origin: {origin}"), 403, id="A4"),
    pytest.param(
        ("Host: {host}", "Origin: {origin}", "Connection: Upgrade", "Upgrade: websocket"),
        403,
        id="A6",
    ),
    pytest.param(("Host: evil.test:{port}", "Origin: {origin}"), 421, id="A7"),
    pytest.param(("Host: 127.0.0.1", "Origin: {origin}"), 421, id="A8 without port"),
    pytest.param(("Host: 0.0.0.0:{port}", "Origin: {origin}"), 421, id="A8 any address"),
    pytest.param(("Host: 127.1:{port}", "Origin: {origin}"), 421, id="A8 short form"),
    # RFC 9112, 3.2: such a request is malformed, so h11 answers before anybody sees it.
    pytest.param(("Origin: {origin}",), 400, id="A8 missing"),
    pytest.param(("Host: {host}", "Host: {host}", "Origin: {origin}"), 400, id="A8 doubled"),
)


@pytest.mark.parametrize(("headers", "status"), ROWS)
def test_who_asks_is_judged_by_the_bytes_that_came(
    agent: Running, headers: tuple[str, ...], status: int
) -> None:
    host = f"127.0.0.1:{agent.port}"
    filled = [one.format(host=host, port=agent.port, origin=ORIGIN) for one in headers]
    assert agent.raw(request(*filled)).startswith(f"HTTP/1.1 {status} ".encode())


@pytest.mark.parametrize(
    ("line", "status"),
    [
        pytest.param("GET http://evil.test/v1/hello HTTP/1.1", 421, id="A9"),
        pytest.param("GET http://127.0.0.1/v1/hello HTTP/1.1", 421, id="A9 other port"),
        pytest.param("GET /v1/hello HTTP/1.0", 421, id="A8 HTTP/1.0 has no Host"),
    ],
)
def test_a_request_line_says_no_other_place(agent: Running, line: str, status: int) -> None:
    headers = [f"Origin: {ORIGIN}"]
    if line.endswith("1.1"):
        headers.append(f"Host: 127.0.0.1:{agent.port}")
    assert agent.raw(request(*headers, line=line)).startswith(f"HTTP/1.1 {status} ".encode())


def test_a20_a_body_that_does_not_say_its_length_is_cut_off(agent: Running) -> None:
    chunk = b"1000\r\n" + b" " * 0x1000 + b"\r\n"
    head = request(
        f"Host: 127.0.0.1:{agent.port}",
        f"Origin: {ORIGIN}",
        "Content-Type: application/json",
        "Transfer-Encoding: chunked",
        line="POST /v1/pair HTTP/1.1",
    )
    assert agent.raw(head + chunk * 4 + b"0\r\n\r\n").startswith(b"HTTP/1.1 413 ")


def test_a14_a_second_agent_on_the_port_says_so_and_ends(agent: Running, card: Path) -> None:
    port = str(agent.port)
    arguments: tuple[str | Path, ...] = (
        "agent",
        "run",
        *PORTAL,
        "--card",
        card,
        "--port",
        port,
    )
    done = commands.run(arguments, agent.environment)
    assert (done.returncode, done.stdout) == (3, "")
    assert "perhaps another agent runs" in done.stderr


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        pytest.param(("--host", "0.0.0.0"), "not this machine's own", id="A14 any address"),
        pytest.param(("--host", "192.0.2.7"), "not this machine's own", id="A14 another's"),
        pytest.param(("--portal", "http://192.0.2.7"), "only https", id="portal without TLS"),
        pytest.param(("--portal", "null"), "no address", id="no portal"),
        pytest.param(("--pin-ui", "window"), "no window can be shown", id="no display"),
        pytest.param(("--idle-exit", "soon"), "give a span", id="no span"),
    ],
)
def test_what_an_agent_cannot_be_it_says(
    card: Path, tmp_path: Path, arguments: tuple[str, ...], told: str
) -> None:
    environment = {k: v for k, v in os.environ.items() if k != "DISPLAY"}
    environment["XDG_RUNTIME_DIR"] = str(tmp_path)
    wanted = ("agent", "run", *PORTAL, "--port", "0", "--card", str(card), *arguments)
    done = commands.run(wanted, environment)
    assert done.returncode in {1, 2}
    assert told.casefold() in " ".join(done.stderr.split()).casefold()


def test_a_pin_from_a_descriptor_is_for_emulated_cards_alone(tmp_path: Path) -> None:
    environment = {**os.environ, "XDG_RUNTIME_DIR": str(tmp_path)}
    arguments = ("agent", "run", *PORTAL, "--port", "0", "--pin-fd", "0")
    done = commands.run(arguments, environment, stdin="1234\n")
    assert done.returncode == 1
    assert "--pin-fd is for emulated cards" in done.stderr


def test_c6_the_pin_is_neither_in_the_log_nor_on_the_wire(agent: Running) -> None:
    assert agent.login()["error"] == "pin_incorrect"
    assert agent.login()["state"] == "done"
    said = agent.log.read_bytes() + b"".join(agent.captured)
    assert b"pin_incorrect" in said
    for pin in (PIN, "1234"):
        forms = (pin, f'"{pin}"', pin.encode().hex(), f"00200080{len(pin):02X}")
        assert not [one for one in forms if one.encode() in agent.log.read_bytes()]
    assert PIN.encode() not in said
    assert PIN.encode().hex().encode() not in said


def test_the_owner_has_pages_forgotten(agent: Running) -> None:
    assert agent.ask("GET", "/v1/hello")["paired"] is True
    assert agent.command("revoke")["forgotten"] >= 1
    assert agent.ask("GET", "/v1/readers") == {"error": "token_invalid"}
    agent.pair()
    assert agent.ask("GET", "/v1/readers")[0]["card"] == "jpki"


def test_the_agent_is_small_leaves_no_dump_and_is_its_owners_alone(agent: Running) -> None:
    process = Path("/proc") / str(agent.process.pid)
    status = dict(
        line.split(":", 1) for line in (process / "status").read_text().splitlines() if line
    )
    assert int(status["VmRSS"].split()[0]) < RESIDENT_MAX
    [limit] = [one for one in (process / "limits").read_text().splitlines() if "core" in one]
    assert limit.split()[4:6] == ["0", "0"]
    folder = Path(agent.environment["XDG_RUNTIME_DIR"]) / "mynasim"
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    kept = {path.suffix: stat.S_IMODE(path.stat().st_mode) for path in folder.iterdir()}
    assert kept == {".json": 0o600, ".sock": 0o600}


def test_an_agent_that_nobody_uses_ends(card: Path, tmp_path: Path) -> None:
    running = start(tmp_path, card, "--idle-exit", "1s")
    assert running.process.wait(20) == 0


def test_what_a_killed_agent_left_is_cleared_away(card: Path, tmp_path: Path) -> None:
    running = start(tmp_path, card)
    running.process.kill()
    running.process.wait(10)
    left = tmp_path / "mynasim"
    assert len(list(left.iterdir())) == 2
    done = commands.run(("agent", "pair"), running.environment)
    assert done.returncode == 1
    assert "No agent runs" in done.stderr
    assert not list(left.iterdir())


def test_readers_are_shown_as_a_page_sees_them(card: Path) -> None:
    done = commands.run(("agent", "readers", "--card", card, "--json"), os.environ)
    [reader] = json.loads(done.stdout)
    assert (reader["name"], reader["card"], reader["locked"]) == ("emulated", "jpki", False)


def test_the_doctor_goes_from_the_card_to_the_portal(agent: Running, card: Path) -> None:
    arguments = ("agent", "doctor", "--card", card, "--portal", "http://127.0.0.1:9")
    done = commands.run((*arguments, "--port", str(agent.port), "--json"), agent.environment)
    found = {one["what"]: one for one in json.loads(done.stdout)}
    assert done.returncode == 1
    assert not found["portal"]["well"]
    assert "an agent of yours runs" in found["port"]["found"]
    assert found["simulation mark"]["well"]
    assert "window" in found
