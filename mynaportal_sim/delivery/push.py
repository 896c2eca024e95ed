"""Pushes an event to the app's endpoint (RFC 8935).

The endpoint's host is resolved once for each push, and what is connected to is the address that
was found within reach: a name that leads elsewhere a moment later leads nowhere.
"""

import asyncio
from http import HTTPStatus

import httpx

from mynaportal_sim.delivery.model import readable
from mynaportal_sim.delivery.reach import Address, Reach
from mynaportal_sim.delivery.security_event import MEDIA_TYPE
from mynaportal_sim.jose import JoseError, strict_json

SECONDS = 5.0
SECONDS_IN_ALL = 15.0
ANSWER_MAX = 8192


def client() -> httpx.AsyncClient:
    """What pushes: it follows no redirect and takes nothing from the environment."""
    return httpx.AsyncClient(timeout=SECONDS, follow_redirects=False, trust_env=False)


async def push(http: httpx.AsyncClient, endpoint: str, token: str, reach: Reach) -> str:
    """Send one event; what was wrong, empty if the app has acknowledged it (202)."""
    try:
        url = httpx.URL(endpoint)
        async with asyncio.timeout(SECONDS_IN_ALL):
            found = await asyncio.to_thread(reach.of, url.raw_host.decode())
            if isinstance(found, str):
                return f"not sent: the host {found}"
            for address in found[:-1]:
                try:
                    return await _send(http, url, address, token)
                except (httpx.ConnectError, httpx.ConnectTimeout):
                    continue
            return await _send(http, url, found[-1], token)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError) as error:
        return f"no answer: {type(error).__name__}"


async def _send(http: httpx.AsyncClient, url: httpx.URL, address: Address, token: str) -> str:
    """Send it to this address, in the name of the host that the app named."""
    headers = {
        "Host": url.netloc.decode(),
        "Content-Type": MEDIA_TYPE,
        "Accept": "application/json",
        # A connection is known by its address: another app's host may be at the same.
        "Connection": "close",
    }
    named = {"sni_hostname": url.raw_host.decode()}
    place = url.copy_with(host=str(address))
    async with http.stream(
        "POST", place, content=token, headers=headers, extensions=named
    ) as answer:
        if answer.status_code == HTTPStatus.ACCEPTED:
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
    """What an error answer says (RFC 8935 2.4), as far as it can be read."""
    try:
        said = strict_json(body)
    except JoseError:
        return ""
    if not isinstance(said, dict) or not isinstance(said.get("err"), str):
        return ""
    text = readable(f"{said['err']} {said.get('description', '')}")
    return f": {text}" if text else ""
