"""The peer: npm's oidc-provider, installed on first use, outside the checkout."""

import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric import ec

from mynaportal_sim.cli.benchmarks.contender import Contender
from mynaportal_sim.cli.benchmarks.errors import NoPeerError
from mynaportal_sim.cli.benchmarks.server import free_port, serving
from mynaportal_sim.clock import Clock
from mynaportal_sim.sample_app.loopback import client
from mynaportal_sim.sample_app.relying_party import RelyingParty, Tokens, public_jwk

SOURCE = Path(__file__).parents[3] / "tests" / "bench" / "oidc_provider"
INSTALL_WITHIN = 120  # seconds
CLIENT_ID = "bench"
REDIRECT_URI = "https://rp.example/callback"
RESOURCE = "urn:bench:resource"


def install() -> Path:
    """The directory where the peer is ready to run.

    Raises:
        NoPeerError: something that it needs is missing.
    """
    if not SOURCE.is_dir():
        raise NoPeerError("its files are in the project's checkout only")
    for program in ("node", "npm"):
        if shutil.which(program) is None:
            raise NoPeerError(f"{program} is missing")
    version = json.loads((SOURCE / "package.json").read_text())["dependencies"]["oidc-provider"]
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    directory = cache / "mynasim" / f"oidc-provider-{version}"
    directory.mkdir(parents=True, exist_ok=True)
    for name in ("package.json", "server.mjs"):
        shutil.copy(SOURCE / name, directory)
    # npm writes this file last, so an install that was cut short is begun anew.
    if not (directory / "node_modules" / ".package-lock.json").exists():
        _run_npm(directory)
    return directory


@contextmanager
def running(directory: Path, work: Path) -> Iterator[Contender]:
    """The peer with one client; logs are written in `work`."""
    port, log = free_port(), work / "peer.log"
    key = ec.generate_private_key(ec.SECP256R1())
    jwks = json.dumps({"keys": [public_jwk(key)]})
    command = ("node", str(directory / "server.mjs"), str(port), jwks)
    with serving(command, port, "/jwks", log) as server, client() as http:
        line = next(line for line in log.read_text().splitlines() if line.startswith("{"))
        given = json.loads(line)
        party = RelyingParty(http, server.url, CLIENT_ID, REDIRECT_URI, key, Clock().now)
        opaque = party.refresh(Tokens("", given["opaque"], {}))
        tokens = Tokens(opaque.access_token, given["jwt"], {})
        yield Contender(server, party, tokens, {"resource": RESOURCE})


def _run_npm(directory: Path) -> None:
    command = ("npm", "install", "--no-audit", "--no-fund", "--no-package-lock", "--omit=dev")
    try:
        done = subprocess.run(  # noqa: S603  a literal
            command,
            cwd=directory,
            capture_output=True,
            text=True,
            timeout=INSTALL_WITHIN,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NoPeerError("npm install took too long") from None
    if done.returncode != 0:
        raise NoPeerError(f"npm install failed: {done.stderr.strip()[-200:]}")
