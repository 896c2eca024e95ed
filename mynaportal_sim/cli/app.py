"""`mynasim app`: the private apps that ask for people's data."""

import typer

from mynaportal_sim.cli.app_declare import declarations, declare, review
from mynaportal_sim.cli.app_erasures import erasures
from mynaportal_sim.cli.app_events import events
from mynaportal_sim.cli.app_invite import invite, list_invites, revoke_invite
from mynaportal_sim.cli.app_log import log, provision_records, receipts
from mynaportal_sim.cli.app_login import login
from mynaportal_sim.cli.app_open import open_console
from mynaportal_sim.cli.app_recipient_keys import recipient_keys
from mynaportal_sim.cli.app_register import list_apps, register
from mynaportal_sim.cli.app_revoke_registration_token import revoke_registration_token
from mynaportal_sim.cli.app_why import why

app = typer.Typer(
    help="Register apps, try them without a browser, and see what they did.",
    no_args_is_help=True,
)
app.command()(register)
app.command("list")(list_apps)
app.command()(invite)
app.command("invites")(list_invites)
app.command("revoke-invite")(revoke_invite)
app.command("revoke-registration-token")(revoke_registration_token)
app.command("recipient-keys")(recipient_keys)
app.command()(declare)
app.command()(review)
app.command()(declarations)
app.command()(login)
app.command("open")(open_console)
app.command()(log)
app.command()(receipts)
app.command()(events)
app.command()(erasures)
app.command()(why)
app.command("provision-records")(provision_records)
