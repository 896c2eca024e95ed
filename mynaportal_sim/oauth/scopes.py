"""Which scopes exist, and which category of data each SMART App Launch 2 scope stands for."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from importlib.resources import files

from mynaportal_sim.oauth.errors import InvalidScopeError

OPENID = "openid"

_FILE = json.loads(files(__package__).joinpath("scopes.json").read_text())
CATEGORY_OF: Mapping[str, str] = _FILE["categories"]
SCOPES: frozenset[str] = frozenset(CATEGORY_OF) | frozenset(_FILE["without_data"])

_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")


def parse(text: str, allowed: Collection[str]) -> tuple[str, ...]:
    """The scopes in a `scope` parameter, sorted (RFC 6749 3.3).

    Raises:
        InvalidScopeError: it is malformed, or holds one that is not among `allowed`.
    """
    scopes = sorted(set(text.split(" ")))
    for scope in scopes:
        if not _TOKEN.fullmatch(scope):
            raise InvalidScopeError("scope is malformed: names joined by single spaces")
        if scope not in allowed:
            raise InvalidScopeError(f"this app is not registered for the scope {scope}")
    return tuple(scopes)


def categories(scopes: Iterable[str]) -> frozenset[str]:
    """The categories of data that scopes ask for."""
    return frozenset(CATEGORY_OF[scope] for scope in scopes if scope in CATEGORY_OF)


def granted(asked: Iterable[str], given: Collection[str]) -> str:
    """What is left of the scopes asked for once a person gave only some categories."""
    return " ".join(
        scope for scope in asked if scope not in CATEGORY_OF or CATEGORY_OF[scope] in given
    )
