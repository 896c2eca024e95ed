"""The OCSP responder by itself, under load from outside."""

import sys
from secrets import token_bytes

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp

from card_reader.client.jpki import Jpki
from card_reader.client.session import Session
from card_reader.emulator.card import Card
from card_reader.spec import Kind
from mynaportal_sim.cli.benchmarks.contest import Tally
from mynaportal_sim.cli.benchmarks.load import each_once
from mynaportal_sim.cli.benchmarks.rig import Rig
from mynaportal_sim.cli.benchmarks.row import Figure
from mynaportal_sim.cli.benchmarks.server import free_port, serving
from mynaportal_sim.pki import authority
from mynaportal_sim.setting_names import variable


def answers(rig: Rig) -> Figure:
    """Answers per second about one certificate, each with a nonce and signed anew."""
    place, port = rig.prepared, free_port()
    request = _request(rig)
    command = (sys.executable, "-m", "mynaportal_sim.pki.ocsp")
    variables = {variable("data"): str(place), variable("ocsp_port"): str(port)}
    with serving(command, port, "/ocsp/", rig.directory / "ocsp.log", variables) as server:
        tally = Tally(server)
        for _ in range(rig.effort.rounds):
            count = round(500 * rig.effort.seconds)
            tally.measure(each_once([_posted(request, port) for _ in range(count)]))
    return Figure(tally.per_core, tally.note)


def _request(rig: Rig) -> ocsp.OCSPRequestBuilder:
    der = Jpki(Session(Card.load(rig.card))).certificate(Kind.USER_AUTHENTICATION)
    leaf = x509.load_der_x509_certificate(der)
    issuer = authority.load_all(rig.settings.authorities)[Kind.USER_AUTHENTICATION]
    return ocsp.OCSPRequestBuilder().add_certificate(leaf, issuer.certificate, SHA256())


def _posted(builder: ocsp.OCSPRequestBuilder, port: int) -> bytes:
    asked = builder.add_extension(x509.OCSPNonce(token_bytes(32)), critical=False).build()
    body = asked.public_bytes(Encoding.DER)
    head = (
        f"POST /ocsp HTTP/1.1\r\nHost: localhost:{port}\r\n"
        f"Content-Type: application/ocsp-request\r\nContent-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body
