"""`mynasim pki`: whose certificates the portal takes besides those of the simulation."""

import typer

from mynaportal_sim.cli.pki_anchor import app as anchor

app = typer.Typer(help="See and change which authorities of cards are trusted.")
app.add_typer(anchor, name="anchor")


@app.callback()
def pki() -> None:
    """Which authorities of cards are trusted besides the simulation's own."""
