"""Reads what stands at an address that an app has named: its keys, or its redirect URIs.

Never in a unit of work, and never by more than one address, body and span of time: no redirect
is followed, nothing is decompressed.
"""

import asyncio
from dataclasses import replace
from http import HTTPStatus

import httpx

from mynaportal_sim.apps import uris
from mynaportal_sim.apps.errors import RegistrationError
from mynaportal_sim.apps.registration import Registration, parse_jwks
from mynaportal_sim.delivery import pinned
from mynaportal_sim.delivery.pinned import OutOfReachError
from mynaportal_sim.delivery.reach import Reach
from mynaportal_sim.jose import JoseError, strict_json

SECONDS_IN_ALL = 5.0
LENGTH_MAX = 65_536  # bytes
JWKS_URI, SECTOR = "jwks_uri", "sector_identifier_uri"
_HEADERS = {
    "Accept": "application/jwk-set+json, application/json",
    "Accept-Encoding": "identity",
}


async def with_its_keys(
    wanted: Registration, reach: Reach, turns: asyncio.Semaphore
) -> Registration:
    """`wanted` with the keys that stand at its jwks_uri, if it has one, read in its turn.

    Raises:
        RegistrationError: they cannot be read, or it brings others along.
    """
    if not wanted.jwks_uri:
        return wanted
    if wanted.jwks:
        raise RegistrationError(JWKS_URI, "give either the keys themselves or this, not both")
    async with turns:
        return replace(wanted, jwks=await key_set(wanted.jwks_uri, reach))


async def key_set(uri: str, reach: Reach) -> str:
    """The key set that stands at `uri`, good and public.

    Raises:
        PrivateKeyGivenError: one of its keys is private.
        RegistrationError: it cannot be read, or is no set of keys.
    """
    read = await _fetched(JWKS_URI, uri, reach)
    try:
        text = read.decode()
    except UnicodeDecodeError:
        raise RegistrationError(JWKS_URI, "what stands there is no JSON in UTF-8") from None
    try:
        parse_jwks(text)
    except RegistrationError as error:
        raise type(error)(JWKS_URI, error.fault, **error.values) from None
    return text


async def check_sector(wanted: Registration, reach: Reach, turns: asyncio.Semaphore) -> None:
    """See that a sector, if one is named, lists all redirect URIs (OIDC Registration 5).

    It is read in its turn.

    Raises:
        RegistrationError: it does not, or cannot be read.
    """
    uri = wanted.about.sector_identifier_uri
    if not uri:
        return
    try:
        async with turns:
            listed = strict_json(await _fetched(SECTOR, uri, reach))
    except JoseError:
        listed = None
    if not isinstance(listed, list):
        raise RegistrationError(SECTOR, "what stands there is no JSON array of redirect URIs")
    for missing in (one for one in wanted.redirect_uris if one not in listed):
        raise RegistrationError(SECTOR, "what stands there lacks “%(uri)s”", uri=missing)


async def _fetched(field: str, uri: str, reach: Reach) -> bytes:
    uris.plausible(field, uri)
    try:
        async with asyncio.timeout(SECONDS_IN_ALL):
            # To make the first one reads the certificates that it trusts, which takes long.
            http = await asyncio.to_thread(pinned.client)
            asked = pinned.answered(http, "GET", httpx.URL(uri), reach, _HEADERS)
            async with http, asked as answer:
                return await _read(field, answer)
    except OutOfReachError as error:
        raise RegistrationError(
            field, "was not asked, since the host %(why)s", why=str(error)
        ) from None
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError) as error:
        raise RegistrationError(
            field, "did not answer as it should: %(why)s", why=type(error).__name__
        ) from None


async def _read(field: str, answer: httpx.Response) -> bytes:
    if answer.status_code != HTTPStatus.OK:
        raise RegistrationError(
            field,
            "answered with HTTP %(status)s; it must be 200, and no redirect is followed",
            status=answer.status_code,
        )
    if answer.headers.get("content-encoding", "identity") != "identity":
        raise RegistrationError(field, "answered in compressed form, which was not asked for")
    body = b""
    async for chunk in answer.aiter_raw():
        body += chunk
        if len(body) > LENGTH_MAX:
            raise RegistrationError(
                field, "answered with more than %(most)s bytes", most=LENGTH_MAX
            )
    return body
