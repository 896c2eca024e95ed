"""GET /fhir/Consent…: what an app was granted under the arrangement of its token, as FHIR.

A Consent is no record of the person's, so that no category of it need be consented to; what the
person keeps back from the app is not in it (docs/consent-views.md).
"""

import json
from collections.abc import Sequence
from urllib.parse import urlencode

from fastapi import APIRouter, Request, Response
from sqlalchemy import Connection

from consent import service
from consent.model import NEVER_GRANTED, ConsentVersion
from mynaportal_sim import once
from mynaportal_sim.disclosure.documents import for_app
from mynaportal_sim.oauth import families
from mynaportal_sim.oauth.access import Presented, TokenDep
from mynaportal_sim.oauth.server import Server, ServerDep
from mynaportal_sim.phr import outcome, route, search
from mynaportal_sim.phr.errors import (
    NoSuchResourceError,
    UnsupportedParameterError,
)
from mynaportal_sim.phr.route import FhirRoute
from mynaportal_sim.phr.search import Pairs
from mynaportal_sim.records.demand import TokenFault

TYPE = "Consent"
PARAMETERS = ("_id", "status")
_FORMAT = "_format"
_STATES = "http://hl7.org/fhir/consent-state-codes"

router = APIRouter(prefix=f"/fhir/{TYPE}", route_class=FhirRoute)


@router.get("")
async def search_by_query(request: Request, server: ServerDep, presented: TokenDep) -> Response:
    """Consents of the token's arrangement, the newest first."""
    return await _search(request, server, presented, route.query(request))


@router.post("/_search")
async def search_by_form(request: Request, server: ServerDep, presented: TokenDep) -> Response:
    """The same search, its parameters kept out of the URL."""
    return await _search(request, server, presented, await route.query_and_form(request))


@router.get("/{logical_id}")
async def read(logical_id: str, server: ServerDep, presented: TokenDep) -> Response:
    """One of them, by the app's own id for it."""
    for one in await _granted(server, presented):
        if one["id"] == logical_id:
            return outcome.answer(200, _text(one))
    raise NoSuchResourceError


async def _search(
    request: Request, server: Server, presented: Presented, asked: Pairs
) -> Response:
    wanted = _wanted(asked, lenient=route.lenient(request))
    found = [one for one in await _granted(server, presented) if _fits(one, wanted)]
    here = f"{server.resource}/{TYPE}"
    bundle: dict[str, object] = {
        "resourceType": "Bundle",
        "type": "searchset",
        "total": len(found),
        "link": [
            {"relation": "self", "url": f"{here}?{urlencode(wanted)}" if wanted else here}
        ],
    }
    if found:
        bundle["entry"] = [
            {
                "fullUrl": f"{here}/{one['id']}",
                "resource": one,
                "search": {"mode": "match"},
            }
            for one in found
        ]
    return outcome.answer(200, _text(bundle))


def _wanted(asked: Pairs, *, lenient: bool) -> Pairs:
    """The parameters that are searched by; each narrows, its values are alternatives."""
    for name, value in asked:
        if name == _FORMAT:
            search.check_format(value)
        known = name in PARAMETERS or name == _FORMAT
        if not known and (not lenient or ":" in name):
            raise UnsupportedParameterError(
                f"{TYPE} cannot be searched by {name!r}, only by {', '.join(PARAMETERS)}"
            )
    return [(name, value) for name, value in asked if name in PARAMETERS]


def _fits(resource: dict[str, object], wanted: Pairs) -> bool:
    """Whether a Consent has one of the values wanted of each parameter."""
    return all(
        str(resource[name.removeprefix("_")])
        in {one.removeprefix(f"{_STATES}|") for one in value.split(",")}
        for name, value in wanted
    )


async def _granted(server: Server, presented: Presented) -> Sequence[dict[str, object]]:
    """The app's copies of what was granted. Raises ResourceError: the token is no good."""
    now = server.now()
    versions = await server.database.write(_versions, presented)
    if isinstance(versions, TokenFault):
        raise outcome.refused(versions, presented)
    return [for_app(one, server.pseudonyms, now) for one in versions]


def _versions(
    connection: Connection, presented: Presented
) -> Sequence[ConsentVersion] | TokenFault:
    """What was ever granted under the token's arrangement; uses the proof up."""
    token, jti, expires = presented.token, presented.dpop_jti, presented.dpop_expires
    if (
        jti is not None
        and expires is not None
        and not once.burn(connection, "dpop", jti, expires)
    ):
        return TokenFault.REPLAYED_PROOF
    resident_id = families.holder_of(connection, token.client_id, token.jti)
    if resident_id is None:
        return TokenFault.REVOKED
    granted = [
        one
        for one in service.of_app(connection, resident_id, token.client_id)
        if one.arrangement_id == token.arrangement_id and one.state not in NEVER_GRANTED
    ]
    return sorted(granted, key=lambda one: one.number, reverse=True)


def _text(resource: dict[str, object]) -> str:
    return json.dumps(resource, ensure_ascii=False, separators=(",", ":"))
