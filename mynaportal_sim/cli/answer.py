"""How every command answers: as JSON for programs, or as text for people."""

import json as json_text

import typer
from rich.console import Console, RenderableType
from rich.text import Text

from mynaportal_sim.legible import legible


def say(document: object, shown: RenderableType | None, json: bool) -> None:
    """Answer with `document` where JSON is wanted, else with `shown`.

    A str is printed as it is; None where the people have been told as it went.
    """
    if json:
        typer.echo(json_text.dumps(document, ensure_ascii=False))
    elif isinstance(shown, str):
        typer.echo(shown)
    elif shown is not None:
        Console(highlight=False).print(shown, soft_wrap=True)


def plain(text: str) -> Text:
    """Text that cannot steer the terminal, whoever chose it."""
    return Text("".join(char if legible(char) else "\ufffd" for char in text))
