"""`mynasim app`: the private apps that ask for people's data."""

import typer

from mynaportal_sim.cli.app_login import login
from mynaportal_sim.cli.app_register import list_apps, register

app = typer.Typer(help="Register apps, and try them without a browser.", no_args_is_help=True)
app.command()(register)
app.command("list")(list_apps)
app.command()(login)
