"""What a second device calls; it bears no cookie, but the code and then a secret of its own."""

from datetime import datetime
from os import urandom
from typing import Annotated, cast
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.security import HTTPBearer
from fastapi.security.http import HTTPAuthorizationCredentials
from pydantic import BaseModel, StringConstraints
from starlette.responses import JSONResponse, Response

from consent.instants import rfc3339
from mynaportal_sim.database import Database
from mynaportal_sim.deps import DatabaseDep, NowDep
from mynaportal_sim.login.challenge import Channel
from mynaportal_sim.login.errors import LoginRefusedError, MalformedRequestError
from mynaportal_sim.login.limit import RateLimited
from mynaportal_sim.login.refusal import Code, Refusal
from mynaportal_sim.login.revocation import asked
from mynaportal_sim.login.second_device import service
from mynaportal_sim.login.second_device.model import Event, SecondDevice, State
from mynaportal_sim.login.second_device.service import Claimed
from mynaportal_sim.login.service import Refused, Traces, refuse
from mynaportal_sim.login.token import parse
from mynaportal_sim.login.trust import TrustDep
from mynaportal_sim.login.wire import WIRE, body_of, read

NO_STORE = {"Cache-Control": "no-store"}
router = APIRouter(prefix="/auth/x", dependencies=[RateLimited])
_bearer = HTTPBearer(auto_error=False)
BearerDep = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


class _Claim(BaseModel):
    model_config = WIRE

    code: Annotated[str, StringConstraints(pattern=r"\A[A-Za-z0-9_-]{22}\z")]


@router.post("/claim")
async def claim(request: Request, db: DatabaseDep, trust: TrustDep, now: NowDep) -> Response:
    """Claim the code on a screen, once: a secret, something to sign, and what it is for."""
    asked = read(_Claim, await body_of(request))
    if asked is None:
        raise MalformedRequestError('send {"code": "…"}, the 22 characters of the screen')
    claimed = await db.write(service.claim, asked.code, trust, now, urandom)
    if isinstance(claimed, Refusal):
        raise LoginRefusedError(claimed, "")
    return JSONResponse(_shown(claimed), headers=NO_STORE)


@router.post("/{login_id}/sign")
async def sign(
    login_id: UUID,
    request: Request,
    bearer: BearerDep,
    db: DatabaseDep,
    trust: TrustDep,
    now: NowDep,
) -> Response:
    """Hand in the card's signature; of a login, the six digits to type in the browser."""
    login = await _of_device(db, login_id, bearer)
    token = parse(await body_of(request))
    if isinstance(token, Refusal):
        outcome: object = await db.write(refuse, token, Traces(Channel.QR), now, urandom)
    else:
        presented = service.presented_by(login, token)
        if login.to_sign is None:  # else it is judged once the browser takes it
            presented = await asked(db, presented, trust, now, urandom)
        outcome = await db.write(service.sign, login, presented, trust, now, urandom)
    if isinstance(outcome, Refused):
        raise LoginRefusedError(outcome.refusal, outcome.reference)
    if isinstance(outcome, service.Kept):
        return JSONResponse({"state": State.SIGNED.value}, headers=NO_STORE)
    assert isinstance(outcome, service.Signed)  # noqa: S101  the only other outcome
    return JSONResponse({"confirm_code": outcome.confirm_code}, headers=NO_STORE)


@router.post("/{login_id}/deny")
async def deny(login_id: UUID, bearer: BearerDep, db: DatabaseDep, now: NowDep) -> Response:
    """Say no: the browser learns it, and nobody is logged in."""
    login = await _of_device(db, login_id, bearer)
    if not await db.write(service.stop, login, Event.DENY, now, urandom):
        raise LoginRefusedError(Refusal(Code.LOGIN_ENDED), "")
    return JSONResponse({"state": "denied"}, headers=NO_STORE)


@router.get("/{login_id}")
async def state(login_id: UUID, bearer: BearerDep, db: DatabaseDep, now: NowDep) -> Response:
    """How far the login has come."""
    login = await _of_device(db, login_id, bearer)
    return JSONResponse({"state": state_of(login, now)}, headers=NO_STORE)


def state_of(login: SecondDevice, now: datetime) -> str:
    """The state's name as either side is told it."""
    return "expired" if login.has_expired(now) else login.state.value


async def _of_device(
    db: Database, login_id: UUID, bearer: HTTPAuthorizationCredentials | None
) -> SecondDevice:
    secret = bearer.credentials if bearer else ""
    found = await db.read(service.of_device, login_id, secret)
    if isinstance(found, Refusal):
        raise LoginRefusedError(found, "")
    return found


def _shown(claimed: Claimed) -> dict[str, object]:
    """What the second device shows its person, and signs (reference `login`, 7.7, step 2)."""
    login, challenge = claimed.login, claimed.challenge.as_json()
    words_ja, words_en = login.words
    display: dict[str, object] = {
        **cast("dict[str, object]", challenge["display"]),
        "request_code": words_en,
        "request_code_ja": words_ja,
        "browser": login.surroundings.browser,
        "network": login.surroundings.network,
        "begun_at": rfc3339(login.begun_at),
    }
    shown = {**challenge, "display": display}
    told: dict[str, object] = {
        "id": str(login.id),
        "secret": claimed.secret,
        "challenge": shown,
    }
    if login.to_sign is not None:
        told["to_sign"] = {"kind": login.to_sign.kind, "text": login.to_sign.text}
    return told
