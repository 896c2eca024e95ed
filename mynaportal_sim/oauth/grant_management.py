"""GET and DELETE /grants/{grant_id}: an app asks about a consent, or ends it.

Grant Management for OAuth 2.0, draft 03, section 6. A token that a person granted with one of
the two scopes reaches that person's grants, one that the client got for itself all of its own.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from uuid import UUID, uuid4

from fastapi import APIRouter, Request
from sqlalchemy import Connection
from starlette.responses import Response

from consent import service
from consent.errors import IllegalTransitionError, StaleVersionError
from consent.instants import seconds
from consent.model import ConsentVersion
from consent.model.granted import granted_details
from mynaportal_sim.oauth import client_token, families, managed, scope_rules, withdrawal
from mynaportal_sim.oauth.access import credentials_of, proof_beside
from mynaportal_sim.oauth.answers import ToClients, answer, spoken_to_clients
from mynaportal_sim.oauth.checks import access
from mynaportal_sim.oauth.checks import grant as checks
from mynaportal_sim.oauth.checks.access import Credentials
from mynaportal_sim.oauth.checks.grant import Called
from mynaportal_sim.oauth.dpop import Proof
from mynaportal_sim.oauth.errors import OAuthError
from mynaportal_sim.oauth.managed import Grant
from mynaportal_sim.oauth.resource_errors import InvalidProofError
from mynaportal_sim.oauth.server import Server, ServerDep
from mynaportal_sim.oauth.trail import Trail, trail_of

router = APIRouter(route_class=ToClients)


@dataclass(frozen=True, slots=True)
class Caller:
    """A client whose token holds, as far as can be told without looking up what was revoked.

    `about_person` says that the token is about one.
    """

    client_id: str
    scope: str
    jti: str
    jkt: str | None
    about_person: bool
    trail: Trail = field(repr=False)

    @property
    def scheme(self) -> str:
        return "DPoP" if self.jkt else "Bearer"


Work = Callable[[Connection, Grant], None]


@router.get("/grants/{grant_id}")  # noqa: FAST003  see _called
@spoken_to_clients
async def query(request: Request, server: ServerDep) -> Response:
    """Say what is granted under a grant (6.4)."""
    now = server.now()
    found = await _called(request, server, managed.QUERY, now, _nothing)
    return answer(shown(found, server.resource))


@router.delete("/grants/{grant_id}", status_code=204)  # noqa: FAST003  see _called
@spoken_to_clients
async def revoke(request: Request, server: ServerDep) -> Response:
    """End a grant: all tokens that came of it give nothing any more (6.5)."""
    now = server.now()
    await _called(request, server, managed.REVOKE, now, partial(end, server, now))
    return Response(status_code=204, headers={"Cache-Control": "no-store"})


async def _called(
    request: Request, server: Server, needed: str, now: datetime, work: Work
) -> Grant:
    """The grant that a call is about, once `work` is done with it. Raises OAuthError."""
    trail = trail_of(request)
    credentials = credentials_of(request, trail)
    caller = await _caller(credentials, server, now, trail)
    trail.sender = caller.client_id
    proof = proof_beside(request, server, credentials, caller.jkt, now)
    trail.hold(checks.scope_is_of_the_call, Called(caller.scope, needed, caller.scheme))
    named = (request.path_params["grant_id"], now)
    found = await server.database.write(_used, caller, proof, named, work)
    if isinstance(found, OAuthError):
        raise found
    return found


async def _caller(
    credentials: Credentials, server: Server, now: datetime, trail: Trail
) -> Caller:
    own = await client_token.verified(credentials.token, server, now, server.grant_endpoint)
    if own is not None:
        return Caller(
            own.client_id, own.scope, own.jti, own.jkt, about_person=False, trail=trail
        )
    checked = await server.verified(credentials.token, now)
    token = trail.hold(access.token_holds, (credentials, checked))
    known = (token.client_id, token.scope, token.jti, token.jkt)
    return Caller(*known, about_person=True, trail=trail)


def _used(
    connection: Connection,
    caller: Caller,
    proof: Proof | None,
    named: tuple[str, datetime],
    work: Work,
) -> Grant | OAuthError:
    """Use the proof up, find the grant, and do the work; a unit of work."""
    trail = caller.trail
    replayed = None if proof is None else proof.use_up(connection)
    if replayed is not None:
        return InvalidProofError(str(replayed))
    person, live = _known(connection, caller)
    refused = trail.hold(checks.token_is_not_revoked, (live, caller.scheme))
    if refused is not None:
        return refused
    grant = managed.find(connection, caller.client_id, *named)
    if grant is not None and person not in {None, grant.version.resident_id}:
        grant = None
    found = trail.hold(checks.grant_is_the_callers, grant)
    if isinstance(found, Grant):
        work(connection, found)
    return found


def _known(connection: Connection, caller: Caller) -> tuple[UUID | None, bool]:
    """The person whom the token is about, if it is about one, and whether it is not revoked."""
    if not caller.about_person:
        return None, not families.is_revoked(connection, caller.jti)
    person = families.holder_of(connection, caller.client_id, caller.jti)
    return person, person is not None


def _nothing(_connection: Connection, _grant: Grant) -> None:
    """What a query does."""


def end(server: Server, now: datetime, connection: Connection, grant: Grant) -> None:
    """End what stands, also where that changed or ended as this waited for its turn."""
    with suppress(IllegalTransitionError):
        try:
            _withdraw(connection, server, grant.version, now)
        except StaleVersionError:  # from here on it is locked
            known = (grant.version.resident_id, grant.arrangement.id)
            version = service.newest(connection, *known)
            if version is not None:
                _withdraw(connection, server, version, now)


def _withdraw(
    connection: Connection, server: Server, version: ConsentVersion, now: datetime
) -> None:
    wish = withdrawal.by_app(server, version, uuid4())
    service.change(connection, wish, now, server.randomness)


def shown(grant: Grant, resource: str) -> dict[str, object]:
    """A grant as its app may know it; instants as NumericDate."""
    version = grant.version
    left = replace(version.terms, usage=version.usage_left)
    given = scope_rules.granted(grant.scopes, version.terms.rules)
    by_scope = {"scopes": [{"scope": given, "resource": [resource]}]} if given else {}
    by_name = {"claims": list(grant.claims)} if grant.claims else {}
    return {
        **by_scope,
        **by_name,
        "authorization_details": list(granted_details(left)),
        "created_at": seconds(grant.arrangement.created_at),
        "last_updated": seconds(version.state_since),
        "expires_at": seconds(version.gives_until),
        "updated_by": "client" if grant.by_app else "authorization_server",
    }
