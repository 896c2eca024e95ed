"""What a client is told beyond the answer: where it can read what was looked at.

The id is in `error_uri` (RFC 6749 5.2) of a refusal, and in a Warning header (RFC 7234 5.5)
where something was let pass; the request is kept by it for a while.
"""

from fastapi import Request

from mynaportal_sim.inspector import masking, store
from mynaportal_sim.inspector.model import Inspected, Looked, Received
from mynaportal_sim.jose import b64url
from mynaportal_sim.oauth.errors import OAuthError
from mynaportal_sim.oauth.server import Server
from mynaportal_sim.oauth.trail import trail_of

PLACE = "/why"
_TRACE_LENGTH = 16


async def kept(request: Request, server: Server, error: OAuthError) -> str:
    """Keep a refusal; the address at which it can be read."""
    looked = trail_of(request).refused(error)
    return await _kept(request, server, (int(error.status), error.code, str(error)), looked)


async def warnings(request: Request, server: Server, status: int) -> list[str]:
    """What was let pass in an answered request, each as the value of a Warning header."""
    trail = trail_of(request)
    let = trail.let_pass
    if not let:
        return []
    uri = await _kept(request, server, (status, "", ""), trail.looked())
    clean = [said.replace('"', "'").encode("ascii", "replace").decode() for said in let]
    return [f'299 - "lenient: {said}; see {uri}"' for said in clean]


async def _kept(
    request: Request, server: Server, answer: tuple[int, str, str], looked: list[Looked]
) -> str:
    trace = b64url(server.randomness(_TRACE_LENGTH))
    trail = trail_of(request)
    claimed = trail.parameters.get("client_id", "")
    received = Received(
        request.method,
        request.scope["path"][:200],
        masking.headers(request.headers.items()),
        masking.parameters(trail.parameters),
    )
    sender, proven = trail.sender or claimed[:100], trail.sender is not None
    one = Inspected(trace, server.now(), sender, proven, received, *answer, tuple(looked))
    await server.database.write(store.keep, one)
    return f"{server.issuer}{PLACE}/{trace}"
