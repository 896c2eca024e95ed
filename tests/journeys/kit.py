"""A running portal and an app registered with it, made by the product's own commands."""

import json
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from random import SystemRandom
from time import monotonic, sleep

import httpx
from cryptography.hazmat.primitives.asymmetric import ec

from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from mynaportal_sim.cli.second_browser import SecondBrowser
from mynaportal_sim.clock import Clock
from mynaportal_sim.sample_app.identity import NAME
from mynaportal_sim.sample_app.loopback import client
from mynaportal_sim.sample_app.relying_party import RelyingParty, five_years, public_jwk
from tests import commands
from tests.commands import Started

PERSONA = "sato-hanako"
REDIRECT_URI = "http://127.0.0.1:9/callback"
COMMAND = (sys.executable, "-m", "mynaportal_sim")
SCOPES = (
    "openid patient/Patient.rs patient/Observation.rs patient/DiagnosticReport.rs"
    " patient/MedicationDispense.rs"
)
START_WITHIN = 60.0  # seconds
Details = list[dict[str, object]]

_RANDOM = SystemRandom()
_NOT_EPHEMERAL = (12_000, 32_000)  # Linux gives clients ports from 32768 on
_CODE = re.compile(r"--code ([\w-]{22})")
_CSRF = re.compile(r'name="csrf" value="([0-9a-f]{64})"')
_HTML = {"Accept": "text/html", "Accept-Language": "en"}


def details(*categories: str) -> Details:
    """Authorization details that ask for `categories` from five years ago on."""
    return [
        {
            "type": "phr_access",
            "categories": list(categories),
            "period": five_years(Clock().now()),
            "purpose": "self-care",
            "recipients": ["すこやか手帳株式会社"],
        }
    ]


@dataclass
class Portal:
    """A portal in processes of its own."""

    data: Path
    port: int
    db: str | None = None
    workers: int = 1
    app_port: int | None = None
    agent_port: int | None = None
    witnesses: str | None = None
    tls: bool = False
    ocsp: bool = False
    settings: Mapping[str, str] = field(default_factory=dict)
    process: Started | None = field(default=None, repr=False)
    clients: ExitStack = field(default_factory=ExitStack, repr=False)

    @property
    def url(self) -> str:
        return f"{self.scheme}://localhost:{self.port}"

    @property
    def scheme(self) -> str:
        return "https" if self.tls else "http"

    @property
    def app_url(self) -> str:
        """Where the sample app is."""
        return f"{self.scheme}://127.0.0.1:{self.app_port}"

    @property
    def root(self) -> Path | None:
        """The file with the root that vouches for it, if it serves https."""
        return self.data / "tls" / "root.pem" if self.tls else None

    @property
    def environment(self) -> dict[str, str]:
        """What makes a command act on this portal's state."""
        own = {"MYNASIM_DATA": str(self.data), "MYNASIM_PORT": str(self.port)}
        # Without bytecode each start compiles everything anew.
        inherited = {k: v for k, v in os.environ.items() if k != "PYTHONDONTWRITEBYTECODE"}
        more = {"MYNASIM_DB": self.db, "MYNASIM_WITNESSES": self.witnesses}
        more["MYNASIM_TLS"] = "true" if self.tls else None
        more["MYNASIM_AGENT_PORT"] = str(self.agent_port) if self.agent_port else None
        given = {name: value for name, value in more.items() if value}
        return {**inherited, **own, **given, **self.settings}

    @property
    def log(self) -> Path:
        """What the portal's processes print."""
        return self.data.parent / f"{self.data.name}.log"

    def client(self) -> httpx.Client:
        """An HTTP client that is closed when the portal is done with."""
        return self.clients.enter_context(client(self.root))

    def start(self) -> None:
        """Run `mynasim up` and wait until it is ready."""
        with self.log.open("ab") as log:
            arguments = ("up", "--workers", str(self.workers), *self._app_options)
            streams = (0, log.fileno(), log.fileno())
            self.process = commands.start(
                arguments, self.environment, streams, own_session=True
            )
        deadline = monotonic() + START_WITHIN
        while not self._ready():
            if self.process.poll() is not None or monotonic() > deadline:
                raise AssertionError(self.log.read_text())
            sleep(0.05)

    def stop(self, how: signal.Signals = signal.SIGTERM) -> None:
        """End the portal and all its workers."""
        if self.process is None:
            return
        if how is signal.SIGKILL:
            os.killpg(self.process.pid, how)
        else:
            self.process.send_signal(how)
        self.process.wait(20)
        self.process = None
        self._until_port_is_free()

    @property
    def sample_app(self) -> dict[str, str]:
        """The sample app, as `app list` shows it among the others."""
        listed = json.loads(self.run("app", "list", "--json"))
        [found] = [one for one in listed if one["client_name"] == NAME]
        assert isinstance(found, dict)
        return found

    def run(self, *arguments: str, status: int = 0) -> str:
        """Run a `mynasim` command on this portal's state; what it printed."""
        done = commands.run(arguments, self.environment)
        assert done.returncode == status, (arguments, done.stdout, done.stderr)
        return done.stdout or done.stderr

    def until_indexed(self) -> None:
        """Wait until every entry has its place in the ledger."""
        deadline = monotonic() + START_WITHIN
        while json.loads(self.run("ledger", "verify", "--json"))["waiting"]:
            assert monotonic() < deadline

    def register(
        self, profile: str = "fapi2", event_endpoint: str = "", more: tuple[str, ...] = ()
    ) -> RelyingParty:
        """An app of its own for a test; `more` are options of the command."""
        key = ec.generate_private_key(ec.SECP256R1())
        jwks = self.data.parent / f"jwks-{id(key)}.json"
        jwks.write_text(json.dumps({"keys": [public_jwk(key)]}))
        options = ("--redirect-uri", REDIRECT_URI, "--jwks", str(jwks), "--profile", profile)
        named = ("--name", "すこやか手帳", "--organisation", "すこやか手帳株式会社")
        scope = (
            "--scope",
            SCOPES,
            *(("--event-endpoint", event_endpoint) if event_endpoint else ()),
        )
        app = json.loads(self.run("app", "register", *named, *options, *scope, *more, "--json"))
        return RelyingParty(
            http=self.client(),
            issuer=self.url,
            client_id=app["client_id"],
            redirect_uri=REDIRECT_URI,
            key=key,
            dpop=profile == "fapi2",
            clock=Clock(self.data / "clock.json").now,
        )

    def browser(self) -> SecondBrowser:
        """A browser that nobody has used before."""
        return SecondBrowser(self.client(), self.url)

    def card(self, persona: str = PERSONA) -> Jpki:
        """A persona's card, ready to be asked."""
        return Jpki(Session(Card.load(self.data / "cards" / f"{persona}.json")))

    def walk(
        self,
        app: RelyingParty,
        asked: Details,
        consent: str = "all",
        persona: str = "sato-hanako",
    ) -> tuple[SecondBrowser, str]:
        """Log a person in and have them answer; their browser and the final redirect URL."""
        return self.follow(app.authorization_url(asked), consent, persona)

    def follow(
        self, auth_url: str, consent: str = "all", persona: str = PERSONA
    ) -> tuple[SecondBrowser, str]:
        """The same for an authorization URL that somebody else's client has made."""
        browser = self.browser()
        interaction = browser.open(auth_url)
        browser.log_in(self.card(persona), "1234", interaction)
        return browser, browser.answer(interaction, consent)

    def _until_port_is_free(self) -> None:
        """Wait for workers that outlive the process that started them by a moment."""
        deadline = monotonic() + START_WITHIN
        while True:
            try:
                socket.create_server(("127.0.0.1", self.port)).close()
            except OSError:
                assert monotonic() < deadline, f"something still listens on {self.port}"
                sleep(0.01)
            else:
                return

    @property
    def _app_options(self) -> tuple[str, ...]:
        beside = () if self.ocsp else ("--no-ocsp",)  # a process more, which few need
        if self.app_port is None:
            return ("--no-sample-app", *beside)
        return ("--sample-app-port", str(self.app_port), *beside)

    def _ready(self) -> bool:
        try:
            with client(self.root) as http:
                return http.get(f"{self.url}/readyz").is_success
        except (httpx.TransportError, FileNotFoundError):
            return False


class Screen:
    """A browser that waits for a card which lies elsewhere."""

    def __init__(self, portal: Portal) -> None:
        self._http, self._portal = portal.client(), portal
        portal.run("clock", "forward", "61s")  # which no address need wait for
        page = self._http.get(f"{portal.url}/login", headers=_HTML).text
        form = {"csrf": _found(_CSRF, page)}
        begun = self._http.post(f"{portal.url}/auth/card/qr", data=form, headers=_HTML)
        assert begun.status_code == 303, begun.text
        self.address = f"{portal.url}{begun.headers['location']}"

    def read(self) -> str:
        return self._http.get(self.address, headers=_HTML).text

    @property
    def code(self) -> str:
        return _found(_CODE, self.read())

    def type(self, digits: str) -> httpx.Response:
        form = {"csrf": _found(_CSRF, self.read()), "code": digits}
        return self._http.post(f"{self.address}/confirm", data=form, headers=_HTML)

    def logged_in(self) -> bool:
        return self._http.get(f"{self._portal.url}/consents", headers=_HTML).status_code == 200


def _found(pattern: re.Pattern[str], page: str) -> str:
    found = pattern.search(page)
    assert found, page
    return found[1]


def free_port() -> int:
    """A port that nothing listens on now, and that no client is given as its own.

    A client that tries again and again while a portal is down would otherwise be given the
    portal's port in the end, connect to itself, and hold the port against the next start.
    """
    while True:
        with closing(socket.socket()) as probe, suppress(OSError):
            probe.bind(("127.0.0.1", _RANDOM.randrange(*_NOT_EPHEMERAL)))
            port: int = probe.getsockname()[1]
            return port


@contextmanager
def witness(portal: Portal, state: Path) -> Iterator[str]:
    """A witness of a portal's log, in a process of its own; KEY@URL."""
    port = str(free_port())
    options = ("--state", str(state), "--port", port, "--name", "witness.invalid/test")
    process = subprocess.Popen(
        [*COMMAND, "ledger", "witness", *options],
        env=portal.environment,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    try:
        yield process.stdout.readline().strip()
    finally:
        process.terminate()
        process.wait(20)
        process.stdout.close()


def until_witnessed(portal: Portal) -> int:
    """Wait until a witness has cosigned all that there is; how many entries."""
    deadline = monotonic() + START_WITHIN
    while True:
        told = json.loads(portal.run("ledger", "verify", "--json"))
        if any(witness["size"] == told["size"] for witness in told["witnesses"]):
            return int(told["size"])
        assert monotonic() < deadline
        sleep(0.2)


@contextmanager
def running(portal: Portal) -> Iterator[Portal]:
    """Start a portal, and stop it whatever happens."""
    portal.start()
    try:
        yield portal
    finally:
        portal.stop()
        portal.clients.close()


def copy_world(template: Path, data: Path) -> None:
    """Make a data directory like another, whose portal has stopped; one anew takes long."""
    shutil.copytree(template, data)


def copy_keys(template: Path, data: Path) -> None:
    """Give a new data directory the authorities and cards of another, which take longest."""
    for part in ("ca", "cards", "keys"):
        shutil.copytree(template / part, data / part)
