"""The sample app beside the portal: registered as any app is, and a process of its own."""

import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from pathlib import Path
from secrets import token_bytes
from socket import socket

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    load_pem_private_key,
)
from sqlalchemy import Connection

from mynaportal_sim.apps import registration, service
from mynaportal_sim.apps.model import App, Profile
from mynaportal_sim.apps.registration import Registration
from mynaportal_sim.cli.program import program
from mynaportal_sim.clock import Clock
from mynaportal_sim.database import Database
from mynaportal_sim.domains.catalogue import catalogue
from mynaportal_sim.files import write_private
from mynaportal_sim.oauth.scopes import OPENID, SCOPES
from mynaportal_sim.sample_app.errors import StartError
from mynaportal_sim.sample_app.identity import CALLBACK, NAME, ORGANISATION, PURPOSE
from mynaportal_sim.sample_app.relying_party import public_jwk
from mynaportal_sim.settings import Settings
from mynaportal_sim.tls import store as certificates

ADDRESS = "127.0.0.1"
PORTS_AWAY = 100
PORT_MAX = 65535
_SUPERVISOR = "こもれびヘルスケア株式会社（架空） 個人情報保護責任者 木下葉子"
_REVIEWER = "模擬審査会"
_PURPOSE_TEXT = "健診結果の推移とお薬の記録をご本人に表示するため"
_SCOPES = (
    OPENID,
    "patient/Observation.rs",
    "patient/DiagnosticReport.rs",
    "patient/MedicationDispense.rs",
)


def default_port(portal: int) -> int:
    """The app's port where nobody names one."""
    return portal + PORTS_AWAY if portal + PORTS_AWAY <= PORT_MAX else portal - PORTS_AWAY


@dataclass(frozen=True, slots=True)
class SampleApp:
    """The app as it is to run: who it is to the portal, and the socket it answers on.

    `certificate` is the file with its own, where it serves https as its portal does, and `ca`
    the one with the root that the portal's certificate is of.
    """

    client_id: str
    port: int
    directory: Path
    listener: socket = field(repr=False)
    certificate: Path | None = None
    ca: Path | None = None

    @property
    def url(self) -> str:
        """Its address in browsers: not `localhost`, whose cookies are the portal's."""
        scheme = "http" if self.certificate is None else "https"
        return f"{scheme}://{ADDRESS}:{self.port}"


def register(settings: Settings, listener: socket, now: datetime) -> SampleApp:
    """The app with its key, known to the portal; the same one on each start.

    Its client_id follows from its key, so the key file is all there is to lose.

    Raises:
        StartError: the key file is damaged.
    """
    directory = settings.data / "sample-app"
    jwk = public_jwk(_key(directory / "key.pem"))
    client_id = registration.new_client_id(lambda n: sha256(jwk["kid"].encode()).digest()[:n])
    app = SampleApp(
        client_id, listener.getsockname()[1], directory, listener, *_https(settings)
    )
    wanted = Registration(
        name=NAME,
        organisation=ORGANISATION,
        redirect_uris=(app.url + CALLBACK,),
        jwks=json.dumps({"keys": [jwk]}),
        scopes=_SCOPES,
        profile=Profile.FAPI2,
        supervisor=_SUPERVISOR,
        purpose=PURPOSE,
        purpose_text=_PURPOSE_TEXT,
    )
    checked = registration.check(wanted, client_id, SCOPES, catalogue().purposes, now)
    with closing(Database(settings.database_url)) as database:
        database.run(_settle, checked, now)
    return app


def _https(settings: Settings) -> tuple[Path | None, Path | None]:
    """A certificate for the app and the root of the portal's, where the portal serves https."""
    if not settings.tls:
        return None, None
    place, now = settings.certificates, Clock().now()
    own = certificates.ensure_leaf(place, certificates.SAMPLE_APP, [ADDRESS], now, token_bytes)
    return own, certificates.root_file(place)


def _settle(connection: Connection, app: App, now: datetime) -> None:
    """Register the app, with a review of what it first declared."""
    settled = service.settle(connection, app, now, token_bytes)
    first = app.purpose.version
    if settled.purpose.version == first:
        service.review(connection, app.client_id, first, _REVIEWER, now, token_bytes)


def _key(path: Path) -> ec.EllipticCurvePrivateKey:
    if not path.exists():
        key = ec.generate_private_key(ec.SECP256R1())
        pem = key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        write_private(path, pem)
        return key
    try:
        kept = load_pem_private_key(path.read_bytes(), password=None)
    except (ValueError, TypeError):
        kept = None
    if not isinstance(kept, ec.EllipticCurvePrivateKey):
        raise StartError(f"{path} holds no key; remove it, and a new app is registered")
    return kept


@contextmanager
def running(app: SampleApp, issuer: str) -> Iterator[None]:
    """Run the app until the block ends, or this process does, however it does.

    It waits for the portal itself.
    """
    given = {
        "issuer": issuer,
        "client-id": app.client_id,
        "key": app.directory / "key.pem",
        "data": app.directory / "app.sqlite3",
        "port": app.port,
        "url": app.url,
        "fd": app.listener.fileno(),
        "certificate": app.certificate,
        "ca": app.ca,
    }
    options = [f"--{name}={value}" for name, value in given.items() if value is not None]
    command = ("mynaportal_sim.sample_app", "--until-eof", *options)
    with program(command, app.listener):
        yield
