"""The OCSP responder beside a portal: others ask it, logins do, and it ends with the portal."""

import signal
import socket
import subprocess
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.spec import Kind
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.pki import authority
from tests.journeys.kit import Portal, copy_world, free_port, running

AUTH = Kind.USER_AUTHENTICATION
PEOPLE = {"sato-hanako": "good", "nakamura-naoki": "revoked"}


def test_openssl_and_the_portal_hear_the_same(template: Path, tmp_path: Path) -> None:
    data = tmp_path / "data"
    copy_world(template, data)
    with running(Portal(data, free_port(), ocsp=True)) as portal:
        issuer = authority.load_all(data / "ca")[AUTH].certificate
        (tmp_path / "ca.pem").write_bytes(issuer.public_bytes(Encoding.PEM))
        for persona, state in PEOPLE.items():
            der = Jpki(Session(Card.load(data / "cards" / f"{persona}.json"))).certificate(AUTH)
            leaf = x509.load_der_x509_certificate(der)
            access = leaf.extensions.get_extension_for_class(x509.AuthorityInformationAccess)
            [where] = [one.access_location.value for one in access.value]
            assert where.startswith("http://localhost:")
            (tmp_path / "leaf.pem").write_bytes(leaf.public_bytes(Encoding.PEM))
            for url in (_here(portal), f"{portal.url}/pki/ocsp/{AUTH}"):
                asked = subprocess.run(
                    ["openssl", "ocsp", "-url", url, "-issuer", "ca.pem",
                     "-CAfile", "ca.pem", "-cert", "leaf.pem"],
                    cwd=tmp_path, capture_output=True, text=True, check=False,
                )  # fmt: skip
                assert asked.returncode == 0, asked.stderr
                assert "Response verify OK" in asked.stderr
                assert "WARNING" not in asked.stderr  # of a nonce
                assert f"leaf.pem: {state}" in asked.stdout
        portal.browser().log_in(portal.card(), "1234")
        with pytest.raises(CommandError, match="cert_revoked"):
            portal.browser().log_in(portal.card("nakamura-naoki"), "1234")
        portal.stop(signal.SIGKILL)
        _until_free(portal.port + 200)


def _here(portal: Portal) -> str:
    return f"http://127.0.0.1:{portal.port + 200}/ocsp"


def _until_free(port: int) -> None:
    """Wait until nothing listens, which a test that hangs would have its limit tell of."""
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except ConnectionRefusedError:
            return
