"""What a token is given at the gate, once its login is found to suffice."""

from uuid import UUID

from sqlalchemy import Connection

from consent.token import AccessToken
from mynaportal_sim.domains.catalogue import CATEGORIES_OF
from mynaportal_sim.oauth import families
from mynaportal_sim.oauth.access import Presented, enter_refusal
from mynaportal_sim.oauth.resource_errors import ResourceError
from mynaportal_sim.oauth.server import Server
from mynaportal_sim.phr import outcome
from mynaportal_sim.phr.step_up import Shown, demand_on, login_suffices
from mynaportal_sim.records.access import Gate
from mynaportal_sim.records.demand import Demand, Refused, Released
from mynaportal_sim.records.model import Query, Read


async def ask(server: Server, presented: Presented, wish: Query | Read, shown: str) -> Released:
    """What the gate lets through; `shown` is how the ledger puts the request.

    Raises:
        NotConsentedError: no consent gives it.
        ResourceError: the token was revoked, its proof used before, or its login is too old or
            too weak for these data.
    """
    await _check_login(server, presented, wish, shown)
    token, jti, expires = presented.token, presented.dpop_jti, presented.dpop_expires
    proof = None if jti is None or expires is None else (jti, expires)
    gate = Gate(server.database, server.pseudonyms, server.randomness, _resident_of)
    answer = await gate.access(Demand(token, wish, shown, server.now(), proof))
    if isinstance(answer, Refused):
        raise outcome.refused(answer.reason, presented)
    return answer


async def _check_login(
    server: Server, presented: Presented, wish: Query | Read, shown: str
) -> None:
    token, now, touched = presented.token, server.now(), CATEGORIES_OF[wish.resource_type]
    demand = demand_on(token, touched, server.step_up)
    try:
        presented.trail.hold(login_suffices, Shown(token, demand, now))
    except ResourceError as error:
        await enter_refusal(server, token.client_id, error, shown)
        raise


def _resident_of(connection: Connection, token: AccessToken) -> UUID | None:
    return families.holder_of(connection, token.client_id, token.jti)
