"""The portal under test: `mynasim up` in a process of its own, with an app and a consent."""

import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path

import httpx
from cryptography.hazmat.primitives.asymmetric import ec

from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from mynaportal_sim.cli.benchmarks.codes import walked
from mynaportal_sim.cli.benchmarks.contender import Contender
from mynaportal_sim.cli.benchmarks.errors import ServerError
from mynaportal_sim.cli.benchmarks.server import Server, own_environment, serving
from mynaportal_sim.cli.second_browser import SecondBrowser
from mynaportal_sim.clock import Clock
from mynaportal_sim.residents.model import Resident
from mynaportal_sim.sample_app.loopback import client
from mynaportal_sim.sample_app.relying_party import RelyingParty, Tokens, public_jwk

REDIRECT_URI = "http://127.0.0.1:9/callback"
ORGANISATION = "すこやか手帳株式会社"
DETAILS = json.dumps(
    [
        {
            "type": "phr_access",
            "categories": ["checkup"],
            "period": {"from": "2021-01-01", "to": "2026-12-31"},
            "purpose": "self-care",
            "recipients": [ORGANISATION],
        }
    ]
)

_COMMAND = (sys.executable, "-m", "mynaportal_sim")


@contextmanager
def started(data: Path, port: int, log: Path, *options: str) -> Iterator[Server]:
    """`mynasim up` on a directory, until the block ends; begins with its first page."""
    with serving((*_COMMAND, *_up(data, port), *options), port, "/", log) as server:
        yield server


@contextmanager
def with_consent(data: Path, port: int, log: Path, person: Resident) -> Iterator[Contender]:
    """A portal with an app of client profile fapi2, to which `person` has consented."""
    with ExitStack() as stack:
        server = stack.enter_context(started(data, port, log, "--no-sample-app"))
        key = ec.generate_private_key(ec.SECP256R1())
        party = RelyingParty(
            stack.enter_context(client()),
            server.url,
            _register(data, key),
            REDIRECT_URI,
            key,
            Clock().now,
        )
        browser = stack.enter_context(client())
        tokens = _answered(party, data, person, browser)
        cookie = "; ".join(f"{one.name}={one.value}" for one in browser.cookies.jar)
        yield Contender(
            server,
            party,
            tokens,
            lambda one, count: walked(one, DETAILS, cookie, count),
            own={"scope": "grant_management_query"},
        )


def consented(party: RelyingParty, data: Path, person: Resident) -> Tokens:
    """What the app is given once a person has consented, by a login of their own."""
    with client() as browser:
        return _answered(party, data, person, browser)


def _answered(party: RelyingParty, data: Path, person: Resident, http: httpx.Client) -> Tokens:
    browser = SecondBrowser(http, party.issuer)
    card = Card.load(data / "cards" / f"{person.persona}.json")
    interaction = browser.open(party.authorization_url(json.loads(DETAILS)))
    browser.log_in(Jpki(Session(card)), person.card.pin, interaction)
    return party.redeem(browser.answer(interaction, "all"))


def _register(data: Path, key: ec.EllipticCurvePrivateKey) -> str:
    command = [
        *_COMMAND, "app", "register", "--name", "すこやか手帳", "--organisation", ORGANISATION,
        "--redirect-uri", REDIRECT_URI, "--jwks", "-", "--scope", "patient/Observation.rs",
        "--profile", "fapi2", "--data", str(data), "--json",
    ]  # fmt: skip
    done = subprocess.run(  # noqa: S603  our own command line
        command,
        env=own_environment(),
        input=json.dumps({"keys": [public_jwk(key)]}),
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ServerError(f"the app could not be registered: {done.stderr.strip()}")
    return str(json.loads(done.stdout)["client_id"])


def _up(data: Path, port: int) -> Sequence[str]:
    return ("up", "--data", str(data), "--port", str(port), "--json")
