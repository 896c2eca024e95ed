"""POST /apps/self/events: an app polls for its events and acknowledges them (RFC 8936).

    {"maxEvents": 10, "ack": ["<jti>"], "setErrs": {"<jti>": {"err": "…", "description": "…"}},
     "client_assertion_type": "…", "client_assertion": "…"}

The app proves itself as at the token endpoint, by the two last members. The answer always comes
at once, whatever `returnImmediately` says; what was not acknowledged comes again at the next.
"""

from collections.abc import Callable
from datetime import datetime
from functools import partial
from typing import Annotated

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field, StringConstraints, ValidationError
from sqlalchemy import Connection
from starlette.responses import Response

from mynaportal_sim.delivery import store
from mynaportal_sim.delivery.model import readable
from mynaportal_sim.jose import JoseError, strict_json
from mynaportal_sim.oauth import form
from mynaportal_sim.oauth.answers import spoken_to_clients
from mynaportal_sim.oauth.as_client import Said, answered
from mynaportal_sim.oauth.client_authentication import Client, authenticate
from mynaportal_sim.oauth.errors import InvalidRequestError
from mynaportal_sim.oauth.server import ServerDep

EVENTS = 20
EVENTS_MAX = 100
_STRICT = ConfigDict(extra="forbid", strict=True, frozen=True)
_Said = Annotated[str, Field(max_length=200)]

router = APIRouter()


class Fault(BaseModel):
    """Why an app does not take an event (RFC 8936 2.6)."""

    model_config = _STRICT

    err: Annotated[_Said, StringConstraints(strip_whitespace=True, min_length=1)]
    description: _Said = ""


class Poll(BaseModel):
    """What an app asks for, and what it says of events it got before (RFC 8936 2.2)."""

    model_config = _STRICT

    most: int = Field(default=EVENTS, ge=0, le=EVENTS_MAX, alias="maxEvents")
    at_once: bool = Field(default=True, alias="returnImmediately")
    acknowledged: list[str] = Field(default=[], max_length=EVENTS_MAX, alias="ack")
    faults: dict[str, Fault] = Field(default={}, max_length=EVENTS_MAX, alias="setErrs")
    client_id: str = ""
    client_assertion_type: str = ""
    client_assertion: str = ""

    @property
    def credentials(self) -> dict[str, str]:
        """What proves who polls."""
        names = ("client_id", "client_assertion_type", "client_assertion")
        return {name: value for name in names if (value := getattr(self, name))}


_MEMBERS = frozenset(
    field.alias or name for said in (Poll, Fault) for name, field in said.model_fields.items()
)


@router.post("/apps/self/events")
@spoken_to_clients
async def poll(request: Request, server: ServerDep) -> Response:
    """Hand over the events that wait, oldest first, and note what the app says of others."""
    now = server.now()
    asked = _read(await form.read_body(request, "application/json"))
    client = await authenticate(server, request, asked.credentials, now)
    renewed = (await server.keys.fresh()).renewed
    return await answered(server, client, partial(_polled, asked, renewed, now))


def _read(body: bytes) -> Poll:
    try:
        return Poll.model_validate(strict_json(body))
    except JoseError as error:
        raise InvalidRequestError(str(error)) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = "/".join(_named(part) for part in first["loc"])
        raise InvalidRequestError(f"at /{place}: {first['msg']}") from None


def _named(part: int | str) -> str:
    """A part of a place in the body, but no name that its sender made up."""
    return str(part) if isinstance(part, int) or part in _MEMBERS else "*"


def _polled(
    asked: Poll,
    renewed: Callable[[str], str],
    now: datetime,
    connection: Connection,
    client: Client,
) -> Said:
    """Note what the app says of events and give it what waits; a unit of work."""
    app_id = client.app.client_id
    said = asked.faults.items()
    faults = {jti: readable(f"{one.err} {one.description}") for jti, one in said}
    for jti, fault in {**faults, **dict.fromkeys(asked.acknowledged, "")}.items():
        if (known := form.as_uuid(jti)) is not None:
            store.answered(connection, app_id, known, fault, now)
    found = store.waiting(connection, app_id, asked.most + 1)
    sets = {str(one.jti): renewed(one.token) for one in found[: asked.most]}
    return {"sets": sets, "moreAvailable": len(found) > asked.most}
