"""Asks a host that an app has named, at an address that was found within reach.

A host is resolved once for each request, and what is connected to is what was looked at: a name
that leads elsewhere a moment later leads nowhere.
"""

import asyncio
import ssl
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import cache

import httpx

from mynaportal_sim.delivery.reach import Address, Reach
from mynaportal_sim.errors import PortalError

SECONDS = 5.0


class OutOfReachError(PortalError):
    """The host leads where the portal does not connect to; the text says where, or why not."""


def client() -> httpx.AsyncClient:
    """What asks: it follows no redirect and takes nothing from the environment."""
    return httpx.AsyncClient(
        verify=_trusted(), timeout=SECONDS, follow_redirects=False, trust_env=False
    )


@cache
def _trusted() -> ssl.SSLContext:
    """The authorities that every client trusts; to read them takes longer than to ask."""
    return httpx.create_ssl_context(trust_env=False)


@asynccontextmanager
async def answered(
    http: httpx.AsyncClient,
    method: str,
    url: httpx.URL,
    reach: Reach,
    headers: Mapping[str, str],
    content: str | None = None,
) -> AsyncIterator[httpx.Response]:
    """The answer of the first address of the host that takes a connection, its body unread.

    Raises:
        OutOfReachError: nothing is sent there.
        httpx.HTTPError: no address answered.
    """
    found = await asyncio.to_thread(reach.of, url.raw_host.decode())
    if isinstance(found, str):
        raise OutOfReachError(found)
    said = (method, url, headers, content)
    answer = await _first(http, [_asked(http, address, *said) for address in found])
    try:
        yield answer
    finally:
        await answer.aclose()


async def _first(http: httpx.AsyncClient, requests: Sequence[httpx.Request]) -> httpx.Response:
    """The answer to the first of these whose address takes a connection."""
    for request in requests[:-1]:
        try:
            return await http.send(request, stream=True)
        except (httpx.ConnectError, httpx.ConnectTimeout):
            continue
    return await http.send(requests[-1], stream=True)


def _asked(
    http: httpx.AsyncClient,
    address: Address,
    method: str,
    url: httpx.URL,
    headers: Mapping[str, str],
    content: str | None,
) -> httpx.Request:
    """The request to this address, in the name of the host that the app named."""
    # A connection is known by its address: another app's host may be at the same.
    named = {**headers, "Host": url.netloc.decode(), "Connection": "close"}
    place, sni = url.copy_with(host=str(address)), {"sni_hostname": url.raw_host.decode()}
    return http.build_request(method, place, headers=named, content=content, extensions=sni)
