"""Sends what must reach an app to its endpoint: events (RFC 8935), and what else there is.

The endpoint's host is resolved once for each try, and what is connected to is the address that
was found within reach: a name that leads elsewhere a moment later leads nowhere.
"""

import asyncio
from collections.abc import Collection
from http import HTTPStatus
from typing import NamedTuple

import httpx

from mynaportal_sim.delivery.model import readable
from mynaportal_sim.delivery.reach import Address, Reach
from mynaportal_sim.delivery.security_event import MEDIA_TYPE
from mynaportal_sim.jose import JoseError, strict_json

SECONDS = 5.0
SECONDS_IN_ALL = 15.0
ANSWER_MAX = 8192


class Message(NamedTuple):
    """What is sent, and which answers acknowledge it."""

    content: str
    media_type: str
    acknowledged_by: Collection[int]


def client() -> httpx.AsyncClient:
    """What pushes: it follows no redirect and takes nothing from the environment."""
    return httpx.AsyncClient(timeout=SECONDS, follow_redirects=False, trust_env=False)


async def push(http: httpx.AsyncClient, endpoint: str, token: str, reach: Reach) -> str:
    """Send one event; what was wrong, empty if the app has acknowledged it (202)."""
    return await send(http, endpoint, Message(token, MEDIA_TYPE, {HTTPStatus.ACCEPTED}), reach)


async def send(http: httpx.AsyncClient, endpoint: str, message: Message, reach: Reach) -> str:
    """Send one message; what was wrong, empty if the app has acknowledged it."""
    try:
        url = httpx.URL(endpoint)
        async with asyncio.timeout(SECONDS_IN_ALL):
            found = await asyncio.to_thread(reach.of, url.raw_host.decode())
            if isinstance(found, str):
                return f"not sent: the host {found}"
            for address in found[:-1]:
                try:
                    return await _send(http, url, address, message)
                except (httpx.ConnectError, httpx.ConnectTimeout):
                    continue
            return await _send(http, url, found[-1], message)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError) as error:
        return f"no answer: {type(error).__name__}"


async def _send(
    http: httpx.AsyncClient, url: httpx.URL, address: Address, message: Message
) -> str:
    """Send it to this address, in the name of the host that the app named."""
    headers = {
        "Host": url.netloc.decode(),
        "Content-Type": message.media_type,
        "Accept": "application/json",
        # A connection is known by its address: another app's host may be at the same.
        "Connection": "close",
    }
    named = {"sni_hostname": url.raw_host.decode()}
    place = url.copy_with(host=str(address))
    async with http.stream(
        "POST", place, content=message.content, headers=headers, extensions=named
    ) as answer:
        if answer.status_code in message.acknowledged_by:
            return ""
        body = await _read(answer)
    return f"HTTP {answer.status_code}{_said(body)}"


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
