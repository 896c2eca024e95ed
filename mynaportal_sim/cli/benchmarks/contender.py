"""A server that is measured, with a client of its own and what that client sends."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from hashlib import sha256
from urllib.parse import urlsplit

from mynaportal_sim.cli.benchmarks.load import request
from mynaportal_sim.cli.benchmarks.server import Server
from mynaportal_sim.jose import b64url
from mynaportal_sim.sample_app.relying_party import RelyingParty, Tokens

VERIFIER = "verifier-of-every-code-that-a-measurement-exchanges"
CHALLENGE = b64url(sha256(VERIFIER.encode()).digest())


@dataclass(frozen=True, slots=True)
class Contender:
    """The portal or its peer.

    `tokens` are what its client was given. `codes` makes fresh authorization codes, bound to
    CHALLENGE; `besides` is what its pushed requests need more than the details, and `own` with
    what it asks for a token of its own.
    """

    server: Server
    party: RelyingParty
    tokens: Tokens = field(repr=False)
    codes: Callable[["Contender", int], list[str]] = field(repr=False)
    besides: Mapping[str, str] = field(default_factory=dict)
    own: Mapping[str, str] = field(default_factory=dict)

    def get(self, endpoint: str) -> bytes:
        """A request for a public document."""
        return request("GET", self._path(endpoint), self.server.host)

    def push(self, details: str) -> bytes:
        """A pushed authorization request with these authorization_details."""
        form = {
            "response_type": "code",
            "redirect_uri": self.party.redirect_uri,
            "code_challenge": CHALLENGE,
            "code_challenge_method": "S256",
            "state": "bench",
            "authorization_details": details,
            **self.besides,
        }
        return self.post("pushed_authorization_request_endpoint", form)

    def post(self, endpoint: str, form: Mapping[str, str], *, dpop: bool = True) -> bytes:
        """A request of the client's, signed anew: private_key_jwt and a DPoP proof."""
        proof = {"DPoP": self.party.proof("POST", self.party.endpoint(endpoint))}
        return request(
            "POST",
            self._path(endpoint),
            self.server.host,
            proof if dpop else {},
            {**form, **self.party.authentication()},
        )

    def read(self, path: str) -> bytes:
        """A read of the person's data, with a proof of its own."""
        token = self.tokens.access_token
        proof = self.party.proof("GET", f"{self.server.url}{path}", token)
        headers = {"Authorization": f"DPoP {token}", "DPoP": proof}
        return request("GET", path, self.server.host, headers)

    def _path(self, endpoint: str) -> str:
        return urlsplit(self.party.endpoint(endpoint)).path
