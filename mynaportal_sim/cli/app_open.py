"""`mynasim app open`: a link to the console of an app, for whoever has the portal's shell."""

from secrets import token_bytes

from consent.instants import rfc3339
from mynaportal_sim.cli.answer import say
from mynaportal_sim.cli.app_log import ClientArgument, app_of
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
from mynaportal_sim.operators import links
from mynaportal_sim.operators.links import Way


def open_console(  # noqa: PLR0913, PLR0917  one parameter per option
    client_id: ClientArgument,
    port: PortOption = None,
    tls: TlsOption = None,
    issuer: IssuerOption = None,
    data: DataOption = None,
    db: DatabaseOption = None,
    json: JsonOption = False,
) -> None:
    """Print a link that opens an app's console in a browser, once, within ten minutes.

    The console shows what the app declared, how its arrangements stand, what it must erase, and
    what it was given or refused. Whoever has the app's key gets the same link by
    POST /apps/self/operator-link.

    Example: mynasim app open CLIENT_ID
    """
    settings = settings_of(port=port, tls=tls, issuer=issuer, data=data, db=db)
    now = Clock(settings.clock).now()
    with opened(settings) as database:
        app = app_of(database, client_id)
        link = database.run(links.issue, app, Way.COMMAND, now, token_bytes)
    url = link.url(settings.issuer)
    document = {"client_id": client_id, "url": url, "expires_at": rfc3339(link.ends_at)}
    say(document, url, json)
