"""What the server says of itself: RFC 8414, OpenID Connect Discovery and its key set.

The documents change only with the issuer and the keys, so they are rendered once, with an ETag.
Discovery says the same as RFC 8414, byte for byte.
"""

import json
from functools import lru_cache
from hashlib import sha256
from typing import NamedTuple

from fastapi import APIRouter, Request
from starlette.responses import Response

from consent.token import DETAIL_TYPE
from mynaportal_sim.login.sessions import ACR
from mynaportal_sim.oauth import keys
from mynaportal_sim.oauth.errors import DPOP_ALGORITHMS
from mynaportal_sim.oauth.profiles import DEMANDS
from mynaportal_sim.oauth.request import PROMPTS
from mynaportal_sim.oauth.scopes import SCOPES
from mynaportal_sim.oauth.server import ServerDep
from mynaportal_sim.oauth.token import GRANTS

MAX_AGE = 300

router = APIRouter()


class Document(NamedTuple):
    """A rendered document and its ETag."""

    body: bytes
    etag: str

    def answer(self, request: Request) -> Response:
        """The document, or 304 to a client that has it (RFC 9110 13.1.2)."""
        headers = {
            "ETag": self.etag,
            "Cache-Control": f"public, max-age={MAX_AGE}",
            "Access-Control-Allow-Origin": "*",
        }
        if request.headers.get("if-none-match") == self.etag:
            return Response(status_code=304, headers=headers)
        return Response(self.body, headers=headers, media_type="application/json")


@router.get("/.well-known/oauth-authorization-server")
@router.get("/.well-known/openid-configuration")
async def metadata(request: Request, server: ServerDep) -> Response:
    """Addresses and abilities of this server."""
    return _metadata(server.issuer).answer(request)


@router.get("/jwks")
async def jwks(request: Request, server: ServerDep) -> Response:
    """The public keys by which tokens can be verified."""
    return _document(server.keys.jwks).answer(request)


@lru_cache(maxsize=8)
def _metadata(issuer: str) -> Document:
    return _document(json.dumps(describe(issuer), separators=(",", ":")).encode())


@lru_cache(maxsize=8)
def _document(body: bytes) -> Document:
    return Document(body, f'"{sha256(body).hexdigest()[:32]}"')


def describe(issuer: str) -> dict[str, object]:
    """The metadata of the server at `issuer`."""
    algorithms = sorted(set().union(*(one.assertion_algorithms for one in DEMANDS.values())))
    authentication: dict[str, object] = {}
    for endpoint in ("token", "introspection", "revocation"):
        prefix = f"{endpoint}_endpoint_auth"
        authentication[f"{prefix}_methods_supported"] = ["private_key_jwt"]
        authentication[f"{prefix}_signing_alg_values_supported"] = algorithms
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "pushed_authorization_request_endpoint": f"{issuer}/par",
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        "jwks_uri": f"{issuer}/jwks",
        **authentication,
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANTS),
        "scopes_supported": sorted(SCOPES),
        "authorization_details_types_supported": [DETAIL_TYPE],
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": DPOP_ALGORITHMS.split(),
        "authorization_response_iss_parameter_supported": True,
        "require_pushed_authorization_requests": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        "claims_parameter_supported": False,
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": [keys.ALGORITHM],
        "claims_supported": [
            "iss",
            "sub",
            "aud",
            "iat",
            "exp",
            "auth_time",
            "nonce",
            "acr",
            "amr",
            "at_hash",
        ],
        "acr_values_supported": [ACR],
        "prompt_values_supported": sorted(PROMPTS),
        "ui_locales_supported": ["ja", "en"],
    }
