"""`mynasim app invite`, `invites` and `revoke-invite`: who may register an app alone."""

from datetime import timedelta
from secrets import token_bytes
from typing import Annotated

import typer
from rich.table import Table

from consent.instants import rfc3339
from mynaportal_sim.apps import invites, texts
from mynaportal_sim.apps.invites import LASTS_MAX, USES_MAX
from mynaportal_sim.cli.answer import plain, say
from mynaportal_sim.cli.clock import duration
from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.cli.options import (
    DatabaseOption,
    DataOption,
    IssuerOption,
    JsonOption,
    PortOption,
    TlsOption,
    settings_of,
)
from mynaportal_sim.cli.state import opened
from mynaportal_sim.clock import Clock

UsesOption = Annotated[
    int, typer.Option(min=1, max=USES_MAX, help="How many apps it can register.")
]
LastsOption = Annotated[
    timedelta, typer.Option(parser=duration, metavar="SPAN", help="How long it can be used.")
]
ForOption = Annotated[
    str, typer.Option(help="Whose apps it can register alone. [default: anybody's]")
]


def invite(  # noqa: PLR0913, PLR0917  one parameter per option
    organisation: ForOption = "",
    uses: UsesOption = 1,
    lasts: LastsOption = "7d",  # type: ignore[assignment]  # typer parses it
    port: PortOption = None,
    tls: TlsOption = None,
    issuer: IssuerOption = None,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Let a developer register an app: print a link to the form, and the token for programs.

    The token is an initial access token (RFC 7591): POST /register takes it as a Bearer token.
    It is shown this once.

    Example: mynasim app invite --organisation "健康ノート株式会社" --lasts 3d
    """
    if organisation:
        texts.named("--organisation", organisation)
    if not timedelta(0) < lasts <= LASTS_MAX:
        raise CommandError(f"--lasts: give at most {LASTS_MAX.days}d")
    settings = settings_of(port=port, tls=tls, issuer=issuer, data=data, db=db)
    now = Clock(settings.clock).now()
    with opened(settings) as database:
        made = database.run(invites.issue, organisation, uses, lasts, now, token_bytes)
    url, endpoint = made.url(settings.issuer), f"{settings.issuer.rstrip('/')}/register"
    lines = (
        url,
        f"  until       {rfc3339(made.invite.ends_at)}, for {uses} app{'s'[: uses > 1]}"
        f"{f' of {organisation}' if organisation else ''}",
        f"  to revoke   mynasim app revoke-invite {made.invite.id}",
        f"  programs    POST {endpoint}",
        f"              Authorization: Bearer {made.token}",
    )
    document = {
        **made.invite.plain(now),
        "initial_access_token": made.token,
        "registration_endpoint": endpoint,
        "url": url,
    }
    say(document, "\n".join(lines), json)


def list_invites(
    data: DataOption = None, db: DatabaseOption = None, json: JsonOption = False
) -> None:
    """Show the invitations there have been, newest first, and which can still be used.

    Example: mynasim app invites
    """
    settings = settings_of(data=data, db=db)
    now = Clock(settings.clock).now()
    with opened(settings) as database:
        found = database.run(invites.every)
    table = Table("id", "standing", "used", "until", "organisation", box=None)
    for one in found:
        used = f"{one.used} of {one.uses}"
        cells = (one.id, one.standing(now).value, used, rfc3339(one.ends_at), one.organisation)
        table.add_row(*map(plain, cells))
    nothing = "Nobody was invited to register an app: see `mynasim app invite --help`."
    say([one.plain(now) for one in found], table if found else nothing, json)


def revoke_invite(
    invite_id: Annotated[
        str, typer.Argument(metavar="ID", help="Which, as `mynasim app invites` lists it.")
    ],
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Let nobody register an app by an invitation any more; apps that came by it stay.

    Example: mynasim app revoke-invite invite-0123456789ab
    """
    settings = settings_of(data=data, db=db)
    now = Clock(settings.clock).now()
    with opened(settings) as database:
        revoked = database.run(invites.revoke, invite_id, now, token_bytes)
    used = f"{revoked.used} of {revoked.uses}"
    say(revoked.plain(now), f"{invite_id} is revoked; {used} uses were made of it.", json)
