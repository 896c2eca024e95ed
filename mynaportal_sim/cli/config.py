"""`mynasim config`: what a portal would run with, and where each value comes from."""

import os
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from difflib import get_close_matches
from typing import Annotated

import typer
from rich.console import Group
from rich.text import Text
from sqlalchemy.engine import make_url

from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.options import (
    AllowHostOption,
    DatabaseOption,
    DataOption,
    ExposeOption,
    IssuerOption,
    JsonOption,
    ListenOption,
    ModeOption,
    OcspOption,
    PersonasOption,
    PortOption,
    SampleAppOption,
    SampleAppPortOption,
    TlsOption,
    WitnessesOption,
    WorkersOption,
    settings_of,
)
from mynaportal_sim.setting_names import default_text, option, purpose, variable
from mynaportal_sim.settings import PREFIX, Settings

SECRET_PARAMETERS = {"password", "sslpassword"}  # libpq's, in the query of a URL
HIDDEN = "hidden"
WIDTH = 2 + max(map(len, Settings.model_fields))
app = typer.Typer(help="See what the portal is set to.", no_args_is_help=True)


@dataclass(frozen=True, slots=True)
class Row:
    """One setting; `origin` is "option", "environment" or "default"."""

    name: str
    option: str
    variable: str
    value: str | int | bool | None
    default: str
    origin: str
    purpose: str


@app.callback()
def config() -> None:
    """Tell apart what options, environment and defaults say."""


@app.command()
def show(  # noqa: PLR0913  one option each
    *,
    data: DataOption = None,
    db: DatabaseOption = None,
    port: PortOption = None,
    listen: ListenOption = None,
    expose: ExposeOption = None,
    tls: TlsOption = None,
    issuer: IssuerOption = None,
    allow_host: AllowHostOption = None,
    mode: ModeOption = None,
    personas: PersonasOption = None,
    workers: WorkersOption = None,
    sample_app: SampleAppOption = None,
    sample_app_port: SampleAppPortOption = None,
    witnesses: WitnessesOption = None,
    ocsp: OcspOption = None,
    json: JsonOption = False,
    markdown: Annotated[
        bool, typer.Option("--markdown", help="The table for a README: no values.")
    ] = False,
) -> None:
    """Show every setting: its value, where that comes from, its default and what it is for.

    Passwords are hidden. Variables that look like settings and are none are named too.

    Examples: mynasim config show · MYNASIM_PORT=9000 mynasim config show --json
    """
    if markdown:
        typer.echo(table())
        return
    given = {
        "data": data, "db": db, "port": port, "listen": listen, "expose": expose,
        "tls": tls, "issuer": issuer, "allow_host": allow_host, "mode": mode,
        "personas": personas, "workers": workers, "sample_app": sample_app,
        "sample_app_port": sample_app_port, "witnesses": witnesses, "ocsp": ocsp,
    }  # fmt: skip
    shown = rows(settings_of(**given), given, os.environ)
    mistaken = misspelt(os.environ)
    people = Group(*map(_told, shown), *map(_warning, mistaken.items()))
    say({"settings": [asdict(row) for row in shown], "misspelt": mistaken}, people, json)


def rows(
    settings: Settings, given: Mapping[str, object], environment: Mapping[str, str]
) -> list[Row]:
    """Every setting as it holds, in the order of the fields; secrets are hidden."""
    values = settings.model_dump(mode="json")
    values["db"] = masked(settings.database_url)
    named = {name.upper() for name, value in environment.items() if value}

    def origin(name: str) -> str:
        if given.get(name) is not None:
            return "option"
        return "environment" if variable(name) in named else "default"

    return [
        Row(
            name=name,
            option=option(name),
            variable=variable(name),
            value=values[name],
            default=default_text(name),
            origin=origin(name),
            purpose=purpose(name),
        )
        for name in Settings.model_fields
    ]


def misspelt(environment: Mapping[str, str]) -> dict[str, str]:
    """Variables that are no setting but look like one, with the one that was meant."""
    known = [name.upper() for name in Settings.model_fields]
    found = {}
    for name in sorted(environment):
        stem = name.removeprefix(PREFIX)
        if stem == name or stem.upper() in known:
            continue
        for near in get_close_matches(stem, known, n=1):
            found[name] = PREFIX + near
    return found


def table() -> str:
    """The settings that have options as a Markdown table, the same on every machine."""
    lines = ["| option | variable | default | what for |", "|---|---|---|---|"]
    lines += [
        f"| `{option(name)}` | `{variable(name)}` | {default_text(name)} | {purpose(name)} |"
        for name in Settings.model_fields
        if option(name)
    ]
    return "\n".join(lines)


def masked(url: str) -> str:
    """A database URL without its secrets."""
    parts = make_url(url)
    secret = SECRET_PARAMETERS & parts.query.keys()
    hidden = parts.update_query_dict(dict.fromkeys(secret, HIDDEN))
    return hidden.render_as_string(hide_password=True)


def _told(row: Row) -> Text:
    value = row.default if row.value in {None, ""} else _text(row.value)
    ways = f"{row.option} or {row.variable}" if row.option else row.variable
    style = "" if row.origin == "default" else "bold"
    return Text.assemble(
        (f"{row.name:{WIDTH}}", style),
        plain(value),
        f"  ({row.origin})\n",
        (f"{'':{WIDTH}}{row.purpose}\n", "dim"),
        (f"{'':{WIDTH}}{ways}; default {row.default}", "dim"),
    )


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _warning(mistaken: tuple[str, str]) -> Text:
    name, meant = mistaken
    return plain(f"{name} is no setting; did you mean {meant}?")
