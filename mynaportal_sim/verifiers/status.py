"""POST /verifiers/status: how a certificate stands, and what is known of its holder now.

    {"status": "revoked", "kind": "signing", "since": "2026-11-01T03:00:00Z",
     "why": "affiliationChanged", "holder": ["moved"], "asked_at": "…"}

`unknown` is an answer, as an OCSP responder gives it (RFC 6960 2.2).
"""

from functools import partial

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from consent.instants import rfc3339
from consent.ledger import store as ledger
from mynaportal_sim.issuing import holdings
from mynaportal_sim.issuing.succession import Chain, chain_of
from mynaportal_sim.oauth.answers import ToClients, spoken_to_clients
from mynaportal_sim.oauth.as_client import Said, answered
from mynaportal_sim.oauth.client_authentication import Client
from mynaportal_sim.oauth.server import Server, ServerDep
from mynaportal_sim.residents import store as residents
from mynaportal_sim.verifiers import entries
from mynaportal_sim.verifiers.asking import Asked, Shown, asked, certificate_in
from mynaportal_sim.verifiers.standing import Status, known_of_holder, standing

router = APIRouter(route_class=ToClients)


@router.post("/verifiers/status")
@spoken_to_clients
async def status(request: Request, server: ServerDep) -> Response:
    """Say how a certificate stands."""
    question = await asked(request, server)
    shown = certificate_in(question.parameters, request.app.state.authority)
    return await answered(server, question.client, partial(_told, shown, question, server))


def _told(
    shown: Shown, question: Asked, server: Server, connection: Connection, client: Client
) -> Said:
    """Look, enter what is told, and tell it; a unit of work."""
    now = question.now
    chain = None if shown.name is None else chain_of(connection, shown.name)
    if chain is None:
        entry = entries.of_unknown(client.app, entries.STATUS_TOLD)
        ledger.append(connection, entry, now, server.randomness)
        return {
            "status": Status.UNKNOWN.value,
            "why": shown.why_unknown,
            "asked_at": rfc3339(now),
        }
    found = standing(chain.of, now)
    told = (entries.STATUS_TOLD, chain.of, found.status.value, server.pseudonyms)
    entry = entries.of_certificate(client.app, *told)
    ledger.append(connection, entry, now, server.randomness)
    return {
        "status": found.status.value,
        "kind": chain.of.kind.value,
        "since": rfc3339(found.since),
        "why": found.why,
        "holder": _known(connection, chain),
        "asked_at": rfc3339(now),
    }


def _known(connection: Connection, chain: Chain) -> list[str]:
    resident_id = chain.of.resident_id
    resident = residents.by_id(connection, resident_id)
    if resident is None:
        return []
    life = holdings.life_of(connection, resident_id)
    return [word.value for word in known_of_holder(chain, resident, life)]
