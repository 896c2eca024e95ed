"""GET /verifiers/attributes: a person's four attributes as they are now, signed by the portal.

    {"iss": …, "aud": client_id, "sub": its name for the person, "iat": …, "jti": …,
     "arrangement": …, "consent_version": …, "as_of": "2026-11-28T03:00:00Z",
     "attributes": {"name": …, "address": …, "birthdate": "1985-04-12", "sex": "2"}}

It takes a token of a consent to basic information, and passes the gate like any other data;
what it says then comes from the register of residents, which knows of moves and changes of
name. It has neither a number nor a serial. `sex` is the digit that certificates
use: 1 male, 2 female, 9 not applicable.
"""

from datetime import datetime
from uuid import UUID

from fastapi import APIRouter, Request
from starlette.responses import Response

from consent.instants import rfc3339, seconds
from consent.policy import Reason
from consent.token import AccessToken
from mynaportal_sim.jose import Json
from mynaportal_sim.oauth.access import Presented, enter_refusal, kind_of, presented
from mynaportal_sim.oauth.answers import ToClients, spoken_to_clients
from mynaportal_sim.oauth.server import Server, ServerDep
from mynaportal_sim.phr import scoped
from mynaportal_sim.phr.asking import ask
from mynaportal_sim.phr.outcome import consent_gives_it
from mynaportal_sim.records.model import Query
from mynaportal_sim.residents import store as residents
from mynaportal_sim.residents.model import Resident
from mynaportal_sim.verifiers.errors import NotAVerifierError

TYPE = "attributes+jwt"
_OF_BASIC = "Patient"

router = APIRouter(route_class=ToClients)


@router.get("/verifiers/attributes")
@spoken_to_clients
async def attributes(request: Request, server: ServerDep) -> Response:
    """Hand over the signed document."""
    shown = await presented(request, server)
    await _check_verifier(request, server, shown)
    extracts = await scoped.extracts(request, server, shown, _OF_BASIC, scoped.READ)
    wish = Query(_OF_BASIC, count=1, extracts=extracts)
    released = await ask(server, shown, wish, kind_of(request))
    resident = await server.database.read(residents.by_id, released.resident_id)
    if not released.page.records or resident is None:
        raise shown.trail.hold(consent_gives_it, Reason.NO_CONSENT)
    ring = await server.keys.fresh()
    said = claims(shown.token, server.issuer, resident, server.now(), _new_id(server))
    headers = {"Cache-Control": "no-store"}
    return Response(ring.sign(said, TYPE), 200, headers, f"application/{TYPE}")


async def _check_verifier(request: Request, server: Server, shown: Presented) -> None:
    app = await server.app(shown.token.client_id)
    if app is None or not app.verifier:
        error = NotAVerifierError()
        await enter_refusal(server, shown.token.client_id, error, kind_of(request))
        raise error


def claims(
    token: AccessToken, issuer: str, resident: Resident, now: datetime, jti: UUID
) -> dict[str, Json]:
    """What the document says."""
    return {
        "iss": issuer,
        "aud": token.client_id,
        "sub": token.subject,
        "iat": seconds(now),
        "jti": str(jti),
        "arrangement": str(token.arrangement_id),
        "consent_version": str(token.version_id),
        "as_of": rfc3339(now),
        "attributes": {
            "name": resident.name.full,
            "address": resident.address,
            "birthdate": resident.born.isoformat(),
            "sex": resident.sex.value,
        },
    }


def _new_id(server: Server) -> UUID:
    return UUID(bytes=server.randomness(16), version=4)
