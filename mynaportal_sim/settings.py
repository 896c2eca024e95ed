"""What a person can set, from options or from MYNASIM_* in the environment."""

import os
from enum import StrEnum
from pathlib import Path
from urllib.parse import urlsplit

from pydantic import Field, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

DEFAULT_PORT = 8400


def default_data_directory() -> Path:
    """Where state lives when nobody says otherwise (XDG Base Directory Specification)."""
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "mynasim"


class Mode(StrEnum):
    """Deployment mode: `dev` has soft cards and a movable clock, `strict` has neither."""

    DEV = "dev"
    STRICT = "strict"


class Settings(BaseSettings):
    """One portal's settings; immutable once read."""

    model_config = SettingsConfigDict(env_prefix="MYNASIM_", frozen=True)

    data: Path = Field(default_factory=default_data_directory)
    db: str | None = Field(default=None, repr=False)
    listen: str = "127.0.0.1"
    port: int = Field(default=DEFAULT_PORT, ge=1, le=65535)
    issuer: str = ""
    mode: Mode = Mode.DEV
    personas: Path | None = None
    workers: int = Field(default=1, ge=1, le=64)

    @field_validator("db")
    @classmethod
    def _known_database(cls, url: str | None) -> str | None:
        if url is not None and not url.startswith(
            ("sqlite:", "postgresql:", "postgresql+psycopg:")
        ):
            raise ValueError("give a URL that starts with sqlite: or postgresql:")
        return url

    @field_validator("issuer")
    @classmethod
    def _an_origin(cls, issuer: str) -> str:
        parts = urlsplit(issuer)
        if parts.scheme not in {"http", "https"} or not parts.netloc or parts.query:
            raise ValueError("give an http or https URL such as https://portal.example")
        return issuer.rstrip("/")

    @model_validator(mode="before")
    @classmethod
    def _issuer_from_port(cls, values: dict[str, object]) -> dict[str, object]:
        if not values.get("issuer"):
            values["issuer"] = f"http://localhost:{values.get('port') or DEFAULT_PORT}"
        return values

    @model_validator(mode="after")
    def _strict_means_https(self) -> "Settings":
        if self.mode is Mode.STRICT and not self.issuer.startswith("https://"):
            raise ValueError("strict mode needs an https issuer: set --issuer https://…")
        return self

    @property
    def database_url(self) -> str:
        """The database as SQLAlchemy names it."""
        if self.db is None:
            return f"sqlite:///{self.data.absolute() / 'portal.sqlite3'}"
        return self.db.replace("postgresql:", "postgresql+psycopg:", 1)

    @property
    def host(self) -> str:
        """The authority (host and port) under which browsers and apps reach the portal."""
        return urlsplit(self.issuer).netloc

    @property
    def secure(self) -> bool:
        """Whether the portal is reached over TLS, so that cookies may say Secure."""
        return self.issuer.startswith("https://")

    @property
    def cards(self) -> Path:
        """Where the personas' card files live."""
        return self.data / "cards"

    @property
    def keys(self) -> Path:
        """Where the portal's own private keys live."""
        return self.data / "keys"

    @property
    def clock(self) -> Path:
        """The file that says how far a dev portal is ahead of real time."""
        return self.data / "clock.json"
