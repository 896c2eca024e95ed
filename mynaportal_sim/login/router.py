"""Login by a card that lies elsewhere: a challenge is fetched, a login token is posted.

Where a person goes next is for the client to know: an interaction is an opaque id here.
"""

from os import urandom
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from pydantic import BaseModel, StringConstraints
from starlette.responses import JSONResponse

from card_reader.statement import session_hash
from mynaportal_sim.deps import DatabaseDep, NowDep, SettingsDep
from mynaportal_sim.login import challenge as challenges
from mynaportal_sim.login import cookies
from mynaportal_sim.login.challenge import Channel, Wanted
from mynaportal_sim.login.csrf import HEADER, check_csrf
from mynaportal_sim.login.errors import (
    LoginRefusedError,
    MalformedRequestError,
    SessionEndedError,
)
from mynaportal_sim.login.limit import RateLimited
from mynaportal_sim.login.service import Refused, present
from mynaportal_sim.login.sessions import SessionDep
from mynaportal_sim.login.trust import TrustDep
from mynaportal_sim.login.wire import WIRE, body_of, read

NO_STORE = {"Cache-Control": "no-store"}

router = APIRouter(prefix="/auth/card", dependencies=[RateLimited])


async def _bearer(request: Request, settings: SettingsDep) -> str:
    return check_csrf(request, settings, request.headers.get(HEADER))


BearerDep = Annotated[str, Depends(_bearer)]


class _Asked(BaseModel):
    model_config = WIRE

    channel: Annotated[str, StringConstraints(pattern=r"\Aagent\z")]
    interaction: (
        Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9_-]{1,128}\z")] | None
    ) = None


@router.post("/challenges", status_code=201, dependencies=[Depends(_bearer)])
async def challenge(
    request: Request, session: SessionDep, db: DatabaseDep, trust: TrustDep, now: NowDep
) -> JSONResponse:
    """Something for a card to sign, bound to this session and good for one attempt."""
    if session is None:
        raise SessionEndedError
    asked = read(_Asked, await body_of(request))
    if asked is None:
        raise MalformedRequestError('send {"channel": "agent"}, with an "interaction" if any')
    bound = session_hash(session.id)
    wanted = Wanted(trust.origin, bound, Channel(asked.channel), asked.interaction)
    issued = await db.write(challenges.issue, wanted, now, urandom)
    return JSONResponse(issued.as_json(), 201, headers=NO_STORE)


@router.post("/logins")
async def login(
    request: Request,
    bearer: BearerDep,
    settings: SettingsDep,
    db: DatabaseDep,
    trust: TrustDep,
    now: NowDep,
) -> JSONResponse:
    """Log in by a login token. The session's id changes; the old cookie is worth nothing."""
    body = await body_of(request)
    outcome = await present(db, body, bearer, Channel.AGENT, trust, now)
    if isinstance(outcome, Refused):
        raise LoginRefusedError(outcome.refusal, outcome.reference)
    response = JSONResponse({"interaction": outcome.interaction}, headers=NO_STORE)
    cookies.write(response, outcome.session.id, settings)
    return response
