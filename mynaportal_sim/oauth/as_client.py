"""What a client asks for that has proven itself: a unit of work that uses its assertion up."""

from collections.abc import Callable, Mapping

from sqlalchemy import Connection
from starlette.responses import Response

from mynaportal_sim.oauth.answers import answer
from mynaportal_sim.oauth.client_authentication import Client
from mynaportal_sim.oauth.errors import OAuthError
from mynaportal_sim.oauth.server import Server

Said = Mapping[str, object] | OAuthError
"""What is answered; a refusal is a value, so that the client's assertion stays used up."""

Work = Callable[[Connection, Client], Said]


async def said(server: Server, client: Client, work: Work) -> Mapping[str, object]:
    """What `work` says to `client`. Raises OAuthError: what it refused with."""
    found = await server.database.write(_used_up, client, work)
    if isinstance(found, OAuthError):
        raise found
    return found


async def answered(server: Server, client: Client, work: Work) -> Response:
    """The answer that says it. Raises as `said` does."""
    return answer(await said(server, client, work))


def _used_up(connection: Connection, client: Client, work: Work) -> Said:
    """Use the client's assertion up, then do what it came with; a unit of work."""
    return client.use_up(connection) or work(connection, client)
