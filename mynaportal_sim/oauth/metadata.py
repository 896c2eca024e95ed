"""What the server says of itself (RFC 8414), and how it publishes that and what others say.

OpenID Connect Discovery says the same, byte for byte. The documents, with those of
`resources`, `smart_configuration` and `details_schema`, change only with the issuer, and the
key set with the keys, so each is rendered once for as long as it holds, with an ETag.
"""

import json
from collections.abc import Mapping
from hashlib import sha256

from sqlalchemy.exc import SQLAlchemyError
from starlette.types import ASGIApp, Receive, Scope, Send

from consent.model.granted import DETAIL_TYPE
from mynaportal_sim.apps.model import Profile
from mynaportal_sim.apps.registration import SIGNED_BY
from mynaportal_sim.login.assurance import acr_values
from mynaportal_sim.oauth import details_schema, managed, resources, smart_configuration
from mynaportal_sim.oauth.checks.request import PROMPTS
from mynaportal_sim.oauth.client_authentication import methods
from mynaportal_sim.oauth.errors import DPOP_ALGORITHMS
from mynaportal_sim.oauth.keys.files import ALGORITHM
from mynaportal_sim.oauth.keys.following import SigningKeys
from mynaportal_sim.oauth.keys.life import MAX_AGE
from mynaportal_sim.oauth.keys.ring import KeyRing
from mynaportal_sim.oauth.profiles import PROFILES
from mynaportal_sim.oauth.scopes import FHIR_USER, SCOPES
from mynaportal_sim.oauth.token import GRANTS

_CACHED = f"public, max-age={int(MAX_AGE.total_seconds())}".encode()


class Document:
    """A rendered document with its ETag; an ASGI application.

    One that is not `cacheable` is asked for anew each time, which its ETag keeps cheap.
    """

    def __init__(self, body: bytes, cacheable: bool = True) -> None:
        self.body = body
        etag = f'"{sha256(body).hexdigest()[:32]}"'.encode()
        self._etag = etag
        self._unchanged = [
            (b"etag", etag),
            (b"cache-control", _CACHED if cacheable else b"no-cache"),
            (b"access-control-allow-origin", b"*"),
        ]
        self._headers = [
            *self._unchanged,
            (b"content-type", b"application/json"),
            (b"content-length", str(len(body)).encode()),
        ]

    async def __call__(self, scope: Scope, _receive: Receive, send: Send) -> None:
        """Answer with the document, or 304 to a client that has it (RFC 9110 13.1.2)."""
        known = any(
            name == b"if-none-match" and value == self._etag for name, value in scope["headers"]
        )
        status, headers = (304, self._unchanged) if known else (200, self._headers)
        body = b"" if known or scope["method"] == "HEAD" else self.body
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": body})


def _document(content: Mapping[str, object]) -> Document:
    return Document(json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode())


class Published:
    """Answers for the documents of an authorization server, before anything is routed."""

    def __init__(
        self,
        app: ASGIApp,
        issuer: str,
        keys: SigningKeys,
        *,
        strict: bool = False,
        public_clients: bool = False,
    ) -> None:
        self._app = app
        self._keys = keys
        described = _document(describe(issuer, strict=strict, public_clients=public_clients))
        smart = smart_configuration.describe(issuer, public_clients=public_clients)
        self._documents: dict[str, ASGIApp] = {
            **{path: _document(one) for path, one in resources.described(issuer).items()},
            details_schema.PATH: _document(details_schema.described(issuer)),
            "/.well-known/oauth-authorization-server": described,
            "/.well-known/openid-configuration": described,
            smart_configuration.PATH: _document(smart),
            "/jwks": self._key_set,
        }
        self._ring: KeyRing | None = None
        self._rendered: Document | None = None

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        app = self._app
        if scope["type"] == "http" and scope["method"] in {"GET", "HEAD"}:
            app = self._documents.get(scope["path"], app)
        await app(scope, receive, send)

    async def _key_set(self, scope: Scope, receive: Receive, send: Send) -> None:
        try:
            ring = await self._keys.fresh()
        except SQLAlchemyError:
            # Apps that ask while the database is away need the keys for what they hold.
            if self._ring is None:
                raise
            ring = self._ring
        if self._rendered is None or ring is not self._ring:
            self._ring, self._rendered = ring, Document(ring.jwks, ring.cacheable)
        await self._rendered(scope, receive, send)


def describe(
    issuer: str, *, strict: bool = False, public_clients: bool = False
) -> dict[str, object]:
    """The metadata of the server at `issuer`; a strict one knows no soft cards.

    Where `public_clients` are let in, they authenticate by nothing.
    """
    return {
        "issuer": issuer,
        **_endpoints(issuer),
        **_of_authentication(public_clients=public_clients),
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": list(GRANTS),
        "scopes_supported": sorted(SCOPES | managed.SCOPES),
        "introspection_signing_alg_values_supported": [ALGORITHM],
        **_of_grants(issuer),
        **_of_resources(issuer),
        "code_challenge_methods_supported": ["S256"],
        "dpop_signing_alg_values_supported": DPOP_ALGORITHMS.split(),
        "tls_client_certificate_bound_access_tokens": False,
        "authorization_response_iss_parameter_supported": True,
        "require_pushed_authorization_requests": False,
        "request_parameter_supported": False,
        "request_uri_parameter_supported": False,
        **_of_logins(issuer, strict=strict),
    }


def _of_logins(issuer: str, *, strict: bool) -> dict[str, object]:
    """What apps are told of a login (OpenID Connect Discovery 3)."""
    return {
        "userinfo_endpoint": f"{issuer}/userinfo",
        "userinfo_signing_alg_values_supported": list(SIGNED_BY),
        "end_session_endpoint": f"{issuer}/end-session",
        "backchannel_logout_supported": True,
        "backchannel_logout_session_supported": True,
        "claims_parameter_supported": True,
        "subject_types_supported": ["pairwise"],
        "id_token_signing_alg_values_supported": [ALGORITHM],
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
            "act",
            "sid",
            FHIR_USER,
        ],
        "acr_values_supported": list(acr_values(strict=strict)),
        "prompt_values_supported": sorted(PROMPTS),
        "ui_locales_supported": ["ja", "en"],
    }


def _endpoints(issuer: str) -> dict[str, object]:
    return {
        "authorization_endpoint": f"{issuer}/authorize",
        "token_endpoint": f"{issuer}/token",
        "pushed_authorization_request_endpoint": f"{issuer}/par",
        "device_authorization_endpoint": f"{issuer}/device_authorization",
        "introspection_endpoint": f"{issuer}/introspect",
        "revocation_endpoint": f"{issuer}/revoke",
        "registration_endpoint": f"{issuer}/register",
        "jwks_uri": f"{issuer}/jwks",
    }


def _of_authentication(*, public_clients: bool) -> dict[str, object]:
    """How clients prove themselves (RFC 8414 2); SMART apps read it at the FHIR server."""
    others = [one for profile, one in PROFILES.items() if profile is not Profile.SMART]
    algorithms = sorted(set().union(*(one.algorithms for one in others)))
    found: dict[str, object] = {}
    for endpoint in ("token", "introspection", "revocation"):
        prefix = f"{endpoint}_endpoint_auth"
        named = public_clients and endpoint != "introspection"
        found[f"{prefix}_methods_supported"] = methods(named=named)
        found[f"{prefix}_signing_alg_values_supported"] = algorithms
    return found


def _of_grants(issuer: str) -> dict[str, object]:
    """How apps manage their grants (Grant Management 7.1)."""
    return {
        "grant_management_endpoint": f"{issuer}/grants",
        "grant_management_actions_supported": list(managed.ACTIONS),
        "grant_management_action_required": False,
    }


def _of_resources(issuer: str) -> dict[str, object]:
    """What tokens are for (RFC 9728 4, RFC 9396 10), and how it is asked for."""
    return {
        "protected_resources": resources.urls(issuer),
        "authorization_details_types_supported": [DETAIL_TYPE],
        "authorization_details_types_metadata_endpoint": f"{issuer}{details_schema.PATH}",
    }
