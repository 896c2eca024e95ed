"""What the app is set up with, from options or from SAMPLE_APP_* in the environment."""

from pathlib import Path
from ssl import SSLContext
from urllib.parse import urlsplit

import httpx
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from mynaportal_sim.sample_app.errors import StartError
from mynaportal_sim.sample_app.https import server_context
from mynaportal_sim.sample_app.identity import CALLBACK
from mynaportal_sim.sample_app.loopback import client


class Settings(BaseSettings):
    """One running app's settings; immutable once read.

    `issuer` is the portal's, `key` a PEM file with the P-256 key that the app is registered
    with, `data` the SQLite file, `url` the app's own origin as browsers know it. `ca` is a PEM
    file with a root that the portal's certificate may be of, `certificate` one with the app's
    own certificate and key, with which it serves https.
    """

    model_config = SettingsConfigDict(env_prefix="SAMPLE_APP_", frozen=True)

    issuer: str = "http://localhost:8400"
    client_id: str = Field(min_length=1)
    key: Path
    data: Path = Path("sample-app.sqlite3")
    listen: str = "127.0.0.1"
    port: int = Field(default=8500, ge=1, le=65535)
    url: str = ""
    ca: Path | None = None
    certificate: Path | None = None

    @field_validator("issuer", "url")
    @classmethod
    def _a_web_address(cls, value: str) -> str:
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname or parts.query:
            raise ValueError("give an http or https URL such as http://127.0.0.1:8500")
        return value.rstrip("/")

    @model_validator(mode="before")
    @classmethod
    def _url_from_port(cls, values: dict[str, object]) -> dict[str, object]:
        if not values.get("url"):
            scheme = "https" if values.get("certificate") else "http"
            values["url"] = f"{scheme}://127.0.0.1:{values.get('port') or 8500}"
        return values

    @property
    def redirect_uri(self) -> str:
        """Where the portal sends the browser back to."""
        return f"{self.url}{CALLBACK}"

    @property
    def secure(self) -> bool:
        """Whether browsers reach the app over TLS, so that cookies may say Secure."""
        return self.url.startswith("https://")

    def tls(self) -> SSLContext | None:
        """How the app serves https, None where it serves http.

        Raises:
            StartError: there is no such file, or it holds no certificate with its key.
        """
        if self.certificate is None:
            return None
        try:
            return server_context(self.certificate)
        except OSError as error:
            raise StartError(
                f"--certificate {self.certificate} holds no certificate and key ({error})"
            ) from None

    def portal_client(self) -> httpx.Client:
        """What asks the portal.

        Raises:
            StartError: the root to trust cannot be read.
        """
        try:
            return client(self.ca)
        except OSError as error:
            raise StartError(f"--ca {self.ca} holds no certificate ({error})") from None

    def private_key(self) -> ec.EllipticCurvePrivateKey:
        """The key in the key file.

        Raises:
            StartError: there is none, or it is of another kind.
        """
        try:
            key = load_pem_private_key(self.key.read_bytes(), password=None)
        except OSError as error:
            raise StartError(f"--key {self.key} cannot be read ({error.strerror})") from None
        except (ValueError, TypeError):
            raise StartError(f"--key {self.key} holds no unencrypted PEM key") from None
        if not isinstance(key, ec.EllipticCurvePrivateKey) or key.curve.name != "secp256r1":
            raise StartError(f"--key {self.key}: ES256 wants a key on P-256")
        return key
