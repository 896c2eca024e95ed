"""Pushes an event to the app's endpoint (RFC 8935)."""

from http import HTTPStatus

import httpx

from mynaportal_sim.delivery.security_event import MEDIA_TYPE
from mynaportal_sim.jose import JoseError, strict_json

SECONDS = 5.0
ANSWER_MAX = 8192
_FAULT_MAX = 200


def client() -> httpx.AsyncClient:
    """What pushes: it follows no redirect and takes nothing from the environment."""
    return httpx.AsyncClient(timeout=SECONDS, follow_redirects=False, trust_env=False)


async def push(http: httpx.AsyncClient, endpoint: str, token: str) -> str:
    """Send one event; what was wrong, empty if the app has acknowledged it (202)."""
    headers = {"Content-Type": MEDIA_TYPE, "Accept": "application/json"}
    try:
        async with http.stream("POST", endpoint, content=token, headers=headers) as answer:
            if answer.status_code == HTTPStatus.ACCEPTED:
                return ""
            body = await _read(answer)
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError) as error:  # or no such host's name
        return f"no answer: {type(error).__name__}"
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
    text = f": {said['err']} {said.get('description', '')}".rstrip()[:_FAULT_MAX]
    return "".join(char if char.isprintable() else "�" for char in text)
