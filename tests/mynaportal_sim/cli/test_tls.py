"""`mynasim tls` prints the root of the simulation's https, and has browsers trust it or not."""

import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from stat import S_IMODE
from typing import Any

import pytest

from tests import commands

STORE = ".pki/nssdb"


@dataclass(frozen=True)
class Person:
    """Somebody with a home of their own, and in it the state of a portal."""

    home: Path

    @property
    def data(self) -> Path:
        return self.home / "state"

    @property
    def environment(self) -> dict[str, str]:
        own = {"HOME": str(self.home), "MYNASIM_DATA": str(self.data), "COLUMNS": "100"}
        return {**os.environ, **own}

    def run(self, *arguments: str, **more: str) -> "subprocess.CompletedProcess[str]":
        return commands.run(("tls", *arguments), {**self.environment, **more})

    def told(self, *arguments: str, **more: str) -> dict[str, Any]:
        """What a command answers as JSON."""
        done = self.run(*arguments, "--json", **more)
        assert done.returncode == 0, done.stderr
        told: dict[str, Any] = json.loads(done.stdout)
        return told

    def trusted(self) -> dict[str, str]:
        """The roots in the browser's store, each with what it is trusted for."""
        if shutil.which("certutil") is None:
            pytest.skip("certutil is not installed: apt-get install libnss3-tools")
        if not (self.home / STORE / "cert9.db").exists():
            return {}
        command = ("certutil", "-d", f"sql:{self.home / STORE}", "-L")
        listed = subprocess.run(command, check=True, capture_output=True, text=True).stdout
        lines = [line.rsplit(maxsplit=1) for line in listed.splitlines() if ",," in line]
        return {name.strip(): flags for name, flags in lines}


@pytest.fixture
def person(tmp_path: Path) -> Person:
    """A person who has used Chromium."""
    (tmp_path / STORE).mkdir(parents=True)
    return Person(tmp_path)


def test_what_is_printed_is_the_certificate_alone_and_beside_it_what_people_compare(
    person: Person,
) -> None:
    done = person.run("root")
    assert done.returncode == 0, done.stderr
    assert done.stdout.startswith("-----BEGIN CERTIFICATE-----\n")
    assert done.stdout.count("-----") == 4
    read = ("openssl", "x509", "-noout", "-fingerprint", "-sha256")
    shown = subprocess.run(read, input=done.stdout, capture_output=True, text=True, check=True)
    fingerprint = shown.stdout.partition("=")[2].strip().replace(":", "").lower()
    assert fingerprint in done.stderr
    assert "localhost, 127.0.0.1, ::1 and for no other name" in done.stderr
    told = person.told("root")
    assert told["sha256"] == fingerprint
    assert told["pem"].strip() == done.stdout.strip() == Path(told["file"]).read_text().strip()
    assert S_IMODE(person.data.stat().st_mode) == 0o700


def test_programs_that_ask_at_once_are_told_of_one_root(person: Person) -> None:
    with ThreadPoolExecutor(4) as threads:
        printed = list(threads.map(lambda _: person.run("root").stdout, range(4)))
    assert len(set(printed)) == 1
    assert printed[0].startswith("-----BEGIN")


def test_names_that_are_allowed_can_be_vouched_for_too(person: Person) -> None:
    told = person.told("root", "--allow-host", "portal:8400", "--issuer", "https://myna.test")
    assert told["names"] == ["localhost", "myna.test", "portal", "127.0.0.1", "::1"]
    assert person.told("root")["names"] == told["names"]


def test_nothing_is_trusted_that_nobody_agreed_to(person: Person) -> None:
    done = person.run("trust")
    assert done.returncode == 0, done.stderr
    assert "Trusted by" not in done.stdout
    assert person.trusted() == {}


def test_the_commands_for_other_programs_are_told(person: Person) -> None:
    told = person.told("trust", "--port", "8477")
    root = told["file"]
    ways = told["by_hand"]
    assert ways["curl"] == f"curl --cacert {root} https://localhost:8477/"
    assert ways["Node"] == f"export NODE_EXTRA_CA_CERTS={root}"
    assert f"SSL_CERT_FILE={root}" in ways["Python"]
    assert {"Debian, Ubuntu", "Fedora", "macOS", "Firefox", "Chromium on Linux"} <= ways.keys()
    assert all(root in way for way in ways.values())
    shown = person.run("trust").stdout
    assert all(name in shown for name in ways)


def test_a_browser_trusts_the_root_for_servers_alone_and_until_told_otherwise(
    person: Person,
) -> None:
    assert person.trusted() == {}
    told = person.told("trust", "--yes")
    assert told["trusted_by"] == [f"Chromium ({person.home / STORE})"]
    again = person.told("trust", "--yes")
    assert again["trusted_by"] == told["trusted_by"]
    name = f"mynaportal-sim SIMULATION {told['sha256'][:12]}"
    assert person.trusted() == {name: "C,,"}
    assert person.told("untrust")["no_longer_trusted_by"] == told["trusted_by"]
    assert person.trusted() == {}
    assert person.told("untrust")["no_longer_trusted_by"] == []


@pytest.mark.parametrize(("answer", "trusted"), [(b"y\n", 1), (b"\n", 0)], ids=["yes", "enter"])
def test_at_a_terminal_it_asks_and_takes_silence_for_no(
    person: Person, answer: bytes, trusted: int
) -> None:
    assert person.trusted() == {}
    dialogue = [(b"nssdb) trust it? [y/N]", answer)]
    if shutil.which("update-ca-certificates", path="/usr/sbin") is not None:
        dialogue.append(
            (b"this system (/usr/local/share/ca-certificates) trust it? [y/N]", b"\n")
        )
    ended, shown = commands.at_a_terminal(("tls", "trust"), person.environment, dialogue)
    assert ended == 0, shown
    assert b"SHA-256" in shown.partition(b"trust it?")[0]
    assert len(person.trusted()) == trusted
    assert shown.count(b"Trusted by") == trusted


def test_a_root_that_another_took_the_place_of_is_trusted_no_more(person: Person) -> None:
    assert person.trusted() == {}
    first = person.told("trust", "--yes")
    second = person.told("trust", "--yes", "--allow-host", "portal:8400")
    assert first["sha256"] != second["sha256"]
    assert person.trusted() == {f"mynaportal-sim SIMULATION {second['sha256'][:12]}": "C,,"}


def test_firefox_is_found_by_its_profiles_and_other_roots_are_left_alone(
    person: Person,
) -> None:
    assert person.trusted() == {}
    profile = person.home / ".mozilla" / "firefox" / "x.default"
    profile.mkdir(parents=True)
    create = ("certutil", "-d", f"sql:{profile}", "-N", "--empty-password")
    subprocess.run(create, check=True, capture_output=True)
    other = Person(person.home / "other")
    other.run("trust", "--yes", HOME=str(person.home))
    told = person.told("trust", "--yes")
    assert [name.partition(" ")[0] for name in told["trusted_by"]] == ["Chromium", "Firefox"]
    person.run("untrust")
    [left] = person.trusted()
    assert told["sha256"][:12] not in left


def test_without_certutil_a_browser_is_left_alone_and_its_command_told(
    person: Person, tmp_path: Path
) -> None:
    told = person.told("trust", "--yes", PATH=str(tmp_path))
    assert told["trusted_by"] == []
    assert "libnss3-tools" in told["by_hand"]["Chromium on Linux"]
    assert list((person.home / STORE).iterdir()) == []


def test_a_damaged_root_is_told_with_what_to_do(person: Person) -> None:
    (person.data / "tls").mkdir(parents=True)
    (person.data / "tls" / "authority.pem").write_text("x")
    done = person.run("trust", "--yes")
    assert done.returncode == 1
    assert "restore it, or remove it and a new root is made" in done.stderr


# A system of its own to change: nothing of it is left when the command has ended. Mounts that
# are made by what is root to itself alone spread nowhere.
APART = ("unshare", "--map-root-user", "--mount", "--propagation", "unchanged")
IN_PRIVATE = """
mount -t tmpfs none /usr/local/share/ca-certificates
cp -a /etc/ssl "$HOME/ssl"
mount --bind "$HOME/ssl" /etc/ssl
judge() { openssl verify -CApath /etc/ssl/certs "$MYNASIM_DATA/tls/root.pem" && echo "$1"; }
mynasim() { "$PYTHON" -m mynaportal_sim tls "$@" --json; }
mynasim trust || exit 1
judge 'before' || true
mynasim trust --system || exit 1
judge 'while trusted' || true
mynasim untrust || exit 1
judge 'after' || true
"""


def test_a_system_trusts_it_only_on_a_yes_and_until_told_otherwise(person: Person) -> None:
    if shutil.which("update-ca-certificates", path="/usr/sbin") is None:
        pytest.skip(
            "this system has no update-ca-certificates: apt-get install ca-certificates"
        )
    done = subprocess.run(
        [*APART, "sh", "-c", IN_PRIVATE],
        env={**person.environment, "PYTHON": sys.executable},
        cwd=commands.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    told = [json.loads(line) for line in said if line.startswith("{")]
    system = "this system (/usr/local/share/ca-certificates)"
    assert told[0]["trusted_by"] == []
    assert told[1]["trusted_by"] == [system]
    assert told[2] == {"no_longer_trusted_by": [system]}
    assert [line for line in said if line in {"before", "while trusted", "after"}] == [
        "while trusted"
    ]
    assert not list(Path("/usr/local/share/ca-certificates").glob("mynaportal-sim-*"))
