"""Options that several commands share, and how they become settings."""

from pathlib import Path
from typing import Annotated, Any

import typer

from mynaportal_sim.setting_names import default_text, option, purpose, variable
from mynaportal_sim.settings import Mode, Settings


def _setting(name: str, metavar: str | None = None) -> Any:
    """An option for a setting, explained as the setting itself is."""
    text = f"{purpose(name)} [default: {default_text(name)}] [env: {variable(name)}]"
    named = option(name)
    if named.startswith("--no-"):
        named = f"--{named.removeprefix('--no-')}/{named}"
    return typer.Option(named, metavar=metavar, help=text[0].upper() + text[1:])


DataOption = Annotated[Path | None, _setting("data", "DIR")]
DatabaseOption = Annotated[str | None, _setting("db", "URL")]
PortOption = Annotated[int | None, _setting("port")]
ListenOption = Annotated[str | None, _setting("listen", "ADDRESS")]
ExposeOption = Annotated[bool | None, _setting("expose")]
TlsOption = Annotated[bool | None, _setting("tls")]
IssuerOption = Annotated[str | None, _setting("issuer", "URL")]
AllowHostOption = Annotated[str | None, _setting("allow_host", "HOST,…")]
ModeOption = Annotated[Mode | None, _setting("mode")]
PersonasOption = Annotated[Path | None, _setting("personas", "FILE")]
WorkersOption = Annotated[int | None, _setting("workers")]
SampleAppOption = Annotated[bool | None, _setting("sample_app")]
SampleAppPortOption = Annotated[int | None, _setting("sample_app_port")]
OcspOption = Annotated[bool | None, _setting("ocsp")]
WitnessesOption = Annotated[str | None, _setting("witnesses", "KEY@URL,…")]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]


def settings_of(**given: object) -> Settings:
    """Settings from the options that were given; the environment fills the rest.

    Raises:
        pydantic.ValidationError: an option or variable has a value that cannot be.
    """
    return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]  # pydantic checks the values
