"""POST /verifiers/status: how a certificate stands, and what is known of its holder now.

    {"status": "revoked", "kind": "signing", "since": "2026-11-01T03:00:00Z",
     "why": "affiliationChanged", "holder": ["moved"], "asked_at": "…"}

`unknown` is an answer, as an OCSP responder gives it (RFC 6960 2.2).
"""

from datetime import datetime

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from consent.instants import rfc3339
from mynaportal_sim.issuing import holdings
from mynaportal_sim.issuing.succession import Chain
from mynaportal_sim.oauth.answers import ToClients, spoken_to_clients
from mynaportal_sim.oauth.as_client import Said
from mynaportal_sim.oauth.server import ServerDep
from mynaportal_sim.residents import store as residents
from mynaportal_sim.verifiers.asking import Shown
from mynaportal_sim.verifiers.entries import STATUS_TOLD
from mynaportal_sim.verifiers.standing import Status, known_of_holder, standing
from mynaportal_sim.verifiers.telling import told

router = APIRouter(route_class=ToClients)


@router.post("/verifiers/status")
@spoken_to_clients
async def status(request: Request, server: ServerDep) -> Response:
    """Say how a certificate stands."""
    return await told(request, server, STATUS_TOLD, _of_chain, _of_unknown)


def _of_unknown(shown: Shown, now: datetime) -> Said:
    return {
        "status": Status.UNKNOWN.value,
        "why": shown.why_unknown,
        "asked_at": rfc3339(now),
    }


def _of_chain(connection: Connection, chain: Chain, now: datetime) -> tuple[str, Said]:
    found = standing(chain.of, now)
    return found.status.value, {
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
