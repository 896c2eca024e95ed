"""A private app's side of the road, over public HTTP: what demo, tests and bench drive."""

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

from mynaportal_sim.cli.failures import CommandError
from mynaportal_sim.clock import Clock
from mynaportal_sim.jose import b64url, parse_jwk

ASSERTION_TYPE = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer"
Claims = dict[str, object]


class RelyingPartyError(CommandError):
    """The portal answered otherwise than the app hoped; carries `.response`."""

    def __init__(self, response: httpx.Response) -> None:
        super().__init__(f"{response.request.method} {response.url.path}: {response.text}")
        self.response = response


def public_jwk(key: ec.EllipticCurvePrivateKey) -> dict[str, str]:
    """The public JWK of a P-256 key, with its thumbprint as `kid` (RFC 7638)."""
    jwk: dict[str, str] = json.loads(jwt.algorithms.ECAlgorithm.to_jwk(key.public_key()))
    members = {name: jwk[name] for name in ("crv", "kty", "x", "y")}
    return {**members, "kid": parse_jwk(dict(members)).thumbprint}


def five_years(now: datetime) -> dict[str, str]:
    """The period of data to ask for: five calendar years back to the end of the next."""
    return {"from": f"{now.year - 5}-01-01", "to": f"{now.year + 1}-12-31"}


@dataclass
class Tokens:
    """What the token endpoint gave."""

    access_token: str = field(repr=False)
    refresh_token: str | None = field(repr=False)
    answer: Claims = field(repr=False)


@dataclass
class RelyingParty:
    """One registered app.

    Args:
        issuer: the portal's issuer URL.
        clock: gives the time that assertions and proofs bear (the portal's, if it moved).
        dpop: whether tokens are asked for that are bound to `key` (client profile `fapi2`).
    """

    http: httpx.Client
    issuer: str
    client_id: str
    redirect_uri: str
    key: ec.EllipticCurvePrivateKey = field(repr=False)
    dpop: bool = True
    clock: Callable[[], datetime] = Clock().now
    _verifier: str = field(default="", repr=False)
    _state: str = field(default="", repr=False)
    _metadata: Claims = field(default_factory=dict, repr=False)

    def endpoint(self, name: str) -> str:
        """The URL that the metadata give for `name` (RFC 8414)."""
        if not self._metadata:
            url = f"{self.issuer}/.well-known/oauth-authorization-server"
            self._metadata = self.http.get(url).raise_for_status().json()
        return str(self._metadata[name])

    def authorization_url(
        self, details: Sequence[Mapping[str, object]] = (), **parameters: str
    ) -> str:
        """Push an authorization request (RFC 9126); the URL for the person's browser."""
        self._verifier, self._state = token_urlsafe(48), token_urlsafe(16)
        request = {
            "response_type": "code",
            "redirect_uri": self.redirect_uri,
            "code_challenge": b64url(sha256(self._verifier.encode()).digest()),
            "code_challenge_method": "S256",
            "state": self._state,
            **parameters,
        }
        if details:
            request["authorization_details"] = json.dumps(list(details), ensure_ascii=False)
        pushed = self.post("pushed_authorization_request_endpoint", request)
        query = {"client_id": self.client_id, "request_uri": str(pushed["request_uri"])}
        return f"{self.endpoint('authorization_endpoint')}?{urlencode(query)}"

    def redeem(self, redirect: str) -> Tokens:
        """Turn the code in the redirect URL into tokens.

        Raises:
            PermissionError: the person refused, or the answer is not for this request.
        """
        query = parse_qs(urlsplit(redirect).query)
        answer = {name: values[0] for name, values in query.items()}
        if answer.get("state") != self._state or answer.get("iss") != self.issuer:
            raise PermissionError("the answer belongs to another request")
        if "code" not in answer:
            raise PermissionError(answer.get("error", "no code"))
        return self._tokens(
            {
                "grant_type": "authorization_code",
                "code": answer["code"],
                "redirect_uri": self.redirect_uri,
                "code_verifier": self._verifier,
            }
        )

    def refresh(self, tokens: Tokens) -> Tokens:
        """A new access token; the refresh token stays good where no other is given."""
        refresh = tokens.refresh_token or ""
        renewed = self._tokens({"grant_type": "refresh_token", "refresh_token": refresh})
        return replace(renewed, refresh_token=renewed.refresh_token or refresh)

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
        url = self.endpoint(endpoint)
        headers = {"DPoP": self.proof("POST", url)} if self.dpop else {}
        response = self.http.post(url, data={**form, **self.authentication()}, headers=headers)
        if not response.is_success:
            raise RelyingPartyError(response)
        answer: Claims = response.json() if response.content else {}
        return answer

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
            claims["ath"] = b64url(sha256(access_token.encode()).digest())
        jwk = {name: value for name, value in public_jwk(self.key).items() if name != "kid"}
        return jwt.encode(claims, self.key, "ES256", {"typ": "dpop+jwt", "jwk": jwk})

    def _tokens(self, form: Mapping[str, str]) -> Tokens:
        answer = self.post("token_endpoint", form)
        refresh = answer.get("refresh_token")
        return Tokens(
            str(answer["access_token"]), None if refresh is None else str(refresh), answer
        )
