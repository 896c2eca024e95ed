"""What a token's scopes leave of what its consent gives (SMART App Launch 2.2, scopes)."""

from collections.abc import Sequence
from functools import lru_cache

from fastapi import Request

from mynaportal_sim.oauth import scope_rules
from mynaportal_sim.oauth.access import Presented, enter_refusal, kind_of
from mynaportal_sim.oauth.resource_errors import InsufficientScopeError
from mynaportal_sim.oauth.server import Server
from mynaportal_sim.oauth.smart_scopes import DataScope
from mynaportal_sim.oauth.trail import asked_by
from mynaportal_sim.phr import search
from mynaportal_sim.phr.search import Names
from mynaportal_sim.records.model import Extract

READ, SEARCH = "r", "s"

# Scopes narrow by days and codes alone, which are no app's own names.
_NO_NAMES = Names(lambda _: None, "")

Wanted = tuple[Sequence[DataScope], str, str, str]
"""The scopes a token is held to, a type, what is done with it, and how it was presented."""


@asked_by(
    "RFC 6750 3.1; SMART 2.2 scopes", "A scope of the token is about this type, this way."
)
def scope_covers_it(wanted: Wanted) -> Sequence[DataScope]:
    held, resource_type, how, scheme = wanted
    fitting = [one for one in held if one.kind == resource_type and how in one.may]
    if held and not fitting:
        raise InsufficientScopeError(f"patient/{resource_type}.{how}", scheme)
    return fitting


async def extracts(
    request: Request, server: Server, presented: Presented, resource_type: str, how: str
) -> tuple[Extract, ...]:
    """The parts of a type in one of which a record must be; without any, each may be read.

    Raises:
        InsufficientScopeError: no scope of the token is about this type. It is entered.
    """
    held = scope_rules.limits(presented.token.scope)
    wanted = (held, resource_type, how, presented.scheme)
    try:
        fitting = presented.trail.hold(scope_covers_it, wanted)
    except InsufficientScopeError as error:
        await enter_refusal(server, presented.token.client_id, error, kind_of(request))
        raise
    return tuple(map(_extract, fitting))


@lru_cache(maxsize=1024)
def _extract(scope: DataScope) -> Extract:
    query = search.parse(scope.kind, scope.by, _NO_NAMES).query
    return Extract(query.tokens, query.days)
