"""`mynasim pki anchor` adds, shows and removes the authorities of cards from elsewhere."""

import json
import os
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from os import urandom
from pathlib import Path
from stat import S_IMODE
from typing import Any, NamedTuple

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from typer.testing import CliRunner

from card_reader.spec import Kind
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.pki_anchor import app
from mynaportal_sim.cli.sentences import sentence_for
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.login import sessions
from mynaportal_sim.login.challenge import Channel
from mynaportal_sim.login.sessions import Person
from mynaportal_sim.login.unchecked import UncheckedCard
from mynaportal_sim.pki import authority
from mynaportal_sim.pki.authority import Authority
from mynaportal_sim.residents import store as residents
from mynaportal_sim.settings import Settings
from mynaportal_sim.world import upgrade
from tests import commands
from tests.mynaportal_sim.pki.unmarked import unmarked

AUTH = Kind.USER_AUTHENTICATION
AGREE = b"should have?"


class Done(NamedTuple):
    """What a command came to."""

    returncode: int
    stdout: str
    stderr: str


@dataclass(frozen=True)
class Place:
    """A data directory of a dev portal, and an authority that is none of its own."""

    data: Path
    elsewhere: Authority

    @property
    def environment(self) -> dict[str, str]:
        return {**os.environ, "MYNASIM_DATA": str(self.data), "COLUMNS": "200"}

    def run(self, *arguments: str | Path, **more: str) -> Done:
        """The command in this process, where a person's terminal is not."""
        environment = {"MYNASIM_DATA": str(self.data), "COLUMNS": "200", **more}
        done = CliRunner().invoke(app, list(map(str, arguments)), env=environment)
        if isinstance(failed := done.exception, Exception):
            said = str(failed) if isinstance(failed, CommandError) else sentence_for(failed)
            if said is None:
                raise failed
            return Done(1, done.stdout, said)
        return Done(done.exit_code, done.stdout, done.stderr)

    def file(self, content: bytes) -> Path:
        """That content in a file."""
        path = self.data.parent / "ca.file"
        path.write_bytes(content)
        return path

    def add(self, content: bytes, *more: str | Path) -> Done:
        """Add what a file holds, by the fingerprint of a certificate in DER."""
        agreed = ("--fingerprint", sha256(content).hexdigest(), "--yes")
        return self.run("add", "--file", self.file(content), *agreed, *more)

    def listed(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = json.loads(self.run("list", "--json").stdout)
        return found

    @property
    def files(self) -> list[Path]:
        return sorted((self.data / "anchors").glob("*"))


@pytest.fixture(scope="module")
def elsewhere() -> Authority:
    return authority.create(AUTH, Clock().now(), urandom)


@pytest.fixture
def place(tmp_path: Path, elsewhere: Authority) -> Place:
    settings = Settings(data=tmp_path / "state")
    settings.data.mkdir()
    upgrade(settings.database_url)
    return Place(settings.data, elsewhere)


@pytest.fixture
def real(elsewhere: Authority) -> bytes:
    return unmarked(elsewhere.certificate, elsewhere)


def test_an_anchor_is_added_shown_and_removed(place: Place, real: bytes) -> None:
    done = place.add(real, "--json")
    assert done.returncode == 0, done.stderr
    told = json.loads(done.stdout)
    assert told["sha256"] == sha256(real).hexdigest()
    assert told["simulation"] is False
    assert place.listed() == [told]
    [path] = place.files
    assert (S_IMODE(path.stat().st_mode), path.read_bytes()) == (0o600, real)
    grouped = " ".join(told["sha256"][at : at + 4] for at in range(0, 64, 4))
    assert grouped in place.run("list").stdout
    assert place.run("remove", grouped.upper()).returncode == 0
    assert (place.listed(), place.files) == ([], [])


def test_a_person_is_shown_what_it_is_and_asked(place: Place, real: bytes) -> None:
    asked = ("pki", "anchor", "add", "--file", str(place.file(real)))
    code, shown = commands.at_a_terminal(asked, place.environment, [(AGREE, b"n\n")])
    assert (code, place.files) == (1, [])
    told = shown.decode()
    assert "simulation mark" in told
    assert "no: it may be a real" in told
    for part in (sha256(real).hexdigest()[:4], place.elsewhere.certificate.subject):
        assert (part if isinstance(part, str) else part.rfc4514_string()) in told
    code, shown = commands.at_a_terminal(asked, place.environment, [(AGREE, b"y\n")])
    assert (code, len(place.files)) == (0, 1)
    assert "revoked is not checked" in shown.decode()


def test_it_is_read_from_a_card_without_a_pin(place: Place, tmp_path: Path) -> None:
    card, other = tmp_path / "card.json", str(tmp_path / "other")
    made = commands.run(
        ("card", "new", "--persona", "sato-hanako", "--out", card),
        {**place.environment, "MYNASIM_DATA": other},
    )
    assert made.returncode == 0, made.stderr
    before = card.read_bytes()
    ca = authority.load_all(Settings(data=Path(other)).authorities)[AUTH]
    read = ("add", "--from-card", "--card", card, "--json")
    agreed = ("--yes", "--fingerprint", sha256(ca.der).hexdigest())
    done = place.run(*read, *agreed)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout)["simulation"] is True
    assert [path.read_bytes() for path in place.files] == [ca.der]
    assert card.read_bytes() == before
    refused = place.run(*read, *agreed, MYNASIM_DATA=other)
    assert refused.returncode == 1
    assert "an authority of this portal" in refused.stderr


def test_without_anybody_to_compare_nothing_is_added(place: Place, real: bytes) -> None:
    file = place.file(real)
    for options, said in (
        ((), "nobody is here"),
        (("--yes",), "takes --fingerprint"),
        (("--yes", "--fingerprint", "00" * 32), "is another than"),
        (("--fingerprint", sha256(real).hexdigest()), "nobody is here"),
    ):
        done = place.run("add", "--file", file, *options)
        assert (done.returncode, said in done.stderr) == (1, True), done.stderr
    assert place.files == []


Make = Callable[[Authority], bytes]


def _twice(one: Authority) -> bytes:
    return one.certificate.public_bytes(Encoding.PEM) * 2


def _changed(one: Authority, *without: type[x509.ExtensionType], late: int = 0) -> bytes:
    """The authority's certificate without some extensions, or after so many days."""
    was, days = one.certificate, timedelta(days=late)
    builder = (
        x509.CertificateBuilder()
        .serial_number(was.serial_number)
        .issuer_name(was.subject)
        .subject_name(was.subject)
        .not_valid_before(was.not_valid_before_utc + days)
        .not_valid_after(was.not_valid_after_utc + days)
        .public_key(was.public_key())
    )
    for each in was.extensions:
        if not isinstance(each.value, without):
            builder = builder.add_extension(each.value, each.critical)
    return builder.sign(one.key, SHA256()).public_bytes(Encoding.DER)


def _of_anothers_hand(one: Authority) -> bytes:
    other = authority.create(AUTH, Clock().now(), urandom)
    return unmarked(one.certificate, other)


def _turned(one: Authority) -> bytes:
    return one.der[:-1] + bytes([one.der[-1] ^ 1])


@pytest.mark.parametrize(
    ("make", "said"),
    [
        pytest.param(lambda _: b"", "error parsing asn1", id="nothing"),
        pytest.param(lambda _: b"-----BEGIN nonsense", "not one certificate", id="no PEM"),
        pytest.param(_twice, "not one certificate", id="two in one file"),
        pytest.param(lambda one: one.der + b"\0", "error parsing asn1", id="something follows"),
        pytest.param(lambda _: bytes(5000), "longer than", id="too long"),
        pytest.param(
            lambda one: _changed(one, x509.BasicConstraints),
            "no certification authority",
            id="no authority's",
        ),
        pytest.param(_of_anothers_hand, "so that it is no root", id="another's signature"),
        pytest.param(_turned, "so that it is no root", id="a bit of it turned"),
        pytest.param(lambda one: _changed(one, late=-3700), "not valid now", id="ended"),
        pytest.param(lambda one: _changed(one, late=1), "not valid now", id="not begun"),
    ],
)
def test_what_is_no_anchor_is_refused(place: Place, make: Make, said: str) -> None:
    done = place.add(make(place.elsewhere))
    assert done.returncode == 1
    assert said in done.stderr
    assert place.files == []


def test_a_strict_portal_takes_none(place: Place, real: bytes) -> None:
    agreed = ("--fingerprint", sha256(real).hexdigest(), "--yes")
    strict = {"MYNASIM_MODE": "strict", "MYNASIM_ISSUER": "https://portal.test"}
    done = place.run("add", "--file", place.file(real), *agreed, **strict)
    assert (done.returncode, "takes no added anchors" in done.stderr) == (1, True)
    assert place.files == []


def test_a_file_that_was_changed_is_told(place: Place, real: bytes) -> None:
    assert place.add(real).returncode == 0
    [path] = place.files
    path.write_bytes(place.elsewhere.der)
    done = place.run("list")
    assert (done.returncode, str(path) in done.stderr) == (1, True)


def test_who_is_not_there_is_not_removed(place: Place) -> None:
    for name in ("00" * 32, "../../ca/user_authentication"):
        done = place.run("remove", name)
        assert (done.returncode, "no such anchor" in done.stderr) == (1, True)


def test_where_there_is_no_portal_one_is_told_how_to_start_it(
    place: Place, tmp_path: Path, real: bytes
) -> None:
    done = place.add(real, "--data", tmp_path / "none")
    assert (done.returncode, "mynasim up" in done.stderr) == (1, True)
    assert not (tmp_path / "none").exists()


def test_whoever_logged_in_by_such_a_card_is_logged_out_with_its_anchor(
    place: Place, real: bytes
) -> None:
    assert place.add(real).returncode == 0
    database, now = Database(Settings(data=place.data).database_url), Clock().now()
    card = UncheckedCard.of(b"a certificate", urandom)
    guest = database.run(residents.guest)
    assert guest is not None
    person = Person(guest.id, Channel.AGENT, card, 1)
    session = database.run(sessions.log_in, "", person, now, urandom)
    done = place.run("remove", sha256(real).hexdigest(), "--json")
    assert json.loads(done.stdout)["sessions_ended"] == 1
    assert database.run(sessions.find, session.id, now) is None
    database.close()
