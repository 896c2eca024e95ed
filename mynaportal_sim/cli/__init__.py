"""The `mynasim` command: one module per noun, imported only when it is asked for."""

import sys
from importlib import import_module
from typing import Annotated

import typer

from mynaportal_sim import __version__
from mynaportal_sim.cli.failures import told

NOUNS = (
    "up", "tls", "demo", "doctor", "config", "login", "sign", "agent", "app", "keys", "ca",
    "pki", "card", "counter", "clock", "ledger", "research", "exchange", "consent", "document",
    "mandate", "canary", "disclose", "review", "bench",
)  # fmt: skip


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"mynasim {__version__}")
        raise typer.Exit


def mynasim(
    _version_wanted: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Say which.")
    ] = False,
) -> None:
    """Simulate the road of personal data in Japan's My Number Card world.

    A card signs a person in, the person consents, an app fetches, the ledger proves it.
    """


def command_line(arguments: list[str]) -> typer.Typer:
    """The command line as far as `arguments` need it; all of it when they name no noun."""
    noun = next((word for word in arguments if not word.startswith("-")), None)
    app = typer.Typer(
        no_args_is_help=True,
        rich_markup_mode="markdown",
        pretty_exceptions_enable=False,
        epilog="Start with `mynasim demo`, which tells the whole road in ten seconds.",
    )
    app.callback()(mynasim)
    for name in (noun,) if noun in NOUNS else NOUNS:
        app.add_typer(import_module(f"mynaportal_sim.cli.{name}").app, name=name)
    return app


def main() -> None:
    """Run the command line; an error that a person can act on is a sentence and exit code 1."""
    with told():
        command_line(sys.argv[1:])(prog_name="mynasim")
