"""The peer: npm's oidc-provider, installed on first use, outside the checkout."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from mynaportal_sim.cli.benchmarks import npm
from mynaportal_sim.cli.benchmarks.contender import CHALLENGE, Contender
from mynaportal_sim.cli.benchmarks.errors import LoadError
from mynaportal_sim.cli.benchmarks.server import free_port, serving
from mynaportal_sim.clock import Clock
from mynaportal_sim.sample_app.loopback import client
from mynaportal_sim.sample_app.relying_party import RelyingParty, Tokens, public_jwk

SOURCE = Path(__file__).parents[3] / "tests" / "bench" / "oidc_provider"
CLIENT_ID = "bench"
REDIRECT_URI = "https://rp.example/callback"
RESOURCE = "urn:bench:resource"


def install() -> Path:
    """The directory where the peer is ready to run.

    Raises:
        NoPeerError: something that it needs is missing.
    """
    return npm.installed(SOURCE)


@contextmanager
def running(directory: Path, work: Path) -> Iterator[Contender]:
    """The peer with one client; logs are written in `work`."""
    port, log = free_port(), work / "peer.log"
    key = ec.generate_private_key(ec.SECP256R1())
    jwks = json.dumps({"keys": [public_jwk(key)]})
    command = (npm.program("node"), str(directory / "server.mjs"), str(port), jwks)
    with serving(command, port, "/jwks", log) as server, client() as http:
        line = next(line for line in log.read_text().splitlines() if line.startswith("{"))
        given = json.loads(line)
        party = RelyingParty(http, server.url, CLIENT_ID, REDIRECT_URI, key, Clock().now)
        opaque = party.refresh(Tokens("", given["opaque"], {}))
        tokens = Tokens(opaque.access_token, given["jwt"], {})
        own = {"scope": "read", "resource": RESOURCE}
        yield Contender(server, party, tokens, _codes, {"resource": RESOURCE}, own)


def _codes(one: Contender, count: int) -> list[str]:
    asked = {"count": str(count), "challenge": CHALLENGE}
    answer = one.party.http.get(f"{one.server.url}/bench/codes", params=asked)
    if not answer.is_success:
        raise LoadError(f"the peer made no codes: {answer.text[:300]}")
    codes: list[str] = answer.json()
    return codes
