"""Sends what must reach an app to its endpoint: events (RFC 8935), and what else there is."""

import asyncio
from collections.abc import Collection
from http import HTTPStatus
from typing import NamedTuple

import httpx

from mynaportal_sim.delivery import pinned
from mynaportal_sim.delivery.model import readable
from mynaportal_sim.delivery.pinned import OutOfReachError
from mynaportal_sim.delivery.reach import Reach
from mynaportal_sim.delivery.security_event import MEDIA_TYPE
from mynaportal_sim.jose import JoseError, strict_json

SECONDS_IN_ALL = 15.0
ANSWER_MAX = 8192


class Message(NamedTuple):
    """What is sent, and which answers acknowledge it."""

    content: str
    media_type: str
    acknowledged_by: Collection[int]


async def push(http: httpx.AsyncClient, endpoint: str, token: str, reach: Reach) -> str:
    """Send one event; what was wrong, empty if the app has acknowledged it (202)."""
    return await send(http, endpoint, Message(token, MEDIA_TYPE, {HTTPStatus.ACCEPTED}), reach)


async def send(http: httpx.AsyncClient, endpoint: str, message: Message, reach: Reach) -> str:
    """Send one message; what was wrong, empty if the app has acknowledged it."""
    headers = {"Content-Type": message.media_type, "Accept": "application/json"}
    try:
        asked = (httpx.URL(endpoint), reach, headers, message.content)
        async with (
            asyncio.timeout(SECONDS_IN_ALL),
            pinned.answered(http, "POST", *asked) as answer,
        ):
            if answer.status_code in message.acknowledged_by:
                return ""
            return f"HTTP {answer.status_code}{_said(await _read(answer))}"
    except OutOfReachError as error:
        return f"not sent: the host {error}"
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError) as error:
        return f"no answer: {type(error).__name__}"


async def _read(answer: httpx.Response) -> bytes:
    body = b""
    async for chunk in answer.aiter_bytes():
        body += chunk
        if len(body) > ANSWER_MAX:
            return b""
    return body


def _said(body: bytes) -> str:
    """What an error answer says (RFC 8935 2.4, RFC 6749 5.2), as far as it can be read."""
    try:
        said = strict_json(body)
    except JoseError:
        return ""
    if not isinstance(said, dict):
        return ""
    for code, more in (("err", "description"), ("error", "error_description")):
        if isinstance(said.get(code), str):
            text = readable(f"{said[code]} {said.get(more, '')}")
            return f": {text}" if text else ""
    return ""
