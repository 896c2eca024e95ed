"""How often one client address may try to log in (reference `login`, 7.6, step 0)."""

from collections import OrderedDict
from datetime import datetime
from ipaddress import IPv4Address, ip_address, ip_network
from math import ceil

from fastapi import Depends, Request

from mynaportal_sim.deps import NowDep
from mynaportal_sim.login.errors import RateLimitedError

BURST = 400
PER_SECOND = 200.0
ADDRESSES_MAX = 10_000
_NETWORK_BITS = 64
SECOND_DEVICE_BURST = 5
"""Logins by a second device that one address may begin at once, and in each minute after it."""
CODES_BURST = 10
"""Codes of devices that one address may type at once, and in each minute after (RFC 8628 5.1).

Whoever guesses from one address hits a certain code, while it waits, once in 200 million times.
"""


class RateLimit:
    """A token bucket for each address, or other name: `burst` at once, then `per_second`.

    It slows a flood down. What keeps a PIN from being guessed is the card's own counter, so the
    defaults let a load test pass.
    """

    def __init__(self, burst: int = BURST, per_second: float = PER_SECOND) -> None:
        self._burst = burst
        self._per_second = per_second
        self._buckets: OrderedDict[str, tuple[float, datetime]] = OrderedDict()

    def take(self, address: str, now: datetime) -> int:
        """Take one attempt; 0 if it is granted, else the whole seconds until one will be."""
        left, since = self._buckets.pop(address, (float(self._burst), now))
        refilled = left + max(0.0, (now - since).total_seconds()) * self._per_second
        tokens = min(float(self._burst), refilled)
        granted = tokens >= 1
        self._buckets[address] = (tokens - granted, now)
        if len(self._buckets) > ADDRESSES_MAX:
            self._buckets.popitem(last=False)
        return 0 if granted else ceil((1 - tokens) / self._per_second)

    def give_back(self, address: str) -> None:
        """Let the last attempt count as none."""
        if address in self._buckets:
            left, since = self._buckets[address]
            self._buckets[address] = (min(float(self._burst), left + 1), since)


def subscriber(address: str) -> str:
    """Whose an address is: one that has IPv6 has a network of 64 bits at least (RFC 6177)."""
    try:
        found = ip_address(address)
    except ValueError:
        return address
    if isinstance(found, IPv4Address):
        return address
    mapped = found.ipv4_mapped
    return str(mapped or ip_network((found, _NETWORK_BITS), strict=False).network_address)


def _take(request: Request, limit: RateLimit, now: datetime) -> None:
    address = subscriber(request.client.host) if request.client else ""
    if wait := limit.take(address, now):
        raise RateLimitedError(wait)


async def _limited(request: Request, now: NowDep) -> None:
    _take(request, request.app.state.login_limit, now)


async def _second_devices_limited(request: Request, now: NowDep) -> None:
    _take(request, request.app.state.second_device_limit, now)


async def _codes_limited(request: Request, now: NowDep) -> None:
    if request.method == "POST" or "user_code" in request.query_params:
        _take(request, request.app.state.code_limit, now)


RateLimited = Depends(_limited)
"""A dependency that counts the request, and refuses it with 429 when there were too many."""
SecondDevicesLimited = Depends(_second_devices_limited)
"""The same for the beginning of a login by a second device."""
CodesLimited = Depends(_codes_limited)
"""The same for each code of a device that is typed."""
