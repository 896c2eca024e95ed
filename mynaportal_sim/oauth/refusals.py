"""What a refused client is told beyond the error: where it can read what was looked at.

`error_uri` (RFC 6749 5.2) bears the id by which the refusal is kept for a while.
"""

from fastapi import Request

from mynaportal_sim.inspector import masking, store
from mynaportal_sim.inspector.model import Received, Refusal
from mynaportal_sim.jose import b64url
from mynaportal_sim.oauth.errors import OAuthError
from mynaportal_sim.oauth.server import Server
from mynaportal_sim.oauth.trail import trail_of

PLACE = "/why"
_TRACE_LENGTH = 16


async def kept(request: Request, server: Server, error: OAuthError) -> str:
    """Keep a refusal; the address at which it can be read."""
    trace = b64url(server.randomness(_TRACE_LENGTH))
    trail = trail_of(request)
    claimed = trail.parameters.get("client_id", "")
    refusal = Refusal(
        trace=trace,
        at=server.now(),
        client_id=trail.sender or claimed[:100],
        proven=trail.sender is not None,
        received=Received(
            request.method,
            request.scope["path"][:200],
            masking.headers(request.headers.items()),
            masking.parameters(trail.parameters),
        ),
        status=int(error.status),
        error=error.code,
        said=str(error),
        looked=tuple(trail.refused(error)),
    )
    await server.database.write(store.keep, refusal)
    return f"{server.issuer}{PLACE}/{trace}"
