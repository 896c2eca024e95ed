"""The services of compose.yaml, run as it says: its commands, environment and volumes."""

import json
import shutil
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest
from sqlalchemy import create_engine, make_url, text

from tests.docker.kit import Box, images, running, services

PORT, APP_PORT = 8437, 8537  # in a network of its own
OWN = f"localhost:{PORT}"
ASK = """
import json, socket, sys
with socket.create_connection(("127.0.0.1", int(sys.argv[1]))) as peer:
    peer.sendall(sys.argv[2].encode())
    answer = b"".join(iter(lambda: peer.recv(65536), b"")).decode()
print(json.dumps([int(answer.split()[1]), answer]))
"""


@pytest.fixture(scope="module")
def database_socket(postgres_server: str) -> Iterator[Path]:
    """The volume with the socket of a server that has what compose.yaml's `database` makes."""
    url = make_url(postgres_server.format(name="postgres"))
    engine = create_engine(url, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text("CREATE ROLE mynasim LOGIN"))
        connection.execute(text("CREATE DATABASE mynasim OWNER mynasim"))
        yield Path(str(url.query["host"]))
        connection.execute(text("DROP DATABASE mynasim WITH (FORCE)"))
        connection.execute(text("DROP ROLE mynasim"))
    engine.dispose()


@pytest.fixture(scope="module")
def portal(database_socket: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Box]:
    """The service `portal`, on an empty data volume."""
    data, root = tmp_path_factory.mktemp("data"), tmp_path_factory.mktemp("root")
    service = services(MYNASIM_PORT=str(PORT), MYNASIM_SAMPLE_APP_PORT=str(APP_PORT))["portal"]
    volumes = {"data": data, "database-socket": database_socket}
    with running(service, volumes, root) as box:
        yield box


def _ask(box: Box, line: str, hosts: Sequence[str], port: int = PORT) -> tuple[int, str]:
    """Send a request as it stands, which an HTTP client would mend; status and answer."""
    head = "".join(f"Host: {host}\r\n" for host in hosts)
    request = f"{line} HTTP/1.1\r\n{head}Connection: close\r\n\r\n"
    status, printed = box.run(["python", "-c", ASK, str(port), request])
    assert status == 0, printed
    code, answer = json.loads(printed)
    return code, answer


@pytest.mark.postgres
def test_the_first_page_is_there_under_the_published_name(portal: Box) -> None:
    status, answer = _ask(portal, "GET /", [OWN])
    assert status == 200
    assert f"http://{OWN}" in answer


@pytest.mark.postgres
def test_the_sample_app_is_beside_it_on_every_address(portal: Box) -> None:
    """A container's published ports come in by its own address, not by loopback."""
    status, answer = _ask(portal, "GET /", [f"127.0.0.1:{APP_PORT}"], APP_PORT)
    assert status == 200, answer
    assert _ask(portal, "GET /", ["evil.example"], APP_PORT)[0] == 400
    table = portal.run(["cat", "/proc/net/tcp"])[1]
    assert {f"00000000:{PORT:04X}", f"00000000:{APP_PORT:04X}"} <= set(table.split())


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("line", "hosts", "status"),
    [
        pytest.param("GET /", ["evil.example"], 421, id="another name"),
        pytest.param("GET /", [f"portal:{PORT}"], 421, id="the service's name, not allowed"),
        pytest.param("GET /", [OWN, OWN], 421, id="doubled"),
        pytest.param("GET /", ["localhost"], 421, id="no port"),
        pytest.param(f"GET http://{OWN}/", ["evil.example"], 421, id="absolute form, foreign"),
        pytest.param(f"GET http://{OWN}/", [OWN], 200, id="absolute form"),
        pytest.param("GET /healthz", ["evil.example"], 200, id="health"),
    ],
)
def test_only_requests_that_name_the_portal_are_answered(
    portal: Box, line: str, hosts: list[str], status: int
) -> None:
    assert _ask(portal, line, hosts)[0] == status


@pytest.mark.postgres
def test_the_healthcheck_tells_a_dead_portal_from_a_live_one(portal: Box) -> None:
    assert portal.run(portal.image.healthcheck)[0] == 0
    assert portal.run(portal.image.healthcheck, MYNASIM_PORT="9")[0] != 0


def test_it_serves_https_where_that_is_asked_for(tmp_path: Path) -> None:
    folders = {name: tmp_path / name for name in ("data", "database-socket", "root")}
    for folder in folders.values():
        folder.mkdir()
    service = services(MYNASIM_PORT=str(PORT), MYNASIM_TLS="true")["portal"]
    service["environment"]["MYNASIM_DB"] = ""  # SQLite
    with running(service, folders, folders["root"]) as portal:
        assert portal.run(portal.image.healthcheck)[0] == 0
        assert portal.run(portal.image.healthcheck, MYNASIM_PORT="9")[0] != 0
        assert portal.run(portal.image.healthcheck, MYNASIM_TLS="")[0] != 0
        status, printed = portal.run(["mynasim", "tls", "root"])
        assert status == 0
        assert printed.startswith("-----BEGIN CERTIFICATE-----")


@pytest.mark.postgres
@pytest.mark.parametrize(
    ("place", "writable"),
    [
        ("/", False),
        ("/usr", False),
        ("/run/postgresql", False),
        ("/data", True),
        ("/tmp", True),
    ],
)
def test_only_the_data_volume_and_tmp_can_be_written(
    portal: Box, place: str, writable: bool
) -> None:
    status, printed = portal.run(["touch", f"{place}/written"])
    assert (status == 0) == writable
    assert writable or "Read-only file system" in printed


@pytest.mark.postgres
def test_commands_run_beside_it_on_the_same_state(portal: Box) -> None:
    _, printed = portal.run(["mynasim", "config", "show", "--json"])
    rows = {row["name"]: row for row in json.loads(printed)["settings"]}
    assert rows["db"]["value"].startswith("postgresql")
    assert (rows["issuer"]["value"], rows["issuer"]["origin"]) == (f"http://{OWN}", "default")
    status, printed = portal.run(["mynasim", "doctor"])
    assert status == 0, printed
    assert "ledger of" in printed


@pytest.mark.skipif(shutil.which("pcscd") is None, reason="apt-get install pcscd")
def test_the_reader_offers_its_socket(tmp_path: Path) -> None:
    with running(services()["reader"], {}, tmp_path) as reader:
        gone = [part.replace("pcscd.comm", "none") for part in reader.image.healthcheck]
        assert reader.run(gone)[0] != 0


def test_no_image_runs_as_root_unless_compose_says_so() -> None:
    assert {name: images()[name].user for name in ("portal", "reader")} == {
        "portal": "10001:10001",
        "reader": "10001:10001",
    }
    as_root = [name for name, service in services().items() if service.get("user") == "0:0"]
    assert as_root == ["usb-reader"]
