"""Options that several commands share, and how they become settings."""

from pathlib import Path
from typing import Annotated

import typer

from mynaportal_sim.settings import Settings

DataOption = Annotated[
    Path | None,
    typer.Option("--data", metavar="DIR", help="Where the state lives. [env: MYNASIM_DATA]"),
]
PortOption = Annotated[
    int | None, typer.Option("--port", help="[default: 8400] [env: MYNASIM_PORT]")
]
DatabaseOption = Annotated[
    str | None,
    typer.Option(
        "--db",
        metavar="URL",
        help="sqlite:… or postgresql:…; else a file in DIR. [env: MYNASIM_DB]",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Answer as JSON, for programs.")]


def settings_of(**given: object) -> Settings:
    """Settings from the options that were given; the environment fills the rest.

    Raises:
        pydantic.ValidationError: an option or variable has a value that cannot be.
    """
    return Settings(**{name: value for name, value in given.items() if value is not None})  # type: ignore[arg-type]  # pydantic checks the values
