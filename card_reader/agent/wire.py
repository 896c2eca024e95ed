"""Strict reading of what a page sends: one JSON object, no name twice, no field unknown."""

import json
import re
from collections.abc import Mapping
from typing import Any, NoReturn

BODY_MAX = 8 * 1024
"""Bytes of a request's body."""

Rule = Any
"""What a value must be: a constant, a pattern that a whole text matches, or a shape."""


class Shape(dict[str, Rule]):
    """Fields by name; those whose name ends in `?` may be left out."""


_ID = r"[0-9A-Z]{26}"
CHALLENGE = Shape(
    {
        "v": 1,
        "login_id": re.compile(_ID),
        "nonce": re.compile(r"[A-Za-z0-9_-]{43}"),
        "origin": re.compile(r"https?://[a-z0-9.:\[\]-]{1,248}"),
        "session_hash": re.compile(r"[0-9a-f]{64}"),
        "channel": "agent",
        "issued_at": re.compile(r"[0-9TZ:.+-]{20,32}"),
        "expires_at": re.compile(r"[0-9TZ:.+-]{20,32}"),
        "purpose": re.compile(r"login|consent:[0-9a-f]{64}|unlink:[A-Za-z0-9_-]{1,64}"),
        "display": Shape(
            {
                "service": re.compile(r"[^\x00-\x1f]{1,64}"),
                "request_code": re.compile(r"[A-Z2-7]{3}-[A-Z2-7]{3}"),
            }
        ),
    }
)
"""A portal's challenge (reference login, 7.5)."""
PAIR = Shape({"code": re.compile(r"[0-9]{8}")})
OPERATION = Shape(
    {"type": "login", "challenge": CHALLENGE, "reader?": re.compile(r"[0-9a-f]{16}")}
)


def read(body: bytes, shape: Shape) -> dict[str, Any] | None:
    """The object in `body`, if it has exactly this shape; None for anything else."""
    try:
        value = _DECODER.decode(body.decode())
    except (ValueError, RecursionError):
        return None
    return value if _fits(value, shape) else None


def _fits(value: object, rule: Rule) -> bool:
    if isinstance(rule, Shape):
        return isinstance(value, dict) and _has_shape(value, rule)
    if isinstance(rule, re.Pattern):
        # No invisible or direction-changing character, which could disguise a text on show.
        return isinstance(value, str) and value.isprintable() and bool(rule.fullmatch(value))
    return type(value) is type(rule) and bool(value == rule)


def _has_shape(value: Mapping[str, object], shape: Shape) -> bool:
    rules = {name.rstrip("?"): rule for name, rule in shape.items()}
    if not value.keys() <= rules.keys() or not shape.keys() & rules.keys() <= value.keys():
        return False
    return all(_fits(one, rules[name]) for name, one in value.items())


def _members(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise ValueError("a member is given twice")
    return members


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not JSON")


_DECODER = json.JSONDecoder(object_pairs_hook=_members, parse_constant=_no_constant)
