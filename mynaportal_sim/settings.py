"""What a person can set, from options or from MYNASIM_* in the environment.

Each field says what it is for; help texts and `mynasim config show` come from here.
"""

import os
import re
from enum import StrEnum
from ipaddress import ip_address
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, JsonValue, field_serializer, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict
from sqlalchemy.engine import make_url
from sqlalchemy.exc import ArgumentError

from card_reader.agent.settings import PORT as AGENT_PORT
from consent.ledger.errors import MalformedError
from consent.mandate import Bands
from consent.without import NOTICE_CAP
from mynaportal_sim.errors import PortalError
from mynaportal_sim.witness_places import WitnessPlace

PREFIX = "MYNASIM_"
DEFAULT_PORT = 8400
_OCSP_PORTS_AWAY = 200
_PORT_MAX = 65535
# What a portal's operator decides once, and no command needs an option for.
_VARIABLE_ONLY: dict[str, JsonValue] = {"option": False}
_DEFAULT_PORTS = {"http": 80, "https": 443}
_ON = frozenset({"1", "on", "t", "true", "y", "yes"})  # as pydantic reads a switch

# host[:port] as a browser writes it: no wildcard, user, path or trailing dot.
_LABEL = r"[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?"
_StepUp = Annotated[str, Field(pattern=r"\A[a-z][a-z-]*=(?:card|[0-9]{1,9})\z")]
_AUTHORITY = re.compile(rf"(?:{_LABEL}(?:\.{_LABEL})*|\[[0-9a-f:.]+\])(?::[1-9][0-9]{{0,4}})?")


def default_data_directory() -> Path:
    """Where state lives when nobody says otherwise (XDG Base Directory Specification)."""
    home = os.environ.get("XDG_DATA_HOME") or Path.home() / ".local" / "share"
    return Path(home) / "mynasim"


class Mode(StrEnum):
    """Deployment mode: `dev` has soft cards and a movable clock, `strict` has neither."""

    DEV = "dev"
    STRICT = "strict"


class ExposureError(PortalError):
    """A dev portal would listen where others can reach it."""


class Settings(BaseSettings):
    """One portal's settings; immutable once read. An empty variable counts as none."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, env_ignore_empty=True, frozen=True)

    data: Path = Field(
        default_factory=default_data_directory,
        description="directory where state lives: database, keys, emulated cards",
        json_schema_extra={"default": "~/.local/share/mynasim"},
    )
    db: str | None = Field(
        default=None,
        repr=False,
        description="database, as sqlite:… or postgresql:…",
        json_schema_extra={"default": "portal.sqlite3 in the data directory"},
    )
    port: int = Field(
        default=DEFAULT_PORT, ge=1, le=65535, description="port that the portal listens on"
    )
    listen: str = Field(
        default="127.0.0.1",
        description="address that the portal listens on; in dev mode, beyond loopback "
        "with --expose only",
    )
    expose: bool = Field(
        default=False,
        description="let a dev portal and its sample app listen beyond loopback, where whoever "
        "reaches them can log in as anybody",
        json_schema_extra={"default": "false"},
    )
    tls: bool = Field(
        default=False,
        description="serve https; `mynasim tls trust` has browsers trust its simulation root",
        json_schema_extra={"default": "false"},
    )
    issuer: str = Field(
        default="",
        description="URL that browsers and apps reach the portal under; its OAuth issuer",
        json_schema_extra={"default": "http://localhost:PORT, https with --tls"},
    )
    allow_host: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(),
        description="further names, as host:port with commas between, that programs may reach "
        "the portal under; pages stay with the issuer",
        json_schema_extra={"default": "none"},
    )
    mode: Mode = Field(
        default=Mode.DEV,
        description="deployment mode: dev (soft cards, movable clock) or strict (neither; "
        "https and given keys)",
    )
    personas: Path | None = Field(
        default=None,
        description="JSON file with people of your own beside the built-in ones",
        json_schema_extra={"default": "none"},
    )
    workers: int = Field(
        default=1,
        ge=1,
        le=64,
        description="processes that serve; more than one needs PostgreSQL",
    )
    sample_app: bool = Field(
        default=True,
        description="start the sample private app beside a dev portal",
        json_schema_extra={"default": "true"},
    )
    sample_app_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="port that the sample app listens on",
        json_schema_extra={"default": "PORT + 100"},
    )
    ocsp: bool = Field(
        default=True,
        description="start the OCSP responder of the simulated authorities beside a dev portal",
        json_schema_extra={"default": "true"},
    )
    ocsp_port: int | None = Field(
        default=None,
        ge=1,
        le=65535,
        description="port that the OCSP responder listens on, which certificates name",
        json_schema_extra=_VARIABLE_ONLY | {"default": "PORT + 200"},
    )

    agent_port: int = Field(
        default=AGENT_PORT,
        ge=1,
        le=65535,
        description="port that people's agents listen on, which the login page may ask",
        json_schema_extra=_VARIABLE_ONLY,
    )

    dpop_nonce: bool = Field(
        default=False,
        description="demand a nonce of this server in each DPoP proof (RFC 9449 8), so that a "
        "client meets use_dpop_nonce",
        json_schema_extra=_VARIABLE_ONLY | {"default": "false"},
    )
    step_up: Annotated[tuple[_StepUp, ...], NoDecode] = Field(
        default=(),
        description="data that take a fresh login, as CATEGORY=SECONDS, or one by a card, as "
        "CATEGORY=card, with commas between (RFC 9470)",
        json_schema_extra=_VARIABLE_ONLY | {"default": "none"},
    )
    public_clients: bool = Field(
        default=False,
        description="let apps in that have no key (OAuth 2.0: public clients), so that anybody "
        "can pose as them; of the profile smart alone",
        json_schema_extra=_VARIABLE_ONLY | {"default": "false"},
    )
    minors_assent_from: int = Field(
        default=12,
        ge=0,
        le=150,
        description="age from which a guardian's consent for a minor takes the minor's assent",
        json_schema_extra=_VARIABLE_ONLY,
    )
    minors_decide_from: int = Field(
        default=15,
        ge=0,
        le=150,
        description="age from which a minor decides alone, for the purposes listed",
        json_schema_extra=_VARIABLE_ONLY,
    )
    of_age: int = Field(
        default=18,
        ge=0,
        le=150,
        description="age at which guardians no longer act, and what they gave lapses",
        json_schema_extra=_VARIABLE_ONLY,
    )
    minors_purposes: Annotated[tuple[str, ...], NoDecode] = Field(
        default=("self-care", "consultation", "fitness"),
        description="purposes, with commas between, for which such a minor decides alone",
        json_schema_extra=_VARIABLE_ONLY | {"default": "self-care,consultation,fitness"},
    )
    told_within_days: int = Field(
        default=NOTICE_CAP.days,
        ge=0,
        le=NOTICE_CAP.days,
        description="days after which a person at the latest is told of access without their "
        "consent; what the basis allows may be less",
        json_schema_extra=_VARIABLE_ONLY,
    )

    witnesses: Annotated[tuple[WitnessPlace, ...], NoDecode] = Field(
        default=(),
        description="witnesses that cosign the ledger, as KEY@URL with commas between, from "
        "`mynasim ledger witness`",
        json_schema_extra={"default": "none"},
    )

    @field_validator("db")
    @classmethod
    def _known_database(cls, url: str | None) -> str | None:
        if url is None:
            return url
        if not url.startswith(("sqlite:", "postgresql:", "postgresql+psycopg:")):
            raise ValueError("give a URL that starts with sqlite: or postgresql:")
        try:
            make_url(url)
        except (ArgumentError, ValueError):  # their texts show the password
            raise ValueError("this is no database URL; see `mynasim up --help`") from None
        return url

    @field_validator("issuer")
    @classmethod
    def _an_origin(cls, issuer: str) -> str:
        parts = urlsplit(issuer)
        if parts.scheme not in _DEFAULT_PORTS or not parts.netloc or parts.query:
            raise ValueError("give an http or https URL such as https://portal.example")
        # Browsers leave the scheme's own port out of Host and Origin, and write in lower case.
        authority = parts.netloc.lower().removesuffix(f":{_DEFAULT_PORTS[parts.scheme]}")
        if not _AUTHORITY.fullmatch(authority):
            raise ValueError("give an http or https URL such as https://portal.example")
        return f"{parts.scheme}://{authority}{parts.path}".rstrip("/")

    @field_validator("allow_host", mode="before")
    @classmethod
    def _authorities(cls, given: str | tuple[str, ...]) -> tuple[str, ...]:
        named = given.split(",") if isinstance(given, str) else given
        hosts = tuple(name.strip().lower() for name in named if name.strip())
        for host in hosts:
            if not _AUTHORITY.fullmatch(host):
                raise ValueError(
                    f"{host!r} is not an exact name; give host:port such as portal:8400"
                )
        return hosts

    @field_validator("witnesses", mode="before")
    @classmethod
    def _places(cls, given: str | tuple[WitnessPlace, ...]) -> tuple[WitnessPlace, ...]:
        if not isinstance(given, str):
            return given
        try:
            return tuple(WitnessPlace.parse(text) for text in given.split(",") if text.strip())
        except MalformedError as error:
            raise ValueError(str(error)) from None

    @field_validator("minors_purposes", "step_up", mode="before")
    @classmethod
    def _codes(cls, given: str | tuple[str, ...]) -> tuple[str, ...]:
        named = given.split(",") if isinstance(given, str) else given
        return tuple(name.strip() for name in named if name.strip())

    @field_serializer("allow_host", "minors_purposes", "step_up", "witnesses")
    def _as_listed(self, many: tuple[object, ...]) -> str:
        return ",".join(map(str, many))

    @model_validator(mode="after")
    def _ages_do_not_fall(self) -> "Settings":
        if not self.minors_assent_from <= self.minors_decide_from <= self.of_age:
            raise ValueError(
                "ages must not fall: minors_assent_from, then minors_decide_from, then of_age"
            )
        return self

    @model_validator(mode="before")
    @classmethod
    def _issuer_from_port(cls, values: dict[str, object]) -> dict[str, object]:
        if not values.get("issuer"):
            authority = f"localhost:{values.get('port')}"
            if not _AUTHORITY.fullmatch(authority):  # no port, or one that is refused by itself
                authority = f"localhost:{DEFAULT_PORT}"
            scheme = "https" if str(values.get("tls")).lower() in _ON else "http"
            values["issuer"] = f"{scheme}://{authority}"
        return values

    @model_validator(mode="after")
    def _tls_means_https(self) -> "Settings":
        if self.tls and not self.secure:
            raise ValueError(
                f"--tls serves https, but {self.issuer} is http: give an https --issuer or none"
            )
        return self

    @model_validator(mode="after")
    def _strict_means_https(self) -> "Settings":
        if self.mode is Mode.STRICT and not self.secure:
            raise ValueError(
                "strict mode needs https: say --tls (MYNASIM_TLS=true), or, where a proxy in "
                "front speaks it, give its address with --issuer https://… (MYNASIM_ISSUER)"
            )
        return self

    def check_exposure(self) -> None:
        """Let no dev portal listen beyond loopback by accident.

        Raises:
            ExposureError: it would, and nobody said that it may.
        """
        if self.mode is Mode.DEV and not self.expose and not _is_loopback(self.listen):
            raise ExposureError(
                f"--listen {self.listen or 'nothing'} lets other machines in, and whoever "
                "reaches a dev portal can log in as anybody: its cards, PINs and test keys are "
                "published. Listen on 127.0.0.1; or, where only you can reach it, as in a "
                "container whose port is published on 127.0.0.1, say --expose "
                "(MYNASIM_EXPOSE=true)"
            )

    @property
    def database_url(self) -> str:
        """The database as SQLAlchemy names it."""
        if self.db is None:
            return f"sqlite:///{self.data.absolute() / 'portal.sqlite3'}"
        return self.db.replace("postgresql:", "postgresql+psycopg:", 1)

    @property
    def bands(self) -> Bands:
        """Who decides for a minor, by age."""
        return Bands(
            self.minors_assent_from,
            self.minors_decide_from,
            self.of_age,
            frozenset(self.minors_purposes),
        )

    @property
    def hosts(self) -> frozenset[str]:
        """The authorities (host and port, in lower case) under which the portal answers."""
        return frozenset({urlsplit(self.issuer).netloc, *self.allow_host})

    @property
    def names(self) -> frozenset[str]:
        """The hosts of those authorities, as they stand in URLs but without their ports."""
        return frozenset(re.sub(r":\d+$", "", host) for host in self.hosts)

    @property
    def secure(self) -> bool:
        """Whether the portal is reached over TLS, so that cookies may say Secure."""
        return self.issuer.startswith("https://")

    @property
    def ocsp_place(self) -> int:
        """The port of the OCSP responder."""
        above, below = self.port + _OCSP_PORTS_AWAY, self.port - _OCSP_PORTS_AWAY
        return self.ocsp_port or (above if above <= _PORT_MAX else below)

    @property
    def ocsp_url(self) -> str:
        """Where certificates say that one may ask about them (RFC 5280, 4.2.2.1)."""
        host = urlsplit(self.issuer).hostname or "localhost"
        return f"http://{f'[{host}]' if ':' in host else host}:{self.ocsp_place}/ocsp"

    @property
    def authorities(self) -> Path:
        """Where the simulated authorities' certificates and keys lie."""
        return self.data / "ca"

    @property
    def cards(self) -> Path:
        """Where the personas' card files live."""
        return self.data / "cards"

    @property
    def keys(self) -> Path:
        """Where the portal's own private keys live."""
        return self.data / "keys"

    @property
    def certificates(self) -> Path:
        """Where what https takes lies: the root, and the servers' certificates and keys."""
        return self.data / "tls"

    @property
    def ledger(self) -> Path:
        """Where the log's public files lie."""
        return self.data / "ledger"

    @property
    def clock(self) -> Path:
        """The file that says how far a dev portal is ahead of real time."""
        return self.data / "clock.json"


def _is_loopback(address: str) -> bool:
    try:
        return ip_address(address).is_loopback
    except ValueError:
        return address == "localhost"
