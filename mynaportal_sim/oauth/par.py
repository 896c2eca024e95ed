"""POST /par: an authorization request, pushed and authenticated (RFC 9126)."""

from datetime import datetime, timedelta

from fastapi import APIRouter, Request
from sqlalchemy import Connection, bindparam, insert, select
from starlette.responses import Response

from mynaportal_sim import opaque
from mynaportal_sim.jose import b64url
from mynaportal_sim.oauth import dpop, form
from mynaportal_sim.oauth.answers import ToClients, answer, spoken_to_clients
from mynaportal_sim.oauth.checks.proof import Target
from mynaportal_sim.oauth.client_authentication import Client, identify
from mynaportal_sim.oauth.dpop import Proof
from mynaportal_sim.oauth.errors import InvalidDpopProofError, OAuthError
from mynaportal_sim.oauth.request import AuthorizationRequest, asked_by_app, check
from mynaportal_sim.oauth.server import Server, ServerDep
from mynaportal_sim.oauth.tables import pushed_requests
from mynaportal_sim.oauth.trail import asked_by

PREFIX = "urn:ietf:params:oauth:request_uri:"
LIFETIME = timedelta(seconds=90)
HANDLE_LENGTH = 32

router = APIRouter(route_class=ToClients)

_INSERT = insert(pushed_requests)
_FIND = select(pushed_requests.c.request).where(
    pushed_requests.c.digest == bindparam("handle"),
    pushed_requests.c.client_id == bindparam("client"),
    pushed_requests.c.expires_at > bindparam("now"),
    pushed_requests.c.used_at.is_(None),
)


@router.post("/par", status_code=201)
@spoken_to_clients
async def push(request: Request, server: ServerDep) -> Response:
    """Take an authorization request in and give a handle for it."""
    now = server.now()
    parameters = await form.read(request)
    client = await identify(server, request, parameters, now)
    proof = bind(request, server, client, parameters, now)
    received = await asked_by_app(parameters, client.app, server, now)
    asked = check(received, server, client.trail)
    handle = b64url(server.randomness(HANDLE_LENGTH))
    refused = await server.database.write(_store, client, proof, asked, handle, now)
    if refused is not None:
        raise refused
    expires_in = int(LIFETIME.total_seconds())
    return answer({"request_uri": PREFIX + handle, "expires_in": expires_in}, 201)


def bind(
    request: Request,
    server: Server,
    client: Client,
    parameters: dict[str, str],
    now: datetime,
) -> Proof | None:
    """The proof beside a request for an answer, which is then bound to its key (RFC 9449 10.1).

    The key stands in `parameters` from now on, as if it had been sent there.
    """
    trail = client.trail
    header = dpop.header(request, trail)
    if header is None:
        return None
    target = Target("POST", f"{server.issuer}{request.scope['path']}")
    proof = dpop.check(header, target, server.nonces, now, trail)
    named = parameters.setdefault("dpop_jkt", proof.jkt)
    trail.hold(key_is_the_proofs, (named, proof.jkt))
    return proof


@asked_by("RFC 9449 10.1", "dpop_jkt, if sent, is the thumbprint of the proof's key.")
def key_is_the_proofs(thumbprints: tuple[str, str]) -> None:
    named, proven = thumbprints
    if named != proven:
        raise InvalidDpopProofError("dpop_jkt is another key than the proof's")


def _store(
    connection: Connection,
    client: Client,
    proof: Proof | None,
    asked: AuthorizationRequest,
    handle: str,
    now: datetime,
) -> OAuthError | None:
    refused = client.use_up(connection, proof)
    if refused is None:
        connection.execute(
            _INSERT,
            {
                "digest": opaque.digest(handle),
                "client_id": asked.client_id,
                "request": asked.dump(),
                "expires_at": int((now + LIFETIME).timestamp()),
                "used_at": None,
            },
        )
    return refused


Pushed = tuple[AuthorizationRequest, bytes]
"""A pushed request, and the digest of its handle."""


def find(
    connection: Connection, client_id: str, request_uri: str, now: datetime
) -> Pushed | None:
    """What is behind a request_uri of this client's, neither answered nor expired."""
    handle = opaque.digest(request_uri.removeprefix(PREFIX))
    text = connection.execute(
        _FIND, {"handle": handle, "client": client_id, "now": int(now.timestamp())}
    ).scalar()
    if text is None or not request_uri.startswith(PREFIX):
        return None
    return AuthorizationRequest.load(text), handle
