"""The app as a client of the portal: OAuth 2.0 under FAPI 2.0, over public HTTP.

PAR (RFC 9126), PKCE (RFC 7636), private_key_jwt (RFC 7523), DPoP (RFC 9449), rich authorization
requests (RFC 9396), the issuer in the answer (RFC 9207), introspection and revocation.
"""

import hmac
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from hashlib import sha256
from secrets import token_urlsafe
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import jwt
from cryptography.hazmat.primitives.asymmetric import ec
from jwt.utils import base64url_encode

from mynaportal_sim.sample_app import id_token
from mynaportal_sim.sample_app.errors import (
    AuthorizationError,
    RelyingPartyError,
    json_object,
)

DETAIL_TYPE = "phr_access"
ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
Claims = dict[str, object]


def public_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """The public JWK of a P-256 key, with its thumbprint as `kid` (RFC 7638)."""
    jwk: dict[str, str] = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    canonical = json.dumps(members, separators=(",", ":"))
    return {**members, "kid": _b64url(sha256(canonical.encode()).digest())}


def five_years(now: datetime) -> dict[str, str]:
    """The period of data to ask for: five calendar years back to the end of the next."""
    return {"from": f"{now.year - 5}-01-01", "to": f"{now.year + 1}-12-31"}


@dataclass(frozen=True, slots=True)
class Pending:
    """An authorization request that was pushed, and what its answer must fit."""

    state: str = field(repr=False)
    verifier: str = field(repr=False)
    nonce: str = field(repr=False)


@dataclass
class Tokens:
    """What the token endpoint gave. `subject` is whom an ID token, if one came, is about."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    answer: Claims = field(repr=False)
    subject: str | None = None


@dataclass
class RelyingParty:
    """One registered app.

    Args:
        issuer: the portal's issuer URL.
        clock: gives the time that assertions and proofs bear (the portal's, if it moved).
        dpop: whether tokens are asked for that are bound to `key` (client profile `fapi2`).
        pending: the last request that was pushed.
    """

    http: httpx.Client
    issuer: str
    client_id: str
    redirect_uri: str
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    clock: Callable[[], datetime]
    dpop: bool = True
    pending: Pending | None = None
    metadata: Claims = field(default_factory=dict, repr=False)

    def endpoint(self, name: str) -> str:
        """The URL that the metadata give for `name` (RFC 8414).

        Raises:
            RelyingPartyError: there are none, or they are another server's (3.3).
        """
        if not self.metadata:
            response = self.http.get(f"{self.issuer}/.well-known/oauth-authorization-server")
            found = json_object(response)
            if found.get("issuer") != self.issuer or name not in found:
                raise RelyingPartyError(response)
            self.metadata.update(found)
        return str(self.metadata[name])

    def authorization_url(
        self, details: Sequence[Mapping[str, object]] = (), **parameters: str
    ) -> str:
        """Push an authorization request (RFC 9126); the URL for the person's browser."""
        pending = Pending(token_urlsafe(16), token_urlsafe(48), token_urlsafe(16))
        request = {
            "response_type": "code",
            "redirect_uri": self.redirect_uri,
            "code_challenge": _b64url(sha256(pending.verifier.encode()).digest()),
            "code_challenge_method": "S256",
            "state": pending.state,
            **parameters,
        }
        if "openid" in request.get("scope", "").split():
            request["nonce"] = pending.nonce
        if details:
            request["authorization_details"] = json.dumps(list(details), ensure_ascii=False)
        pushed = self.post("pushed_authorization_request_endpoint", request)
        self.pending = pending
        query = {"client_id": self.client_id, "request_uri": str(pushed["request_uri"])}
        return f"{self.endpoint('authorization_endpoint')}?{urlencode(query)}"

    def redeem(self, redirect: str, pending: Pending | None = None) -> Tokens:
        """Turn the code in the redirect URL into tokens.

        Args:
            pending: the request that this answers; the last one unless given.

        Raises:
            AuthorizationError: the person refused, or the answer is not for this request.
            RelyingPartyError: the portal does not take the code.
            IdTokenError: the portal does not say believably who logged in.
        """
        pending = pending or self.pending
        query = parse_qs(urlsplit(redirect).query)
        answer = {name: values[0] for name, values in query.items()}
        if pending is None or not _is_for(answer, pending, self.issuer):
            raise AuthorizationError("mismatch", "the answer belongs to another request")
        if "code" not in answer:
            description = answer.get("error_description", "")
            raise AuthorizationError(answer.get("error", "no_code"), description)
        form = {
            "grant_type": "authorization_code",
            "code": answer["code"],
            "redirect_uri": self.redirect_uri,
            "code_verifier": pending.verifier,
        }
        return self._tokens(form, pending.nonce)

    def refresh(self, tokens: Tokens) -> Tokens:
        """A new access token; the refresh token stays good where no other is given."""
        refresh = tokens.refresh_token or ""
        form = {"grant_type": "refresh_token", "refresh_token": refresh}
        renewed = self._tokens(form, None)
        return replace(renewed, refresh_token=renewed.refresh_token or refresh)

    def introspect(self, token: str) -> Claims:
        """What one of this client's own tokens is worth now (RFC 7662)."""
        return self.post("introspection_endpoint", {"token": token})

    def revoke(self, tokens: Tokens) -> None:
        """Give the tokens up (RFC 7009); a refresh token takes the others with it."""
        token = tokens.refresh_token or tokens.access_token
        self.post("revocation_endpoint", {"token": token})

    def fetch(self, tokens: Tokens, path: str) -> httpx.Response:
        """GET a resource of the FHIR server with the access token; any status is answered."""
        url = path if path.startswith("http") else f"{self.issuer}{path}"
        headers = {"Authorization": f"Bearer {tokens.access_token}"}
        if self.dpop:
            headers = {
                "Authorization": f"DPoP {tokens.access_token}",
                "DPoP": self.proof("GET", url, tokens.access_token),
            }
        return self.http.get(url, headers=headers)

    def post(self, endpoint: str, form: Mapping[str, str]) -> Claims:
        """POST a form as this client; the JSON answer.

        Raises:
            RelyingPartyError: the answer is an error.
        """
        return json_object(self._post(endpoint, form))

    def ask(self, path: str, **form: str) -> Claims:
        """POST a form as this client to a path of the portal's own; the JSON answer.

        Raises:
            RelyingPartyError: the answer is an error.
        """
        return json_object(self._send(f"{self.issuer}{path}", form))

    def authentication(self) -> dict[str, str]:
        """The client assertion (RFC 7523), good for one use."""
        now = int(self.clock().timestamp())
        claims = {
            "iss": self.client_id,
            "sub": self.client_id,
            "aud": self.issuer,
            "jti": token_urlsafe(16),
            "iat": now,
            "exp": now + 60,
        }
        headers = {"kid": public_jwk(self.key)["kid"]}
        return {
            "client_id": self.client_id,
            "client_assertion_type": ASSERTION_TYPE,
            "client_assertion": jwt.encode(claims, self.key, "ES256", headers),
        }

    def proof(self, method: str, url: str, access_token: str | None = None) -> str:
        """A DPoP proof (RFC 9449), good for one use."""
        claims: Claims = {
            "htm": method,
            "htu": urlsplit(url)._replace(query="").geturl(),
            "iat": int(self.clock().timestamp()),
            "jti": token_urlsafe(16),
        }
        if access_token is not None:
            claims["ath"] = _b64url(sha256(access_token.encode()).digest())
        jwk = {name: value for name, value in public_jwk(self.key).items() if name != "kid"}
        return jwt.encode(claims, self.key, "ES256", {"typ": "dpop+jwt", "jwk": jwk})

    def _post(self, endpoint: str, form: Mapping[str, str]) -> httpx.Response:
        return self._send(self.endpoint(endpoint), form)

    def _send(self, url: str, form: Mapping[str, str]) -> httpx.Response:
        headers = {"DPoP": self.proof("POST", url)} if self.dpop else {}
        response = self.http.post(url, data={**form, **self.authentication()}, headers=headers)
        if not response.is_success:
            raise RelyingPartyError(response)
        return response

    def _tokens(self, form: Mapping[str, str], nonce: str | None) -> Tokens:
        response = self._post("token_endpoint", form)
        answer = json_object(response)
        if "access_token" not in answer:
            raise RelyingPartyError(response)
        refresh = answer.get("refresh_token")
        access, said = str(answer["access_token"]), answer.get("id_token")
        subject = None if said is None else self._subject(str(said), access, nonce)
        return Tokens(access, None if refresh is None else str(refresh), answer, subject)

    def _subject(self, said: str, access_token: str, nonce: str | None) -> str:
        jwks = self.http.get(self.endpoint("jwks_uri"))
        if not jwks.is_success:
            raise RelyingPartyError(jwks)
        expected = id_token.Expected(
            self.issuer, self.client_id, nonce, access_token, self.clock()
        )
        return id_token.subject(said, json_object(jwks), expected)


def _is_for(answer: Mapping[str, str], pending: Pending, issuer: str) -> bool:
    """Whether an answer bears the state of its request, and the issuer's name (RFC 9207)."""
    state = answer.get("state", "").encode()
    return hmac.compare_digest(state, pending.state.encode()) and answer.get("iss") == issuer


def _b64url(data: bytes) -> str:
    return base64url_encode(data).decode()
