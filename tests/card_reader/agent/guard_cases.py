"""Requests that the guard judges, each wrong in one way, named as in reference login, 9."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from tests.card_reader.agent.kit import (
    CHALLENGE,
    LOGIN,
    ORIGIN,
    OTHER_ORIGIN,
    PORT,
    Answer,
    Headers,
    House,
)

ACAO = "access-control-allow-origin"
PNA = "access-control-allow-private-network"


@dataclass(frozen=True)
class Case:
    """A request, and what must come back. `changed` are headers, None for one that is left out.

    `present` are headers of the answer; None for one that must not be there.
    """

    id: str
    status: int
    error: str | None = None
    method: str = "GET"
    target: str = "/v1/readers"
    changed: Mapping[str, str | None] = field(default_factory=dict)
    more: Headers = field(default_factory=list)
    body: bytes = b""
    scope: Mapping[str, Any] = field(default_factory=dict)
    present: Mapping[str, str | None] = field(default_factory=dict)

    async def ask(self, house: House) -> Answer:
        given = house.bearing(**self.changed) + self.more
        return await house.ask(self.method, self.target, given, self.body, **self.scope)

    def holds(self, answer: Answer) -> bool:
        """Whether `answer` is the one that must come."""
        told = all(answer.headers.get(name) == value for name, value in self.present.items())
        return (answer.status, answer.error) == (self.status, self.error) and told


UNREADABLE = {ACAO: None}
READABLE = {ACAO: ORIGIN, "vary": "Origin", "cache-control": "no-store"}
JSON = {"content_type": "application/json"}
PREFLIGHT: Headers = [
    ("access-control-request-method", "POST"),
    ("access-control-request-headers", "authorization,content-type"),
]


def origin(case: str, value: str | None) -> Case:
    changed = {"origin": value, "authorization": None}
    target = "/v1/hello"
    return Case(case, 403, "origin_not_allowed", "GET", target, changed, present=UNREADABLE)


def host(case: str, value: str | None, *more: tuple[str, str]) -> Case:
    changed = {"host": value}
    return Case(
        case, 421, "host_not_allowed", changed=changed, more=list(more), present=UNREADABLE
    )


def fetch(case: str, site: str, mode: str, dest: str) -> Case:
    told = [("sec-fetch-site", site), ("sec-fetch-mode", mode), ("sec-fetch-dest", dest)]
    return Case(case, 403, "fetch_not_allowed", target="/v1/hello", more=told)


def post(
    case: str, status: int, error: str | None, body: bytes, target: str = "/v1/operations"
) -> Case:
    return Case(case, status, error, "POST", target, JSON, body=body, present=READABLE)


def wish(**changed: object) -> bytes:
    return json.dumps({**LOGIN, **changed}).encode()


CASES = (
    Case("a good question", 200, present=READABLE),
    Case(
        "a good question of a browser",
        200,
        more=[
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-dest", "empty"),
        ],
    ),
    post("a good order", 202, None, wish()),
    origin("A1 no Origin", None),
    origin("A2 null", "null"),
    origin("A3 more behind the name", f"{ORIGIN}.evil"),
    origin("A3 other scheme", ORIGIN.replace("https", "http")),
    origin("A3 other port", f"{ORIGIN}:8443"),
    origin("A3 trailing dot", f"{ORIGIN}."),
    origin("A3 upper case", ORIGIN.upper()),
    origin("A3 with a path", f"{ORIGIN}/"),
    Case(
        "A4 two Origins",
        403,
        "origin_not_allowed",
        target="/v1/hello",
        more=[("origin", ORIGIN)],
        present=UNREADABLE,
    ),
    Case(
        "A5 no token", 401, "token_invalid", changed={"authorization": None}, present=READABLE
    ),
    Case("A5 another's token", 401, "token_invalid", changed={"origin": OTHER_ORIGIN}),
    Case(
        "A5 an invented token",
        401,
        "token_invalid",
        changed={"authorization": "Bearer " + "z" * 43},
    ),
    Case(
        "A6 upgrade",
        403,
        "upgrade_not_allowed",
        more=[("connection", "Upgrade"), ("upgrade", "websocket")],
    ),
    Case("A6 websocket", 403, None, scope={"type": "websocket"}),
    host("A7 rebound name", f"evil.test:{PORT}"),
    host("A8 without port", "127.0.0.1"),
    host("A8 any address", f"0.0.0.0:{PORT}"),
    host("A8 short form", f"127.1:{PORT}"),
    host("A8 other port", f"127.0.0.1:{PORT + 1}"),
    host("A8 missing", None),
    host("A8 doubled", f"127.0.0.1:{PORT}", ("host", f"127.0.0.1:{PORT}")),
    Case(
        "A9 other authority",
        421,
        "host_not_allowed",
        scope={"raw_path": b"http://evil.test/v1/readers"},
    ),
    Case(
        "A10 text/plain",
        415,
        "media_type_not_allowed",
        "POST",
        "/v1/operations",
        {"content_type": "text/plain"},
        body=wish(),
    ),
    fetch("A11 form", "cross-site", "navigate", "document"),
    fetch("A11 image", "cross-site", "no-cors", "image"),
    fetch("A11 frame", "same-site", "navigate", "iframe"),
    fetch("A11 script without CORS", "same-origin", "no-cors", "empty"),
    fetch("A11 typed by hand", "none", "cors", "empty"),
    Case(
        "A12 preflight of a stranger",
        403,
        "origin_not_allowed",
        "OPTIONS",
        changed={"origin": "https://evil.test"},
        more=PREFLIGHT,
        present=UNREADABLE,
    ),
    Case(
        "A12 preflight",
        204,
        None,
        "OPTIONS",
        changed={"authorization": None},
        more=PREFLIGHT,
        present={**READABLE, PNA: None, "access-control-allow-credentials": None},
    ),
    Case(
        "A13 private network",
        204,
        None,
        "OPTIONS",
        more=[*PREFLIGHT, ("access-control-request-private-network", "true")],
        present={**READABLE, PNA: "true"},
    ),
    Case(
        "A13 private network of a stranger",
        403,
        "origin_not_allowed",
        "OPTIONS",
        changed={"origin": "https://evil.test"},
        more=[("access-control-request-private-network", "true")],
        present={ACAO: None, PNA: None},
    ),
    post("A16 digest", 400, "body_malformed", wish(digest="AA==")),
    post("A16 apdu", 400, "body_malformed", wish(apdu="00200080")),
    post("A16 pin", 400, "body_malformed", wish(challenge={**CHALLENGE, "pin": "1234"})),
    post("A20 too long", 413, "body_too_long", wish() + b" " * 8192),
    post("A20 unknown field", 400, "body_malformed", wish(colour="blue")),
    post("A20 name twice", 400, "body_malformed", wish()[:-1] + b', "type": "login"}'),
    post("A20 no JSON", 400, "body_malformed", b"{"),
    Case("A20 body of a GET", 400, "body_malformed", body=b"{}"),
    post(
        "A21 other origin",
        403,
        "origin_mismatch",
        wish(challenge={**CHALLENGE, "origin": OTHER_ORIGIN}),
    ),
    Case("unknown path", 404, "not_found", target="/v1/cards"),
    Case("path written otherwise", 404, "not_found", target="/v1/%72eaders"),
    Case("unknown method", 405, "method_not_allowed", "PUT"),
    Case(
        "from another machine",
        403,
        "peer_not_allowed",
        scope={"client": ("192.0.2.7", 40000)},
    ),
    Case("from nowhere", 403, "peer_not_allowed", scope={"client": None}),
)
