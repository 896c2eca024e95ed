"""POST /verifiers/successor: which certificate is in the place of an old one now.

    {"serial": "0A1B2C3D", "issuer_key_hash": "<SHA-256 of the issuer's key, hex>",
     "kind": "signing", "since": "…", "status": "good", "steps": 2}

The newest is told, however often it was replaced meanwhile. That there is none is a refusal,
and so is a certificate that took the place of several.
"""

from datetime import datetime

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from consent.instants import rfc3339
from mynaportal_sim.issuing.succession import Chain
from mynaportal_sim.oauth.answers import ToClients, spoken_to_clients
from mynaportal_sim.oauth.as_client import Said
from mynaportal_sim.oauth.server import ServerDep
from mynaportal_sim.verifiers.asking import Shown
from mynaportal_sim.verifiers.entries import SUCCESSOR_TOLD
from mynaportal_sim.verifiers.errors import (
    CertificateUnknownError,
    NoSuccessorError,
    SeveralReplacedError,
    VerifierError,
)
from mynaportal_sim.verifiers.standing import standing
from mynaportal_sim.verifiers.telling import told

router = APIRouter(route_class=ToClients)


@router.post("/verifiers/successor")
@spoken_to_clients
async def successor(request: Request, server: ServerDep) -> Response:
    """Say which certificate took the place of another."""
    return await told(request, server, SUCCESSOR_TOLD, _of_chain, _of_unknown)


def _of_unknown(shown: Shown, _now: datetime) -> Said:
    return CertificateUnknownError(shown.why_unknown)


def _of_chain(_connection: Connection, chain: Chain, now: datetime) -> tuple[str, Said]:
    if refused := _refused(chain, now):
        return refused.code, refused
    newest = chain.newest
    status = standing(newest, now).status.value
    return status, {
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
