"""Codes of a portal whose person has consented before: each a whole way of three requests."""

import json
import re
from http import HTTPStatus
from urllib.parse import parse_qs, urlencode, urlsplit

from mynaportal_sim.cli.benchmarks.contender import Contender
from mynaportal_sim.cli.benchmarks.errors import LoadError
from mynaportal_sim.cli.benchmarks.load import SUCCESS, fire, request

_LOCATION = re.compile(rb"\r\nlocation: *([^\r]+)", re.IGNORECASE)


def walked(one: Contender, details: str, cookie: str, count: int) -> list[str]:
    """So many codes for what the person consented to; `cookie` is their session."""
    ways = _Ways(one, details, cookie, count)
    fire(one.server.port, ways, {*SUCCESS, HTTPStatus.SEE_OTHER})
    return ways.codes


class _Ways:
    """Feeds a connection a pushed request, the page it leads to, and where that leads."""

    def __init__(self, one: Contender, details: str, cookie: str, count: int) -> None:
        self.codes: list[str] = []
        self._one = one
        self._details = details
        self._cookie = cookie
        self._left = count

    def __call__(self, _connection: int, answer: bytes) -> bytes | None:
        location = _LOCATION.search(answer)
        if location is not None:
            return self._follow(location[1].decode())
        if answer:
            return self._open(answer)
        return self._begin()

    def _begin(self) -> bytes | None:
        if not self._left:
            return None
        self._left -= 1
        return self._one.push(self._details)

    def _open(self, pushed: bytes) -> bytes:
        handle = json.loads(pushed.partition(b"\r\n\r\n")[2])["request_uri"]
        query = urlencode({"client_id": self._one.party.client_id, "request_uri": handle})
        return self._get(f"/authorize?{query}")

    def _follow(self, location: str) -> bytes | None:
        if location.startswith("/interactions/"):
            return self._get(location)
        query = parse_qs(urlsplit(location).query)
        if "code" not in query:
            raise LoadError(f"the portal gave no code but sent the browser to {location}")
        self.codes += query["code"]
        return self._begin()

    def _get(self, path: str) -> bytes:
        headers = {"Accept": "application/json", "Cookie": self._cookie}
        return request("GET", path, self._one.server.host, headers)
