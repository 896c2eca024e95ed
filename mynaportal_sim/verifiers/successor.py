"""POST /verifiers/successor: which certificate is in the place of an old one now.

    {"serial": "0A1B2C3D", "issuer_key_hash": "<SHA-256 of the issuer's key, hex>",
     "kind": "signing", "since": "…", "status": "good", "steps": 2}

The newest is told, however often it was replaced meanwhile. That there is none is a refusal,
and so is a certificate that took the place of several.
"""

from datetime import datetime
from functools import partial

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from consent.instants import rfc3339
from consent.ledger import store as ledger
from mynaportal_sim.issuing.succession import Chain, chain_of
from mynaportal_sim.oauth.answers import ToClients, spoken_to_clients
from mynaportal_sim.oauth.as_client import Said, answered
from mynaportal_sim.oauth.client_authentication import Client
from mynaportal_sim.oauth.server import Server, ServerDep
from mynaportal_sim.verifiers import entries
from mynaportal_sim.verifiers.asking import Asked, Shown, asked, certificate_in
from mynaportal_sim.verifiers.errors import (
    CertificateUnknownError,
    NoSuccessorError,
    SeveralReplacedError,
    VerifierError,
)
from mynaportal_sim.verifiers.standing import standing

router = APIRouter(route_class=ToClients)


@router.post("/verifiers/successor")
@spoken_to_clients
async def successor(request: Request, server: ServerDep) -> Response:
    """Say which certificate took the place of another."""
    question = await asked(request, server)
    shown = certificate_in(question.parameters, request.app.state.authority)
    return await answered(server, question.client, partial(_told, shown, question, server))


def _told(
    shown: Shown, question: Asked, server: Server, connection: Connection, client: Client
) -> Said:
    """Follow the chain, enter what is told, and tell it; a unit of work."""
    chain = None if shown.name is None else chain_of(connection, shown.name)
    now = question.now
    if chain is None:
        entry = entries.of_unknown(client.app, entries.SUCCESSOR_TOLD)
        ledger.append(connection, entry, now, server.randomness)
        return CertificateUnknownError(shown.why_unknown)
    refused = _refused(chain, now)
    status = standing(chain.newest, now).status.value
    told = (entries.SUCCESSOR_TOLD, chain.of, refused.code if refused else status)
    entry = entries.of_certificate(client.app, *told, server.pseudonyms)
    ledger.append(connection, entry, now, server.randomness)
    newest = chain.newest
    return refused or {
        "serial": f"{newest.name.serial:08X}",
        "issuer_key_hash": newest.name.issuer.hex(),
        "kind": newest.kind.value,
        "since": rfc3339(newest.since),
        "status": status,
        "steps": len(chain.later),
    }


def _refused(chain: Chain, now: datetime) -> VerifierError | None:
    if not chain.later:
        return NoSuccessorError(standing(chain.of, now).status.value)
    return SeveralReplacedError() if chain.first is None else None
