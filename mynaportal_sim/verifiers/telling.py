"""An answer about a certificate: look it up, enter what is told, tell it."""

from collections.abc import Callable
from datetime import datetime

from fastapi import Request
from sqlalchemy import Connection
from starlette.responses import Response

from consent.ledger import store as ledger
from mynaportal_sim.issuing.succession import Chain, chain_of
from mynaportal_sim.oauth.as_client import Said, answered
from mynaportal_sim.oauth.client_authentication import Client
from mynaportal_sim.oauth.server import Server
from mynaportal_sim.verifiers import entries
from mynaportal_sim.verifiers.asking import Shown, asked, certificate_in

OfChain = Callable[[Connection, Chain, datetime], tuple[str, Said]]
"""What is told of a certificate that a register has, after one word of it for the ledger."""
OfUnknown = Callable[[Shown, datetime], Said]
"""What is told of another."""


async def told(
    request: Request, server: Server, entry: str, of_chain: OfChain, of_unknown: OfUnknown
) -> Response:
    """The answer to a verifier's question about a certificate, entered under the type `entry`.

    Raises what `asked` and `certificate_in` raise, and OAuthError: what was refused with.
    """
    question = await asked(request, server)
    shown = certificate_in(question.parameters, request.app.state.authority)

    def work(connection: Connection, client: Client) -> Said:
        chain = None if shown.name is None else chain_of(connection, shown.name)
        if chain is None:
            said = of_unknown(shown, question.now)
            entered = entries.of_unknown(client.app, entry)
        else:
            word, said = of_chain(connection, chain, question.now)
            entered = entries.of_certificate(
                client.app, entry, chain.of, word, server.pseudonyms
            )
        ledger.append(connection, entered, question.now, server.randomness)
        return said

    return await answered(server, question.client, work)
