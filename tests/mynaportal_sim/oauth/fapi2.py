"""The way of a FAPI 2.0 app through the server, a step each."""

from collections.abc import Mapping
from urllib.parse import parse_qs, urlsplit
from uuid import UUID

import httpx
from cryptography.hazmat.primitives.asymmetric import ec

from mynaportal_sim.jose import parse_jwk

from .conftest import Portal
from .kit import CALLBACK, ISSUER, AppKit, Form, public_jwk

PAR, TOKEN, RESOURCE = f"{ISSUER}/par", f"{ISSUER}/token", f"{ISSUER}/fhir/Patient"
INTERACTIONS = "/interactions/"

Changed = dict[str, str | None]
Query = dict[str, list[str]]


def thumbprint(key: ec.EllipticCurvePrivateKey) -> str:
    return parse_jwk(dict(public_jwk(key))).thumbprint


def push(
    portal: Portal, kit: AppKit, changed: Changed | None = None, proven: bool = True
) -> Form:
    """What the browser brings for a pushed request."""
    headers = kit.proof(PAR) if proven else {}
    pushed = portal.post("/par", kit.signed(kit.request(**(changed or {}))), headers)
    assert pushed.status_code == 201, pushed.text
    return {"client_id": kit.client_id, "request_uri": pushed.json()["request_uri"]}


def begin(portal: Portal, brought: Mapping[str, str]) -> UUID:
    answered = portal.authorize(brought)
    assert answered.status_code == 303, answered.text
    return UUID(answered.headers["location"].removeprefix(INTERACTIONS))


def returned(location: str) -> Query:
    assert location.startswith(f"{CALLBACK}?")
    return parse_qs(urlsplit(location).query)


def code_for(portal: Portal, brought: Mapping[str, str]) -> str:
    return returned(portal.allow(begin(portal, brought)))["code"][0]


def opened(
    portal: Portal,
    kit: AppKit,
    token: str,
    scheme: str = "DPoP",
    spoilt: Mapping[str, object] | None = None,
) -> httpx.Response:
    """What a resource answers to a token with a proof; `spoilt` are parts of the proof."""
    proof = kit.proof(RESOURCE, "GET", token, **(spoilt or {}))  # type: ignore[arg-type]  # parts
    return portal.fetch(f"{scheme} {token}", **proof)
