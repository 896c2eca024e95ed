"""FHIR over HTTP: read and search, each through the gate; nothing can be written."""

from dataclasses import replace
from functools import lru_cache, partial

from fastapi import APIRouter, Request, Response
from starlette.convertors import PathConvertor, register_url_convertor

from mynaportal_sim.oauth.access import Presented, TokenDep
from mynaportal_sim.oauth.server import Server, ServerDep
from mynaportal_sim.phr import capability, consents, outcome, route, scoped, search
from mynaportal_sim.phr.asking import ask
from mynaportal_sim.phr.errors import (
    NoSuchResourceError,
    UnsupportedInteractionError,
    UnsupportedTypeError,
)
from mynaportal_sim.phr.render import View
from mynaportal_sim.phr.route import FhirRoute
from mynaportal_sim.phr.search import Names, Pairs
from mynaportal_sim.records.model import Page, Query, Read

_METHODS = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"]


class _Anything(PathConvertor):
    """What is left of a path, with line breaks: nothing under /fhir is another's to answer."""

    regex = "(?s:.*)"


register_url_convertor("anything", _Anything())

router = APIRouter(prefix="/fhir", route_class=FhirRoute)

_statement = lru_cache(maxsize=8)(capability.statement)


@router.get("/metadata")
async def metadata(server: ServerDep) -> Response:
    """What this server can do."""
    body = _statement(server.issuer, cors=server.public_clients)
    return Response(body, 200, {"Access-Control-Allow-Origin": "*"}, outcome.FHIR_JSON)


router.routes.extend(consents.router.routes)


@router.get("/{resource_type}/{logical_id}")
async def read(
    resource_type: str,
    logical_id: str,
    request: Request,
    server: ServerDep,
    presented: TokenDep,
) -> Response:
    """One resource, by the app's own id for it."""
    _check_type(resource_type)
    extracts = await scoped.extracts(request, server, presented, resource_type, scoped.READ)
    record_id = server.pseudonyms.record_id(presented.token.client_id, logical_id)
    wish = Read(resource_type, record_id, extracts)
    view, page = await _ask(server, presented, wish, f"GET {resource_type}/*")
    if not page.records:
        raise NoSuchResourceError
    return outcome.answer(200, view.resource(page.records[0], page.hidden))


@router.get("/{resource_type}")
async def search_by_query(
    resource_type: str, request: Request, server: ServerDep, presented: TokenDep
) -> Response:
    """Resources of a type, as a Bundle."""
    return await _search(resource_type, request, server, presented, route.query(request))


@router.post("/{resource_type}/_search")
async def search_by_form(
    resource_type: str, request: Request, server: ServerDep, presented: TokenDep
) -> Response:
    """The same search, its parameters kept out of the URL (FHIR R4 3.1.1.1)."""
    asked = await route.query_and_form(request)
    return await _search(resource_type, request, server, presented, asked)


@router.api_route("/{path:anything}", methods=_METHODS, include_in_schema=False)
async def unsupported(path: str, request: Request) -> Response:
    """Whatever else FHIR defines."""
    resource_type = path.partition("/")[0]
    if resource_type != consents.TYPE:
        _check_type(resource_type)
    raise UnsupportedInteractionError(f"{request.method} is not offered; read and search are")


async def _search(
    resource_type: str, request: Request, server: Server, presented: Presented, asked: Pairs
) -> Response:
    _check_type(resource_type)
    extracts = await scoped.extracts(request, server, presented, resource_type, scoped.SEARCH)
    names = Names(
        partial(server.pseudonyms.record_id, presented.token.client_id), server.resource
    )
    wanted = search.parse(resource_type, asked, names, lenient=route.lenient(request))
    query = replace(wanted.query, extracts=extracts)
    view, page = await _ask(server, presented, query, wanted.shown)
    return outcome.answer(200, view.searchset(wanted, page))


async def _ask(
    server: Server, presented: Presented, wish: Query | Read, shown: str
) -> tuple[View, Page]:
    """What the gate lets through and the eyes by which this app sees it. Raises as `ask`."""
    released = await ask(server, presented, wish, shown)
    naming = partial(server.pseudonyms.logical_id, presented.token.client_id)
    return View(released.resident_id, naming, server.resource), released.page


def _check_type(resource_type: str) -> None:
    if resource_type not in search.PARAMETERS:
        known = ", ".join([*search.PARAMETERS, consents.TYPE])
        raise UnsupportedTypeError(f"resources here are {known}")
