"""An operator's link, by the app's key or the portal's shell, and the console it opens once."""

import json
import subprocess
import sys
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from tests.journeys.conftest import mostly_on
from tests.journeys.kit import Portal

pytestmark = mostly_on("sqlite", "portal")

CONSOLE = "/apps/console"


def _open(portal: Portal, url: str) -> httpx.Client:
    """A browser that has followed a link."""
    address, _, token = url.partition("#")
    assert address == f"{portal.url}{CONSOLE}/open"
    browser = portal.client()
    browser.post(address, data={"token": token})
    return browser


def test_a_link_by_the_apps_key_or_by_the_shell_opens_the_console(
    portal: Portal, tmp_path: Path
) -> None:
    app = portal.register()
    key = tmp_path / "key.pem"
    key.write_bytes(app.key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
    options = ("--issuer", portal.url, "--client-id", app.client_id, "--key", str(key))
    wanted = (*options, "--data", str(tmp_path / "app.sqlite3"), "--operator-link")
    by_key = subprocess.run(
        [sys.executable, "-m", "mynaportal_sim.sample_app", *wanted],
        capture_output=True,
        text=True,
        check=True,
    ).stdout.strip()
    by_shell = portal.run("app", "open", app.client_id).strip()
    for url in (by_key, by_shell):
        seen = _open(portal, url).get(f"{portal.url}{CONSOLE}")
        assert seen.status_code == 200
        assert app.client_id in seen.text
        again = _open(portal, url).get(f"{portal.url}{CONSOLE}", headers={"accept": "*/*"})
        assert again.status_code == 401
    portal.until_indexed()
    entries = json.loads(portal.run("ledger", "list", "--json"))
    ways = [one["fields"]["way"] for one in entries if one["type"] == "app.console_opened"]
    assert sorted(ways[:2]) == ["command", "private_key_jwt"]
    told = json.dumps(entries) + portal.log.read_text()
    assert all(url.partition("#")[2] not in told for url in (by_key, by_shell))
