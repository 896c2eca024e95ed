"""The login token: what comes back from a card, parsed with no benefit of the doubt."""

import json
from dataclasses import dataclass
from typing import Annotated, Self

from pydantic import BaseModel, Field, StringConstraints

from card_reader.client.login_token import login_token
from card_reader.client.signing import Signed
from mynaportal_sim.login.refusal import Code, Refusal
from mynaportal_sim.login.wire import WIRE, decoded, read
from mynaportal_sim.pki.suites import ALGORITHMS, RSA_2048

LoginId = Annotated[str, StringConstraints(pattern=r"\A[0-9A-Z]{26}\z")]


@dataclass(frozen=True, slots=True)
class LoginToken:
    """A well-formed login token; `certificate` is DER as far as anyone has claimed.

    `origin` is an echo of what was signed: it can make a refusal precise, and nothing else.
    """

    login_id: str
    origin: str
    certificate: bytes
    signature: bytes
    agent_version: str
    algorithm: str = RSA_2048.jws

    @classmethod
    def of(cls, login_id: str, origin: str, signed: Signed, agent_version: str) -> Self:
        """The token that hands in what a card has signed."""
        return cls(login_id, origin, *signed[:2], agent_version, signed.algorithm)

    def to_json(self) -> bytes:
        """The token as it travels."""
        token = login_token(
            self.login_id,
            self.origin,
            self.certificate,
            self.signature,
            self.algorithm,
            self.agent_version,
        )
        return json.dumps(token).encode()


def parse(body: bytes) -> LoginToken | Refusal:
    """The token in `body` (JSON of at most 16 KiB), or why it is none."""
    wire = read(_Wire, body)
    if wire is None:
        return Refusal(Code.TOKEN_MALFORMED)
    if wire.alg not in ALGORITHMS:
        return Refusal(Code.ALG_NOT_ALLOWED)
    certificate, signature = decoded(wire.certificate), decoded(wire.signature)
    if certificate is None or signature is None:
        return Refusal(Code.TOKEN_MALFORMED)
    return LoginToken(
        wire.login_id, wire.origin, certificate, signature, wire.agent.version, wire.alg
    )


class _Agent(BaseModel):
    model_config = WIRE

    version: Annotated[str, StringConstraints(max_length=64)]


class _Wire(BaseModel):
    model_config = WIRE

    v: Annotated[int, Field(ge=1, le=1)]
    alg: str
    login_id: LoginId
    origin: Annotated[str, StringConstraints(max_length=256)]
    certificate: str
    signature: str
    agent: _Agent
