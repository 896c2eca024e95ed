"""What a request must be before anything of the agent looks at it (reference login, 7.2).

Each check is a small function that answers with a Refusal or None; they run in the order of
CHECKS. They see the request as it came, not as a framework understood it: two Host headers, an
address before the path and an upgrade are told apart here and nowhere later.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from typing import Any, NamedTuple

from card_reader.agent.pairing import Tokens
from card_reader.agent.refusal import Code, Refusal
from card_reader.agent.wire import BODY_MAX, Shape, read

PREFLIGHT = "OPTIONS"
_READS = "GET"
_JSON = "application/json"
_BEARER = re.compile(r"Bearer ([A-Za-z0-9_-]{43})")
_SITES = frozenset({"same-site", "cross-site", "same-origin"})


@dataclass(frozen=True, slots=True)
class Request:
    """A request's head as it came over the wire."""

    kind: str
    method: str
    target: bytes
    headers: tuple[tuple[bytes, bytes], ...]
    peer: str | None

    @classmethod
    def of(cls, scope: Mapping[str, Any]) -> "Request":
        """The head in an ASGI scope of the type http or websocket."""
        headers = tuple((name.lower(), value) for name, value in scope["headers"])
        target = scope.get("raw_path") or scope["path"].encode()
        client = scope.get("client")
        return cls(
            scope["type"],
            scope.get("method", _READS),
            target,
            headers,
            client[0] if client else None,
        )

    def every(self, name: str) -> list[str]:
        """The values of each header of that name, in their order."""
        wanted = name.encode()
        return [value.decode("latin-1") for header, value in self.headers if header == wanted]

    def only(self, name: str) -> str | None:
        """The value of a header that is there exactly once."""
        values = self.every(name)
        return values[0] if len(values) == 1 else None


@dataclass(frozen=True, slots=True)
class Route:
    """What may be asked at one path: by which method, with which body, with a token or not."""

    path: re.Pattern[str]
    method: str
    shape: Shape | None = None
    needs_token: bool = True


@dataclass(frozen=True, slots=True)
class Rules:
    """What this agent goes by: its own names, the origins it serves, and its routes."""

    hosts: frozenset[str]
    origins: frozenset[str]
    routes: tuple[Route, ...]

    def at(self, target: bytes) -> list[Route]:
        """The routes at a path, which must be written as they write it."""
        path = target.decode("latin-1")
        return [route for route in self.routes if route.path.fullmatch(path)]

    def route(self, request: Request) -> Route | None:
        """The route that a request asks for."""
        return next((r for r in self.at(request.target) if r.method == request.method), None)


@dataclass(frozen=True, slots=True)
class Asked:
    """A request whose head has passed, with its body and what that was read as."""

    request: Request
    route: Route
    body: bytes
    value: dict[str, Any] | None
    tokens: Tokens
    now: float

    @classmethod
    def of(
        cls, request: Request, route: Route, body: bytes, tokens: Tokens, now: float
    ) -> "Asked":
        """What the checks of a body look at; `now` is a monotonic clock's."""
        value = read(body, route.shape) if route.shape is not None else None
        return cls(request, route, body, value, tokens, now)


def peer_is_loopback(request: Request, _rules: Rules) -> Refusal | None:
    """Nobody comes from another machine, whatever the socket is bound to."""
    try:
        well = request.peer is not None and ip_address(request.peer).is_loopback
    except ValueError:
        well = False
    return None if well else Refusal(Code.PEER_NOT_ALLOWED)


def host_is_ours(request: Request, rules: Rules) -> Refusal | None:
    """A name that was rebound to this machine is not one of ours."""
    well = request.only("host") in rules.hosts
    return None if well else Refusal(Code.HOST_NOT_ALLOWED)


def target_is_here(request: Request, rules: Rules) -> Refusal | None:
    """An address before the path (RFC 9112, 3.2.2) outranks Host, so must be ours as well."""
    if request.target.startswith(b"/"):
        return None
    authority = request.target.decode("latin-1").partition("://")[2].partition("/")[0]
    return None if authority in rules.hosts else Refusal(Code.HOST_NOT_ALLOWED)


def origin_is_allowed(request: Request, rules: Rules) -> Refusal | None:
    """One of the portals that the owner named, letter by letter."""
    well = request.only("origin") in rules.origins
    return None if well else Refusal(Code.ORIGIN_NOT_ALLOWED)


def fetch_is_a_scripts(request: Request, _rules: Rules) -> Refusal | None:
    """Where a browser says what it fetches for (Fetch Metadata): no form, image or frame."""
    told = (
        set(request.every("sec-fetch-site")) <= _SITES,
        set(request.every("sec-fetch-mode")) <= {"cors"},
        set(request.every("sec-fetch-dest")) <= {"empty"},
    )
    return None if all(told) else Refusal(Code.FETCH_NOT_ALLOWED)


def no_upgrade(request: Request, _rules: Rules) -> Refusal | None:
    """No WebSocket: browsers put no CORS before it."""
    well = request.kind == "http" and not request.every("upgrade")
    return None if well else Refusal(Code.UPGRADE_NOT_ALLOWED)


def path_is_known(request: Request, rules: Rules) -> Refusal | None:
    """One of the agent's few paths."""
    return None if rules.at(request.target) else Refusal(Code.NOT_FOUND)


def method_is_known(request: Request, rules: Rules) -> Refusal | None:
    """What that path can be asked by."""
    return None if rules.route(request) else Refusal(Code.METHOD_NOT_ALLOWED)


def body_says_json(request: Request, _rules: Rules) -> Refusal | None:
    """A type that no form can send, so that a browser asks by a preflight first."""
    if request.method != "POST":
        return None
    said = request.only("content-type") or ""
    well = said.partition(";")[0].strip().lower() == _JSON
    return None if well else Refusal(Code.MEDIA_TYPE_NOT_ALLOWED)


def body_is_short(asked: Asked) -> Refusal | None:
    """At most 8 KiB."""
    return Refusal(Code.BODY_TOO_LONG) if len(asked.body) > BODY_MAX else None


def body_has_its_shape(asked: Asked) -> Refusal | None:
    """Exactly the fields that the route knows; nothing where it wants none."""
    if asked.route.shape is None:
        return Refusal(Code.BODY_MALFORMED) if asked.body else None
    return Refusal(Code.BODY_MALFORMED) if asked.value is None else None


def token_holds(asked: Asked) -> Refusal | None:
    """What pairing gave to pages of this very origin."""
    if not asked.route.needs_token:
        return None
    borne = _BEARER.fullmatch(asked.request.only("authorization") or "")
    origin = asked.request.only("origin") or ""
    well = borne is not None and asked.tokens.holds(borne[1], origin, asked.now)
    return None if well else Refusal(Code.TOKEN_INVALID)


def challenge_is_for_the_page(asked: Asked) -> Refusal | None:
    """What is signed names the origin that the browser vouches for."""
    challenge = (asked.value or {}).get("challenge")
    if challenge is None or challenge.get("origin") == asked.request.only("origin"):
        return None
    return Refusal(Code.ORIGIN_MISMATCH)


HeadCheck = Callable[[Request, Rules], Refusal | None]
BodyCheck = Callable[[Asked], Refusal | None]


class Checks(NamedTuple):
    """All checks in their order. A preflight is answered between `who` and `what`."""

    who: tuple[HeadCheck, ...]
    what: tuple[HeadCheck, ...]
    body: tuple[BodyCheck, ...]


CHECKS = Checks(
    who=(
        peer_is_loopback,
        host_is_ours,
        target_is_here,
        origin_is_allowed,
        fetch_is_a_scripts,
        no_upgrade,
    ),
    what=(path_is_known, method_is_known, body_says_json),
    body=(body_is_short, body_has_its_shape, token_holds, challenge_is_for_the_page),
)


def refused(checks: tuple[HeadCheck, ...], request: Request, rules: Rules) -> Refusal | None:
    """The first refusal, if there is one."""
    return next((no for check in checks if (no := check(request, rules))), None)


def allowed_origin(request: Request, rules: Rules) -> str | None:
    """The origin that may read an answer, were it a refusal; None if there is none."""
    if host_is_ours(request, rules) or origin_is_allowed(request, rules):
        return None
    return request.only("origin")


def preflight(request: Request, origin: str) -> dict[str, str]:
    """The headers that tell a browser what a page of `origin` may send (Fetch, 3.2)."""
    headers = {
        "access-control-allow-methods": "GET, POST, DELETE",
        "access-control-allow-headers": "authorization, content-type",
        "access-control-max-age": "60",
    }
    if request.only("access-control-request-private-network") == "true":
        headers["access-control-allow-private-network"] = "true"
    return headers | readable_by(origin)


def readable_by(origin: str | None) -> dict[str, str]:
    """The headers of every answer; scripts of `origin` may read it, nobody else's may."""
    always = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
    if origin is None:
        return always
    return always | {
        "access-control-allow-origin": origin,
        "vary": "Origin",
        "cross-origin-resource-policy": "cross-origin",
    }
