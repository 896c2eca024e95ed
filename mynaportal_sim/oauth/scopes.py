"""Which scopes exist, and which category of data each SMART App Launch 2 scope stands for."""

import json
import re
from collections.abc import Collection, Iterable, Mapping
from importlib.resources import files

from mynaportal_sim.oauth.errors import InvalidScopeError

OPENID = "openid"
OFFLINE = "offline_access"
LAUNCH_PATIENT = "launch/patient"
FHIR_USER = "fhirUser"

_FILE = json.loads(files(__package__).joinpath("scopes.json").read_text())
CATEGORY_OF: Mapping[str, str] = _FILE["categories"]
SYSTEM: frozenset[str] = frozenset(_FILE["system"])
"""What an app asks for itself, with nobody there (SMART Backend Services)."""
SCOPES: frozenset[str] = frozenset(CATEGORY_OF) | frozenset(_FILE["without_data"]) | SYSTEM

_TOKEN = re.compile(r"[\x21\x23-\x5b\x5d-\x7e]+")


def parse(text: str, allowed: Collection[str]) -> tuple[str, ...]:
    """The scopes in a `scope` parameter, sorted (RFC 6749 3.3).

    Raises:
        InvalidScopeError: it is malformed, or holds one that is not among `allowed`.
    """
    return registered(split(text), allowed)


def split(text: str) -> list[str]:
    """What stands in a `scope` parameter, sorted. Raises InvalidScopeError: it is malformed."""
    found = sorted(set(text.split(" ")))
    if not all(map(_TOKEN.fullmatch, found)):
        raise InvalidScopeError("scope is malformed: names joined by single spaces")
    return found


def registered(scopes: Iterable[str], allowed: Collection[str]) -> tuple[str, ...]:
    """The same scopes. Raises InvalidScopeError: one is not among those `allowed`."""
    for scope in scopes:
        if scope not in allowed:
            raise InvalidScopeError(f"this app is not registered for the scope {scope}")
    return tuple(scopes)


def categories(scopes: Iterable[str]) -> frozenset[str]:
    """The categories of data that scopes ask for."""
    return frozenset(CATEGORY_OF[scope] for scope in scopes if scope in CATEGORY_OF)
