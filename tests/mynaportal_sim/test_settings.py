"""Settings come from options before the environment, and cannot contradict each other."""

from pathlib import Path

import pytest
from pydantic import ValidationError

from mynaportal_sim.settings import ExposureError, Mode, Settings


@pytest.fixture(autouse=True)
def _no_settings_of_this_shell(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in Settings.model_fields:
        monkeypatch.delenv(f"MYNASIM_{name.upper()}", raising=False)


def test_an_option_goes_before_the_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYNASIM_PORT", "9000")
    assert Settings().port == 9000
    assert Settings(port=9001).port == 9001


@pytest.mark.parametrize(
    ("given", "issuer", "host", "secure"),
    [
        pytest.param({}, "http://localhost:8400", "localhost:8400", False, id="nothing"),
        pytest.param({"port": 80}, "http://localhost", "localhost", False, id="http's port"),
        pytest.param(
            {"tls": "true"}, "https://localhost:8400", "localhost:8400", True, id="https"
        ),
        pytest.param(
            {"tls": True, "port": 443}, "https://localhost", "localhost", True, id="its port"
        ),
        pytest.param(
            {"port": 9000}, "http://localhost:9000", "localhost:9000", False, id="port"
        ),
        pytest.param(
            {"port": 9000, "issuer": "https://portal.test"},
            "https://portal.test",
            "portal.test",
            True,
            id="issuer",
        ),
        pytest.param(
            {"issuer": "https://Portal.Test:443/"},
            "https://portal.test",
            "portal.test",
            True,
            id="as browsers write it",
        ),
    ],
)
def test_the_issuer_follows_the_port_unless_it_is_given(
    given: dict[str, object], issuer: str, host: str, secure: bool
) -> None:
    settings = Settings.model_validate(given)
    assert (settings.issuer, settings.hosts, settings.secure) == (
        issuer,
        frozenset({host}),
        secure,
    )


def test_hosts_are_the_issuers_and_those_allowed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("MYNASIM_ALLOW_HOST", "Portal:8400, my_portal.test,[::1]:8400,")
    hosts = Settings().hosts
    assert hosts == {"localhost:8400", "portal:8400", "my_portal.test", "[::1]:8400"}


def test_names_are_those_hosts_without_their_ports() -> None:
    settings = Settings(issuer="https://my.test", allow_host=("portal:8400", "[::1]:8400"))
    assert settings.names == {"my.test", "portal", "[::1]"}


def test_settings_reach_worker_processes_as_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    allowed = ("portal:8400", "b:1")
    given = Settings(
        listen="0.0.0.0", expose=True, tls=True, allow_host=allowed, issuer="https://h:1"
    )
    for name, value in given.model_dump(mode="json", exclude_none=True).items():
        monkeypatch.setenv(f"MYNASIM_{name.upper()}", str(value))
    assert Settings() == given


@pytest.mark.parametrize("listen", ["127.0.0.1", "127.1.2.3", "::1", "localhost"])
def test_a_dev_portal_listens_on_loopback_unasked(listen: str) -> None:
    Settings(listen=listen).check_exposure()


@pytest.mark.parametrize("listen", ["0.0.0.0", "::", "", "192.0.2.1", "portal.test"])
def test_a_dev_portal_goes_beyond_loopback_only_when_told(listen: str) -> None:
    with pytest.raises(ExposureError, match=r"published.*--expose"):
        Settings(listen=listen).check_exposure()
    Settings(listen=listen, expose=True).check_exposure()
    Settings(listen=listen, mode=Mode.STRICT, issuer="https://portal.test").check_exposure()


@pytest.mark.parametrize(
    ("db", "url"),
    [
        pytest.param("sqlite:////x/y.sqlite3", "sqlite:////x/y.sqlite3", id="SQLite"),
        pytest.param("postgresql://h/x", "postgresql+psycopg://h/x", id="PostgreSQL"),
        pytest.param("postgresql+psycopg://h/x", "postgresql+psycopg://h/x", id="driver too"),
    ],
)
def test_a_database_is_named_as_sqlalchemy_does(db: str, url: str) -> None:
    assert Settings(db=db).database_url == url


def test_the_state_lies_in_one_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    settings = Settings()
    assert settings.data == tmp_path / "mynasim"
    assert settings.database_url == f"sqlite:///{settings.data}/portal.sqlite3"
    for place in (settings.cards, settings.keys, settings.clock):
        assert place.parent == settings.data


@pytest.mark.parametrize(
    "given",
    [
        pytest.param({"port": 0}, id="port 0"),
        pytest.param({"port": 65536}, id="port too large"),
        pytest.param({"workers": 0}, id="no worker"),
        pytest.param({"db": "mysql://x"}, id="other database"),
        pytest.param({"mode": Mode.STRICT}, id="strict without https"),
        pytest.param({"tls": True, "issuer": "http://h"}, id="https that says http"),
        pytest.param({"tls": "perhaps"}, id="neither yes nor no"),
        pytest.param({"issuer": "http://me@h"}, id="issuer with a user"),
        pytest.param({"issuer": "http://h."}, id="issuer with a trailing dot"),
        pytest.param({"allow_host": "*"}, id="any host"),
        pytest.param({"allow_host": "*.portal.test"}, id="wildcard host"),
        pytest.param({"allow_host": "http://portal.test"}, id="URL as host"),
        pytest.param({"allow_host": "portal.test."}, id="host with a trailing dot"),
        pytest.param({"allow_host": "portal.test/x"}, id="host with a path"),
        pytest.param({"allow_host": "portal.test:"}, id="host with half a port"),
        pytest.param({"allow_host": "a b"}, id="two hosts without a comma"),
    ],
)
def test_what_cannot_be_is_refused(given: dict[str, object]) -> None:
    with pytest.raises(ValidationError):
        Settings.model_validate(given)


def test_a_password_is_not_shown() -> None:
    assert "hunter2" not in repr(Settings(db="postgresql://me:hunter2@h/x"))
