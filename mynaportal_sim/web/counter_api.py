"""/dev/counter: life events for programs that have the token of a dev portal's data directory.

A web page anywhere can call a loopback address, so the request must name this portal (the guard
of every request), come from no other origin, and bear the token.
"""

import hmac
from datetime import date
from typing import Annotated

from fastapi import APIRouter, Body, Depends, Request
from pydantic import BaseModel, ConfigDict, Field

from mynaportal_sim import keys
from mynaportal_sim.deps import SettingsDep
from mynaportal_sim.issuing import telling
from mynaportal_sim.issuing.refusals import Reason, Refusal
from mynaportal_sim.issuing.wishes import Wish
from mynaportal_sim.login.csrf import check_origin
from mynaportal_sim.login.errors import SoftCardsOffError
from mynaportal_sim.residents.model import TEXT_MAX, Name
from mynaportal_sim.web.counter_dealing import CounterDep, DevCounter, event_of
from mynaportal_sim.web.errors import CounterRefusedError, DevTokenError

_SCHEME = "Bearer "


async def _bears_the_token(request: Request, settings: SettingsDep) -> None:
    if request.app.state.soft_cards is None:
        raise SoftCardsOffError
    check_origin(request, settings)
    borne = request.headers.get("authorization", "")
    wanted = f"{_SCHEME}{keys.dev_token(settings.keys)}"
    if not hmac.compare_digest(borne.encode(errors="replace"), wanted.encode()):
        raise DevTokenError


router = APIRouter(prefix="/dev/counter", dependencies=[Depends(_bears_the_token)])


class NameIn(BaseModel):
    """A name in its two parts."""

    model_config = ConfigDict(extra="forbid")

    family: str = Field(min_length=1, max_length=TEXT_MAX)
    given: str = Field(default="", max_length=TEXT_MAX)


class WishIn(BaseModel):
    """What an event brings; each as `Wish` has it, the municipality by its code."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    name: NameIn | None = None
    kana: NameIn | None = None
    romaji: NameIn | None = None
    address: str | None = Field(default=None, max_length=TEXT_MAX)
    municipality: str | None = Field(default=None, max_length=5)
    until: date | None = None
    pin: str | None = Field(default=None, max_length=16, repr=False)
    password: str | None = Field(default=None, max_length=16, repr=False)
    text_pin: str | None = Field(default=None, max_length=16, repr=False)
    register_pin: str | None = Field(default=None, max_length=16, repr=False)
    certify: bool = False


@router.get("/{persona}")
async def show(persona: str, counter: CounterDep) -> dict[str, object]:
    """Tell how a person stands, and what can happen to them."""
    standing = await counter.stand(await counter.resident(persona))
    return telling.document(standing, counter.now)


@router.post("/{persona}/{event}")
async def deal(
    persona: str,
    event: str,
    counter: CounterDep,
    given: Annotated[WishIn | None, Body()] = None,
) -> dict[str, object]:
    """Let an event happen, and tell how the person then stands."""
    resident = await counter.resident(persona)
    found = await counter.deal(resident, await _wish(event, given or WishIn(), counter))
    if isinstance(found, Refusal):
        raise CounterRefusedError(found)
    return telling.document(found, counter.now)


async def _wish(event: str, given: WishIn, counter: DevCounter) -> Wish:
    known = {} if given.municipality is None else await counter.municipalities()
    if given.municipality is not None and given.municipality not in known:
        raise CounterRefusedError(Refusal(Reason.NO_SUCH_PLACE, text=", ".join(known)))
    return Wish(
        event=event_of(event),
        name=_name(given.name),
        kana=_name(given.kana),
        romaji=_name(given.romaji),
        address=given.address,
        municipality=known[given.municipality] if given.municipality else None,
        until=given.until,
        pin=given.pin,
        password=given.password,
        text_pin=given.text_pin,
        register_pin=given.register_pin,
        certify=given.certify,
    )


def _name(given: NameIn | None) -> Name | None:
    return None if given is None else Name(given.family, given.given)
